namespace Marketplace.Receipts;

/// <summary>
/// What is signed for a batch: the digest, by EIP-712, of a struct that holds the root. Workers and markets sign it with Ed25519.
/// </summary>
public static class BatchDigest
{
    internal static readonly string[] Types = ["Executions(bytes32 root)", "Receipts(uint64 epoch,bytes32 root)"];

    private static readonly Bytes32 ExecutionsType = TypedWords.HashOf(Types[0]);
    private static readonly Bytes32 ReceiptsType = TypedWords.HashOf(Types[1]);

    /// <summary>A worker signs executions that it says it ran.</summary>
    public static Bytes32 OfExecutions(MarketDomain domain, Bytes32 root)
    {
        ArgumentNullException.ThrowIfNull(domain);
        var words = new TypedWords(stackalloc byte[2 * Bytes32.Size], ExecutionsType);
        words.Add(root);
        return domain.Digest(words.Hash());
    }

    /// <summary>A market signs receipts by which its books stand.</summary>
    /// <param name="epoch">That of all receipts of the batch.</param>
    public static Bytes32 OfReceipts(MarketDomain domain, ulong epoch, Bytes32 root)
    {
        ArgumentNullException.ThrowIfNull(domain);
        var words = new TypedWords(stackalloc byte[3 * Bytes32.Size], ReceiptsType);
        words.Add((UInt128)epoch);
        words.Add(root);
        return domain.Digest(words.Hash());
    }
}
