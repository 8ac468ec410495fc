using System.Text;
using Marketplace.Receipts;

namespace Marketplace.Storage.State;

/// <summary>What a run did, by kind: a kind that never happened checks nothing.</summary>
public sealed class StateCounts : SortedDictionary<string, long>
{
    public void Seen(string kind, long count = 1) => this[kind] = this.GetValueOrDefault(kind) + count;
}

/// <summary>
/// Random batches on a stored tree and on the naive model: roots, values, lists, proofs and chunks must agree, through checkpoints,
/// restarts and pruning, and no changed bit of a proof may pass.
/// </summary>
public sealed class StateRun(int seed)
{
    private static readonly string[] Prefixes = ["", "a", "user/", "user/long-common-prefix/", "\u00ff"];

    private readonly Random _random = new(seed);
    private readonly PlainDocuments _documents = new();
    private readonly NaiveState _model = new();
    private readonly List<(long Height, StateRoot Root, NaiveState Model)> _checkpoints = [];
    private StateTree _tree = null!;
    private StateStore _store = null!;
    private long _height;
    private long _prunedTo;

    public StateCounts Counts { get; } = [];
    public List<string> Violations { get; } = [];

    /// <param name="batches">How many.</param>
    /// <param name="flipEvery">Every so many batches each bit of a proof, and some of a chunk, are changed.</param>
    public async Task Run(int batches, int flipEvery)
    {
        await Start();
        await Look(Key(4));
        for (var batch = 0; batch < batches && Violations.Count < 10; batch++)
        {
            await Step(keysMax: 1 << _random.Next(1, 12));
            if (batch % flipEvery == 0)
            {
                await Flip();
            }
        }
        await Save();
        while (await _store.Prune(_height))
        {
            Counts.Seen("pruned");
        }
        // The head that is stored names what was pruned until the next checkpoint.
        await Save();
        while (await _store.Prune(_height)) { }
        await NothingIsLeftOver();
    }

    private async Task Start()
    {
        _store = new StateStore(_documents, "program", new StatePageCache(64 * 1024));
        _tree = (await _store.Load()).Tree;
    }

    private async Task Step(int keysMax)
    {
        var writes = Writes(keysMax);
        _tree = await _tree.With(writes);
        _height++;
        _model.Apply(writes);
        Counts.Seen("batches");
        Counts.Seen("changes", writes.Length);
        Check(_tree.Root == _model.Root(), "the root is not that of the model");
        Check(_tree.Count == _model.Values.Count && _tree.Bytes == _model.Bytes, "keys or bytes are miscounted");
        for (var look = 0; look < 4; look++)
        {
            await Look(Key(keysMax));
        }
        switch (_random.Next(24))
        {
            case 0:
                await List();
                break;
            case 1:
                await Export();
                break;
            case 2:
                await Save();
                break;
            case 3:
                await Save();
                await Restart();
                break;
            case 4:
                await OldCheckpoint();
                break;
            case 5:
                await Prune();
                break;
            case 6 when _random.Next(6) == 0:
                await DeleteAll();
                break;
        }
    }

    private async Task Look(byte[] key)
    {
        var value = await _tree.Find(key);
        var expected = _model.Values.GetValueOrDefault(key);
        Check(
            (value is null) == (expected is null) && (expected is null || value!.Value.Span.SequenceEqual(expected)),
            "a value is not that of the model"
        );
        var proof = await _tree.Prove(key);
        var bytes = proof.ToBytes();
        var verdict = StateProofs.Verify(_tree.Root, key, bytes);
        Check(verdict.Finding == (expected is null ? StateFinding.Absent : StateFinding.Present), $"a proof says: {verdict}");
        Check(expected is null || verdict.Value.Span.SequenceEqual(expected), "a proof has another value");
        Check(bytes.Length == proof.Size, "a proof has another size than it says");
        Check(
            StateProofs.Verify(_tree.Root, [.. key, 1], bytes).Finding != verdict.Finding || expected is null,
            "a proof proves another key"
        );
        Counts.Seen(expected is null ? (_model.Values.Count == 0 ? "proofs of an empty state" : "absences proved") : "presences proved");
    }

