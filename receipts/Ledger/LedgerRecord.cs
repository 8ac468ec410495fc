using Marketplace.Crypto;

namespace Marketplace.Receipts;

/// <summary>One entry of a ledger: an operation with its author's signature, in its place.</summary>
public sealed record LedgerRecord
{
    internal const string Type = "Record(uint64 index,bytes32 before,Operation operation,bytes signature)";

    private const int WordCount = 5;

    private static readonly Bytes32 TypeHash = TypedWords.HashOf(Type + LedgerOperation.Type + LedgerWord.Type);

    /// <summary>Its place: 0, 1, 2 …</summary>
    public required ulong Index { get; init; }

    /// <summary>The hash of the record before it; zero: it is the first.</summary>
    public required Bytes32 Before { get; init; }

    public required LedgerOperation Operation { get; init; }

    /// <summary>The author's, over the operation's digest: Ed25519, 128 hexadecimal digits.</summary>
    public required string Signature { get; init; }

    /// <summary>The hash of the struct by EIP-712: a link of the chain, and a leaf of the tree.</summary>
    public Bytes32 Hash()
    {
        var words = new TypedWords(stackalloc byte[WordCount * Bytes32.Size], TypeHash);
        words.Add((UInt128)Index);
        words.Add(Before);
        words.Add(Operation.Hash());
        words.Add(TypedWords.HashOf(Convert.FromHexString(Signature)));
        return words.Hash();
    }

    /// <summary>Whether the author has signed it.</summary>
    public bool IsSigned(MarketDomain domain) => LedgerSignature.Holds(Operation.Author, Operation.Digest(domain), Signature);
}

/// <summary>What a ledger was at one moment.</summary>
public sealed record LedgerHead
{
    internal const string Type = "LedgerHead(string namespace,uint64 size,bytes32 root,bytes32 last,uint64 time)";

    private const int WordCount = 6;

    private static readonly Bytes32 TypeHash = TypedWords.HashOf(Type);

    public required LedgerName Namespace { get; init; }

    /// <summary>How many records it has.</summary>
    public required ulong Size { get; init; }

    /// <summary>Of the Merkle tree over them; zero: there are none.</summary>
    public required Bytes32 Root { get; init; }

    /// <summary>The hash of the last one; zero: there is none.</summary>
    public required Bytes32 Last { get; init; }

    /// <summary>When the market signed it: nanoseconds since 1970, UTC.</summary>
    public required ulong Time { get; init; }

    /// <summary>What the market signs.</summary>
    public Bytes32 Digest(MarketDomain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        var words = new TypedWords(stackalloc byte[WordCount * Bytes32.Size], TypeHash);
        words.Add(Namespace.ToString());
        words.Add((UInt128)Size);
        words.Add(Root);
        words.Add(Last);
        words.Add((UInt128)Time);
        return domain.Digest(words.Hash());
    }
}

internal static class LedgerSignature
{
    public const int Digits = 2 * Ed25519.SignatureSize;

    public static bool IsForm(string text) => text.Length == Digits && !text.AsSpan().ContainsAnyExcept("0123456789abcdef");

    public static bool Holds(Bytes32 key, Bytes32 digest, string signature) =>
        IsForm(signature) && Ed25519.Verify(key, digest.ToArray(), Convert.FromHexString(signature));
}
