using Marketplace.Crypto;

namespace Marketplace.Receipts.Tests;

/// <summary>Ledgers with fixed keys. LEDGER.md shows one.</summary>
internal sealed class LedgerSamples
{
    public static Ed25519KeyPair WorkerKey { get; } = new(Counting(0));

    public static Ed25519KeyPair MarketKey { get; } = new(Counting(0x20));

    public static MarketDomain Domain { get; } = new(MarketKey.PublicKey);

    private readonly MerkleTail _tree = new();
    private readonly List<LedgerRecord> _records = [];
    private Bytes32 _last;

    public LedgerName Name { get; init; } = LedgerName.Of(new WorkerId(WorkerKey.PublicKey));

    public IReadOnlyList<LedgerRecord> Records => _records;

    /// <summary>Two operations of the market, two of the worker.</summary>
    public static LedgerSamples Worker()
    {
        var ledger = new LedgerSamples();
        ledger.Add(MarketKey, 1_767_323_045_000, 1, LedgerKinds.Offer, Offer(100));
        ledger.Add(WorkerKey, 7, 1, LedgerKinds.Offer, Offer(90));
        ledger.Add(
            MarketKey,
            1_767_323_045_000,
            2,
            LedgerKinds.StakeHeld,
            [new LedgerWord("hold", $"{Word(5)}"), new LedgerWord("amount", "1000")]
        );
        return ledger;
    }

    /// <summary>
    /// The proof that a committee's root, second of three in a batch, stands in the market's ledger, which has a record before it and one
    /// behind it.
    /// </summary>
    public static BatchProof Batch(Bytes32 root, ulong epoch)
    {
        var tree = new MerkleBatch([Word(8), root, Word(9)]);
        var ledger = new LedgerSamples { Name = LedgerName.Market };
        ledger.Add(MarketKey, 1_767_323_045_000, 1, LedgerKinds.Policy, [new LedgerWord("option", "unbonding=48:00:00")]);
        LedgerWord[] words = [new("epoch", $"{epoch}"), new("root", $"{tree.Root}"), new("count", "3")];
        ledger.Add(MarketKey, 1_767_323_045_000, 2, LedgerKinds.ReceiptBatch, words);
        ledger.Add(MarketKey, 1_767_323_045_000, 3, LedgerKinds.Policy, []);
        return new BatchProof
        {
            Format = BatchProof.FormatName,
            Domain = Domain,
            Root = root,
            Path = [.. tree.PathOf(1).Select(PathStep.Of)],
            Record = ledger.Records[1],
            Proof = new LedgerProof
            {
                From = 1,
                Size = 3,
                Hashes = [ledger.Records[0].Hash(), ledger.Records[2].Hash()],
            },
            Head = ledger.Head(),
        };
    }

    public static LedgerWord[] Offer(int price) =>
        [
            new("pricePerMillionFuel", $"{price}"),
            new("slots", "4"),
            new("memoryPages", "1024"),
            new("buyerReputationMin", "0"),
            new("withheld", $"{Word(6)}"),
            new("label", "gpu=\"none\"\n"),
        ];

    public LedgerSamples Add(Ed25519KeyPair author, ulong epoch, ulong sequence, string kind, IReadOnlyList<LedgerWord> subject) =>
        Add(
            author,
            new LedgerOperation
            {
                Namespace = Name,
                Author = author.PublicKey,
                Epoch = epoch,
                Sequence = sequence,
                Change = Word((byte)(_records.Count + 1)),
                Kind = kind,
                Subject = subject,
                Time = 1_767_323_045_000_000_000 + (ulong)_records.Count,
            }
        );

    public LedgerSamples Add(Ed25519KeyPair signer, LedgerOperation operation)
    {
        Add(
            new LedgerRecord
            {
                Index = (ulong)_records.Count,
                Before = _last,
                Operation = operation,
                Signature = SignBy(signer, operation.Digest(Domain)),
            }
        );
        return this;
    }

    public void Add(LedgerRecord record)
    {
        _records.Add(record);
        _last = record.Hash();
        _tree.Add(_last);
    }

    public LedgerHeadFile Head(ulong time = 1_767_323_046_000_000_000)
    {
        var head = new LedgerHead
        {
            Namespace = Name,
            Size = _tree.Size,
            Root = _tree.Root,
            Last = _last,
            Time = time,
        };
        return Sign(head);
    }

    public static LedgerHeadFile Sign(LedgerHead head) =>
        new()
        {
            Format = LedgerHeadFile.FormatName,
            Domain = Domain,
            Head = head,
            Signature = SignBy(MarketKey, head.Digest(Domain)),
        };

    public byte[] File()
    {
        var title = new LedgerTitle
        {
            Format = LedgerTitle.FormatName,
            Domain = Domain,
            Namespace = Name,
        };
        byte[][] lines = [LedgerLines.ToJson(title), .. _records.Select(LedgerLines.ToJson), LedgerLines.ToJson(Head())];
        return [.. lines.SelectMany(line => line.Append((byte)'\n'))];
    }

    public static LedgerFindings Verify(byte[] file, LedgerEvidence? evidence = null)
    {
        using var stream = new MemoryStream(file);
        return LedgerFile.Verify(stream, evidence);
    }

    private static string SignBy(Ed25519KeyPair key, Bytes32 digest) => Convert.ToHexStringLower(key.Sign(digest.ToArray()));

    private static Bytes32 Word(byte value) => new([.. Enumerable.Repeat(value, Bytes32.Size)]);

    private static byte[] Counting(int first) => [.. Enumerable.Range(first, Bytes32.Size).Select(value => (byte)value)];
}