    /// <summary>Each bit of a proof, and some of a chunk.</summary>
    private async Task Flip()
    {
        foreach (var key in new[] { Key(4096), _model.Values.Count > 0 ? _model.Values.Keys.First() : [] })
        {
            var proof = (await _tree.Prove(key)).ToBytes();
            for (var bit = 0; bit < 8 * Math.Min(proof.Length, 4096); bit++)
            {
                proof[bit / 8] ^= (byte)(1 << (bit % 8));
                Check(StateProofs.Verify(_tree.Root, key, proof).Finding == StateFinding.Refused, $"a proof with bit {bit} changed passes");
                proof[bit / 8] ^= (byte)(1 << (bit % 8));
                Counts.Seen("bits of proofs changed");
            }
        }
        var chunk = (await _tree.Chunk(null, 2048)).ToBytes();
        for (var bit = _random.Next(64); bit < 8 * chunk.Length; bit += 1 + _random.Next(64))
        {
            chunk[bit / 8] ^= (byte)(1 << (bit % 8));
            Check(IsRefused(_tree.Root, null, chunk), $"a chunk with bit {bit} changed passes");
            chunk[bit / 8] ^= (byte)(1 << (bit % 8));
            Counts.Seen("bits of chunks changed");
        }
    }

    private async Task List()
    {
        var prefix = Encoding.Latin1.GetBytes(Prefixes[_random.Next(Prefixes.Length)]);
        var expected = _model.Keys(prefix);
        var found = new List<byte[]>();
        ReadOnlyMemory<byte>? after = null;
        for (var isWhole = false; !isWhole; )
        {
            var page = await _tree.Keys(prefix, after, 1 + _random.Next(300), 1 + _random.Next(4000));
            found.AddRange(page.Keys.Select(key => key.ToArray()));
            (after, isWhole) = (page.Keys.IsEmpty ? after : page.Keys[^1], page.IsWhole);
            if (page.Keys.IsEmpty && !isWhole)
            {
                // One key is longer than the bytes that were asked for.
                break;
            }
        }
        var isCut = found.Count < expected.Length && expected[found.Count].Length > 0;
        Check(
            found.Zip(expected).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second)) && (found.Count == expected.Length || isCut),
            $"a list has {found.Count} keys of {expected.Length}"
        );
        var all = await _tree.Keys(prefix, null, int.MaxValue, long.MaxValue);
        Check(all.IsWhole && all.Keys.Length == expected.Length, "a whole list is not whole");
        Counts.Seen("lists");
    }

    /// <summary>Chunk after chunk gives the state; one that lacks an entry is refused.</summary>
    private async Task Export()
    {
        Bytes32? after = null;
        var rebuilt = new NaiveState();
        for (var isLast = false; !isLast; )
        {
            var bytes = (await _tree.Chunk(after, 1 + _random.Next(20_000))).ToBytes();
            var chunk = StateChunk.Read(bytes);
            var refusal = StateChunks.Refusal(_tree.Root, after, chunk);
            Check(refusal is null, $"a chunk is refused: {refusal}");
            if (chunk.Entries.Length > 1)
            {
                var without = chunk with { Entries = chunk.Entries.RemoveAt(_random.Next(chunk.Entries.Length)) };
                Check(StateChunks.Refusal(_tree.Root, after, without) is not null, "a chunk without one of its entries passes");
                Counts.Seen("chunks that lack an entry");
            }
            rebuilt.Apply(chunk.Entries.Select(entry => new StateWrite(entry.Key, entry.Value)));
            (after, isLast) = (chunk.End, chunk.IsLast);
            Counts.Seen("chunks");
            if (refusal is not null)
            {
                return;
            }
        }
        Check(rebuilt.Values.Count == _model.Values.Count && rebuilt.Root() == _tree.Root, "the chunks do not give the state");
    }

    private async Task Save()
    {
        await _store.Save(_tree, _height, BitConverter.GetBytes(_height), []);
        _checkpoints.Add((_height, _tree.Root, _model.Copy()));
        Counts.Seen("checkpoints");
    }

    private async Task Restart()
    {
        _store = new StateStore(_documents, "program", new StatePageCache(64 * 1024));
        var stored = await _store.Load();
        Check(stored.Tree.Root == _tree.Root && stored.Height == _height, "a restart finds another state");
        Check(BitConverter.ToInt64(stored.Extra.ToArray()) == _height, "a restart finds other bytes of the grain");
        _tree = stored.Tree;
        Counts.Seen("restarts");
    }

    private async Task OldCheckpoint()
    {
        if (_checkpoints.Count == 0)
        {
            return;
        }
        var (height, root, model) = _checkpoints[_random.Next(_checkpoints.Count)];
        if (_store.Checkpoints.FirstOrDefault(checkpoint => checkpoint.Height == height) is not { } kept)
        {
            return;
        }
        var tree = await _store.Open(kept);
        Check(tree.Root == root, "an old checkpoint has another root");
        foreach (var (key, value) in model.Values.Take(20))
        {
            var proof = await tree.Prove(key);
            var verdict = StateProofs.Verify(root, key, proof);
            Check(verdict.Value.Span.SequenceEqual(value), "an old checkpoint has another value");
        }
        Counts.Seen("old checkpoints read");
    }

    private async Task Prune()
    {
        if (_checkpoints.Count < 3)
        {
            return;
        }
        var oldest = _checkpoints[_random.Next(_checkpoints.Count)].Height;
        while (await _store.Prune(oldest))
        {
            Counts.Seen("pruned");
        }
        _prunedTo = Math.Max(_prunedTo, oldest);
        Check(_store.Checkpoints[0].Height <= _prunedTo, "pruning went too far");
    }

    private async Task DeleteAll()
    {
        StateWrite[] writes = [.. _model.Values.Keys.Select(key => new StateWrite(key, null))];
        _tree = await _tree.With(writes);
        _height++;
        _model.Apply(writes);
        Check(_tree.Root.Value.IsZero && _tree.Count == 0 && _tree.Index.Pages.Count == 0, "a state without keys is not empty");
        Counts.Seen("states emptied");
    }

    /// <summary>Only what the newest checkpoint needs is stored.</summary>
    private async Task NothingIsLeftOver()
    {
        var newest = _store.Checkpoints[^1];
        var tree = await _store.Open(newest);
        var wanted = 1 + CountPages(tree.Top) + tree.Index.Pages.Count + newest.DirectoryParts + newest.ReplacedParts;
        Check(_documents.Ids.Count() == wanted, $"{_documents.Ids.Count()} documents are stored where {wanted} are needed");
    }

    internal static int CountPages(StateNode? node) =>
        node switch
        {
            null => 0,
            StateBranch branch => CountPages(branch.Left) + CountPages(branch.Right),
            _ => 1,
        };

    private StateWrite[] Writes(int keysMax)
    {
        var writes = new StateWrite[1 + _random.Next(1 << _random.Next(8))];
        var deletes = _random.Next(4);
        for (var index = 0; index < writes.Length; index++)
        {
            var isDeleted = _random.Next(4) < deletes;
            writes[index] = new StateWrite(Key(keysMax), isDeleted ? null : Value());
        }
        return writes;
    }

    private byte[] Key(int keysMax)
    {
        var number = _random.Next(keysMax);
        var prefix = Prefixes[number % Prefixes.Length];
        return Encoding.Latin1.GetBytes(number == 3 ? prefix : $"{prefix}{number}");
    }

    private byte[] Value()
    {
        var value = new byte[_random.Next(40) == 0 ? _random.Next(40_000) : _random.Next(100)];
        _random.NextBytes(value);
        return value;
    }

    private static bool IsRefused(StateRoot root, Bytes32? after, byte[] bytes)
    {
        try
        {
            return StateChunks.Refusal(root, after, StateChunk.Read(bytes)) is not null;
        }
        catch (FormatException)
        {
            return true;
        }
    }

    private void Check(bool holds, string violation)
    {
        if (!holds)
        {
            Violations.Add($"seed {seed}, height {_height}: {violation}");
        }
    }
}
