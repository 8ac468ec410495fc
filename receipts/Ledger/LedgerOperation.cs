namespace Marketplace.Receipts;

/// <summary>
/// Something that happened in a namespace, as its author says it. LEDGER.md has the types and the kinds.
/// </summary>
public sealed record LedgerOperation
{
    internal const string Type =
        "Operation(string namespace,bytes32 author,uint64 epoch,uint64 sequence,bytes32 change,string kind,Word[] subject,uint64 time)";

    private const int WordCount = 9;

    private static readonly Bytes32 TypeHash = TypedWords.HashOf(Type + LedgerWord.Type);

    public required LedgerName Namespace { get; init; }

    /// <summary>The Ed25519 key that signs it.</summary>
    public required Bytes32 Author { get; init; }

    /// <summary>The author's incarnation: numbers of one are not known to the next.</summary>
    public required ulong Epoch { get; init; }

    /// <summary>Counts the author's operations of the epoch: 1, 2, 3 …</summary>
    public required ulong Sequence { get; init; }

    /// <summary>Names what happened, so that it is told once.</summary>
    public required Bytes32 Change { get; init; }

    /// <summary>What sort of thing happened: one of <see cref="LedgerKinds"/>, or of a later version.</summary>
    public required string Kind { get; init; }

    /// <summary>What there is to say of it, in the order of its kind.</summary>
    public required IReadOnlyList<LedgerWord> Subject { get; init; }

    /// <summary>When it happened: nanoseconds since 1970, UTC.</summary>
    public required ulong Time { get; init; }

    /// <summary>The hash of the struct by EIP-712: the operation's id.</summary>
    public Bytes32 Hash()
    {
        var words = new TypedWords(stackalloc byte[WordCount * Bytes32.Size], TypeHash);
        words.Add(Namespace.ToString());
        words.Add(Author);
        words.Add((UInt128)Epoch);
        words.Add((UInt128)Sequence);
        words.Add(Change);
        words.Add(Kind);
        words.Add(TypedWords.HashOf(Subject, LedgerWord.Hash));
        words.Add((UInt128)Time);
        return words.Hash();
    }

    /// <summary>What the author signs.</summary>
    public Bytes32 Digest(MarketDomain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        return domain.Digest(Hash());
    }
}

/// <summary>One thing that an operation says.</summary>
public sealed record LedgerWord(string Name, string Value)
{
    internal const string Type = "Word(string name,string value)";

    private static readonly Bytes32 TypeHash = TypedWords.HashOf(Type);

    internal static Bytes32 Hash(LedgerWord word)
    {
        var words = new TypedWords(stackalloc byte[3 * Bytes32.Size], TypeHash);
        words.Add(word.Name);
        words.Add(word.Value);
        return words.Hash();
    }
}
