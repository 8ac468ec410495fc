using Marketplace.Crypto;

namespace Marketplace.Storage;

/// <summary>Ids that follow from content, for callers that address things by them and otherwise need nothing of cryptography.</summary>
public static class ContentIds
{
    /// <inheritdoc cref="IdDerivation.Program"/>
    public static ProgramId Program(BlobId module, ReadOnlySpan<byte> salt) => IdDerivation.Program(module, salt);
}
