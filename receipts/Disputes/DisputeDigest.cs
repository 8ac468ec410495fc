namespace Marketplace.Receipts;

/// <summary>What a market signs of a dispute.</summary>
public static class DisputeDigest
{
    internal const string Type = "Disputes(bytes32 root)";

    private static readonly Bytes32 TypeHash = TypedWords.HashOf(Type);

    /// <summary>The digest by EIP-712.</summary>
    /// <param name="root">The dispute's hash, which is a batch of one.</param>
    public static Bytes32 Of(MarketDomain domain, Bytes32 root)
    {
        ArgumentNullException.ThrowIfNull(domain);
        var words = new TypedWords(stackalloc byte[2 * Bytes32.Size], TypeHash);
        words.Add(root);
        return domain.Digest(words.Hash());
    }
}
