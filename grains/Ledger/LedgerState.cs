using Marketplace.Receipts;

namespace Marketplace.Grains;

/// <summary>
/// What a ledger needs to go on: the ends of chain and tree, the numbers of its authors, and what it was told lately. Its size does not
/// grow with the ledger. Pure: the same entries give the same state.
/// </summary>
internal sealed class LedgerState
{
    private const byte Format = 1;

    private readonly Queue<(Bytes32 Change, ulong Time)> _recent = new();
    private readonly HashSet<Bytes32> _recentChanges = [];
    private readonly Dictionary<Bytes32, (ulong Epoch, ulong Sequence)> _authors = [];
    private readonly SortedDictionary<string, long> _newest = new(StringComparer.Ordinal);

    public LedgerTiles Tiles { get; private init; } = new();

    public long Size => Tiles.Size;

    /// <summary>The hash of the last record.</summary>
    public Bytes32 Last { get; private set; }

    /// <summary>The latest time of a change of the market that is not remembered any more.</summary>
    public ulong ForgottenUpTo { get; private set; }

    /// <summary>The greatest numbers of an author; zeros: it has none.</summary>
    public (ulong Epoch, ulong Sequence) NumbersOf(Bytes32 author) => _authors.GetValueOrDefault(author);

    public long? NewestOf(string kind) => _newest.TryGetValue(kind, out var index) ? index : null;

    /// <returns>Whether the market has told the change; null: only the ledger itself knows.</returns>
    public bool? Knows(Bytes32 change, ulong time) =>
        _recentChanges.Contains(change) ? true
        : time > ForgottenUpTo || _recent.Count < LedgerGrainPolicy.RecentMax ? false
        : null;

    /// <exception cref="InvalidDataException">The entry does not follow the one before.</exception>
    public void Apply(LedgerEntry entry)
    {
        if (entry.Before != Last)
        {
            throw new InvalidDataException(
                $"The ledger of {entry.Operation.Namespace} is damaged: record {Size} follows {entry.Before}, and the one before is {Last}."
            );
        }
        var operation = entry.Operation;
        _newest[operation.Kind] = Size;
        Last = entry.ToRecord(Size).Hash();
        Tiles.Add(Last);
        var numbers = (operation.Epoch, operation.Sequence);
        if (numbers.CompareTo(NumbersOf(operation.Author)) > 0)
        {
            _authors[operation.Author] = numbers;
        }
        if (entry.IsOfMarket)
        {
            Remember(operation.Change, operation.Time);
        }
    }

    private void Remember(Bytes32 change, ulong time)
    {
        _recent.Enqueue((change, time));
        _recentChanges.Add(change);
        if (_recent.Count > LedgerGrainPolicy.RecentMax)
        {
            var (oldest, at) = _recent.Dequeue();
            _recentChanges.Remove(oldest);
            ForgottenUpTo = Math.Max(ForgottenUpTo, at);
        }
    }

    public static ReadOnlyMemory<byte> Write(LedgerState state)
    {
        var writer = new CompactWriter(4096);
        writer.Byte(Format);
        writer.Signed(state.Size);
        writer.Id(state.Last);
        writer.Number(state.ForgottenUpTo);
        writer.Count(state._recent.Count);
        foreach (var (change, time) in state._recent)
        {
            writer.Id(change);
            writer.Number(time);
        }
        writer.Count(state._authors.Count);
        foreach (var (author, (epoch, sequence)) in state._authors.OrderBy(pair => pair.Key))
        {
            writer.Id(author);
            writer.Number(epoch);
            writer.Number(sequence);
        }
        writer.Count(state._newest.Count);
        foreach (var (kind, index) in state._newest)
        {
            writer.Text(kind);
            writer.Signed(index);
        }
        writer.Count(state.Tiles.Tails.Count);
        foreach (var hash in state.Tiles.Tails.SelectMany(tail => tail))
        {
            writer.Id(hash);
        }
        writer.Count(state.Tiles.Unsaved.Count);
        foreach (var tile in state.Tiles.Unsaved)
        {
            writer.Count(tile.Level);
            writer.Signed(tile.Index);
            foreach (var hash in tile.Hashes)
            {
                writer.Id(hash);
            }
        }
        return writer.Finish();
    }

    public static LedgerState Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        reader.Version(Format, "The snapshot of a ledger");
        var (size, last, forgotten) = (reader.Signed(), reader.Id(), reader.Number());
        var recent = new (Bytes32, ulong)[reader.Items(itemSizeMin: 33)];
        for (var index = 0; index < recent.Length; index++)
        {
            recent[index] = (reader.Id(), reader.Number());
        }
        var authors = new (Bytes32, ulong, ulong)[reader.Items(itemSizeMin: 34)];
        for (var index = 0; index < authors.Length; index++)
        {
            authors[index] = (reader.Id(), reader.Number(), reader.Number());
        }
        var newest = new (string, long)[reader.Items(itemSizeMin: 2)];
        for (var index = 0; index < newest.Length; index++)
        {
            newest[index] = (reader.Text(), reader.Signed());
        }
        var tails = new List<Bytes32>[reader.Count() is var levels && levels <= LedgerPolicy.LevelsMax ? levels : throw Damaged(levels)];
        for (var level = 0; level < tails.Length; level++)
        {
            tails[level] = ReadHashes(ref reader, LedgerTiles.TailOf(size, level));
        }
        var unsaved = new LedgerTile[reader.Items(itemSizeMin: LedgerTile.HashesMax * Bytes32.Size)];
        for (var index = 0; index < unsaved.Length; index++)
        {
            unsaved[index] = new LedgerTile(reader.Count(), reader.Signed(), [.. ReadHashes(ref reader, LedgerTile.HashesMax)]);
        }
        reader.End();
        var state = new LedgerState
        {
            Tiles = LedgerTiles.Restore(size, tails, unsaved),
            Last = last,
            ForgottenUpTo = forgotten,
        };
        foreach (var (change, time) in recent)
        {
            state._recent.Enqueue((change, time));
            state._recentChanges.Add(change);
        }
        foreach (var (author, epoch, sequence) in authors)
        {
            state._authors.Add(author, (epoch, sequence));
        }
        foreach (var (kind, index) in newest)
        {
            state._newest.Add(kind, index);
        }
        return state;
    }

    private static List<Bytes32> ReadHashes(ref CompactReader reader, int count)
    {
        var hashes = new List<Bytes32>(count);
        for (var left = count; left > 0; left--)
        {
            hashes.Add(reader.Id());
        }
        return hashes;
    }

    private static InvalidDataException Damaged(int levels) => new($"The snapshot of a ledger is damaged: {levels} levels.");
}
