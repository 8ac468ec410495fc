using Marketplace.Engine.Guests;

namespace Marketplace.Grains;

/// <summary>Validates modules, away from the grains' turns: a large module takes long.</summary>
public interface IModuleInspector
{
    /// <summary>Reads the module from the blob store and validates it.</summary>
    /// <returns>Null where the blob is not stored.</returns>
    Task<ModuleInspection?> Inspect(BlobId module, CancellationToken cancellation);
}

/// <summary>What was found.</summary>
/// <param name="Size">Bytes of the module.</param>
/// <param name="Info">What it is; null where it is not valid.</param>
/// <param name="Refusal">Why it is not valid, with the byte offset; null where it is.</param>
public sealed record ModuleInspection(long Size, GuestInfo? Info, string? Refusal);
