using System.Collections.Immutable;
using Marketplace.Receipts;

namespace Marketplace.Storage;

/// <summary>A change of one key: its new value, or null where it goes.</summary>
public readonly record struct StateWrite(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte>? Value);

/// <summary>
/// A program's keys and values at one root: a copy-on-write sparse Merkle tree over the hashes of the keys (receipts/STATE.md), and an
/// index of the keys in byte order. Immutable: a change gives another tree, which shares what did not change. What was stored is read when
/// it is needed. Calls may interleave.
/// </summary>
public sealed class StateTree
{
    /// <summary>What an entry counts beside its key and value: their two lengths.</summary>
    public const int EntryOverheadBytes = 2 * sizeof(uint);

    private readonly StatePages _pages;

    internal StateTree(StatePages pages, StateNode? top, KeyIndex index) => (_pages, Top, Index) = (pages, top, index);

    /// <summary>Without a key, and of no store: what is made from it is in memory.</summary>
    public static StateTree InMemory { get; } = new(new StatePages(null, "", new StatePageCache(0)), null, KeyIndex.Empty);

    /// <summary>All zero where there is no key.</summary>
    public StateRoot Root => new(Top?.Hash ?? default);

    public int Count => Top?.Count ?? 0;

    /// <summary>Of all entries: key, value, and <see cref="EntryOverheadBytes"/>.</summary>
    public long Bytes => Top?.Bytes ?? 0;

    internal StateNode? Top { get; }

    internal KeyIndex Index { get; }

    /// <returns>The value; null where there is none.</returns>
    public async ValueTask<ReadOnlyMemory<byte>?> Find(ReadOnlyMemory<byte> key)
    {
        if (Top is null)
        {
            return null;
        }
        var path = StateHashes.Path(key.Span);
        var items = await _pages.Items(PageOf(in path));
        var place = StatePage.IndexOf(items, in path);
        return place >= 0 ? items[place].Value : (ReadOnlyMemory<byte>?)null;
    }

    /// <summary>The keys with a prefix in byte order, up to a number and a sum of bytes.</summary>
    public ValueTask<StateKeyList> Keys(ReadOnlyMemory<byte> prefix, ReadOnlyMemory<byte>? after, int countMax, long bytesMax) =>
        Index.List(_pages, prefix, after, countMax, bytesMax);

    /// <summary>The tree with the changes, applied in order. Keys and values are copied.</summary>
    public async ValueTask<StateTree> With(IReadOnlyList<StateWrite> changes)
    {
        if (changes.Count == 0)
        {
            return this;
        }
        var batch = new StateBatch(_pages, changes);
        var top = await batch.Apply(Top);
        return ReferenceEquals(top, Top) ? this : new StateTree(_pages, top, await Index.With(_pages, batch.ChangedKeys()));
    }

    /// <summary>Proves the key's value under this root, or that it has none.</summary>
    public async ValueTask<StateProof> Prove(ReadOnlyMemory<byte> key)
    {
        if (Top is null)
        {
            return StateProof.OfEmpty;
        }
        var path = StateHashes.Path(key.Span);
        var (siblings, leaf) = await WayTo(path);
        return leaf.Path == path ? StateProof.OfPresent(siblings, leaf.Value) : StateProof.OfAbsent(siblings, leaf.Leaf);
    }

    /// <summary>The entries after a path, with the proof that none is missing.</summary>
    /// <param name="after">The end of the chunk before; null for the first one.</param>
    /// <param name="bytesMax">Of the entries, unless the first one alone has more.</param>
    /// <exception cref="ArgumentException">No entry of this tree has the path <paramref name="after"/>, or none follows it.</exception>
    public async ValueTask<StateChunk> Chunk(Bytes32? after, int bytesMax = StateProofPolicy.ChunkEntryBytesMax)
    {
        if (Top is null && after is null)
        {
            return new StateChunk(null, [], [], []);
        }
        var found = new List<StateItem>();
        StateItem? previous = null;
        var size = 0;
        foreach (var page in Top is null ? [] : PagesFrom(after))
        {
            foreach (var item in await _pages.Items(page))
            {
                if (after is { } start && item.Path.CompareTo(start) <= 0)
                {
                    previous = item;
                    continue;
                }
                size += StateChunk.BytesOf(item.Key.Length, item.Value.Length);
                if (previous?.Path != after || (size > bytesMax && found.Count > 0))
                {
                    break;
                }
                found.Add(item);
            }
            if (previous?.Path != after || size > bytesMax)
            {
                break;
            }
        }
        return found.Count > 0 && previous?.Path == after
            ? await WithBorders(previous, found)
            : throw new ArgumentException($"The state {Root} has no entry with the path {after}, or none after it.", nameof(after));
    }

    private async ValueTask<StateChunk> WithBorders(StateItem? previous, List<StateItem> found)
    {
        var (first, last) = ((previous ?? found[0]).Path, found[^1].Path);
        var (ofFirst, _) = await WayTo(first);
        var (ofLast, _) = await WayTo(last);
        return new StateChunk(
            previous?.Leaf,
            [.. found.Select(static item => new StateEntry(item.Key, item.Value))],
            [.. ofFirst.Where(sibling => first.BitAt(sibling.Bit))],
            [.. ofLast.Where(sibling => !last.BitAt(sibling.Bit))]
        );
    }

    /// <summary>The siblings on the way to a path, and the leaf at its end, which is the path's own if it has one.</summary>
    private async ValueTask<(ImmutableArray<StateSibling> Siblings, StateItem Leaf)> WayTo(Bytes32 path)
    {
        var siblings = ImmutableArray.CreateBuilder<StateSibling>();
        var node = Top!;
        while (node is StateBranch branch)
        {
            var isRight = path.BitAt(branch.Bit);
            siblings.Add(new StateSibling(branch.Bit, (isRight ? branch.Left : branch.Right).Hash));
            node = isRight ? branch.Right : branch.Left;
        }
        var leaf = Descend(await _pages.Items((StatePage)node), path, siblings);
        return (siblings.DrainToImmutable(), leaf);
    }

    /// <summary>The way within a page.</summary>
    private static StateItem Descend(StateItem[] items, Bytes32 path, ImmutableArray<StateSibling>.Builder siblings)
    {
        ReadOnlySpan<StateItem> rest = items;
        while (rest.Length > 1)
        {
            var bit = rest[0].Path.FirstDifference(rest[^1].Path);
            var split = StatePage.SplitAt(rest, bit);
            var isRight = path.BitAt(bit);
            siblings.Add(new StateSibling((byte)bit, StatePage.Fold(isRight ? rest[..split] : rest[split..])));
            rest = isRight ? rest[split..] : rest[..split];
        }
        return rest[0];
    }

    private StatePage PageOf(in Bytes32 path)
    {
        var node = Top!;
        while (node is StateBranch branch)
        {
            node = branch.Side(in path);
        }
        return (StatePage)node;
    }

    /// <summary>The pages in the order of their paths, from the one that a path leads to.</summary>
    private IEnumerable<StatePage> PagesFrom(Bytes32? path)
    {
        var waiting = new Stack<StateNode>();
        var node = Top!;
        while (node is StateBranch branch)
        {
            var isRight = path is { } start && start.BitAt(branch.Bit);
            if (!isRight)
            {
                waiting.Push(branch.Right);
            }
            node = isRight ? branch.Right : branch.Left;
        }
        yield return (StatePage)node;
        while (waiting.TryPop(out var next))
        {
            while (next is StateBranch branch)
            {
                waiting.Push(branch.Right);
                next = branch.Left;
            }
            yield return (StatePage)next;
        }
    }
}
