using Marketplace.Engine;

namespace Marketplace.Reference.Generation;

/// <summary>One call of an exported function. References are null or one of <see cref="HostObjects"/>.</summary>
public sealed record GeneratedCall(string Export, IReadOnlyList<ReferenceValue> Arguments)
{
    public static readonly IReadOnlyList<string> HostObjects = ["one", "two"];
}

/// <summary>A valid module that chance made, and what to do with it.</summary>
/// <param name="Seed">Gives the same module again with the same options.</param>
public sealed record GeneratedModule(ulong Seed, byte[] Bytes, IReadOnlyList<GeneratedCall> Calls)
{
    /// <summary>Pages that its memory may have.</summary>
    public const int MemoryPagesMax = 6;

    /// <summary>Elements that each of its tables may have.</summary>
    public const int TableElementsMax = 64;

    /// <summary>Slots of the stack budget: few, so that recursion ends it before the fuel, or as many as there are.</summary>
    public int StackSlotsMax { get; init; } = EnginePolicy.StackSlotsMax;

    public long FuelMax { get; init; }
}
