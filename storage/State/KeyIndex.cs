using System.Collections.Immutable;

namespace Marketplace.Storage;

/// <summary>Keys that follow one another in byte order: one document.</summary>
internal sealed class KeyPage
{
    /// <param name="keys">Ascending; one or more.</param>
    public KeyPage(byte[][] keys)
    {
        (First, Count, Bytes) = (keys[0], keys.Length, keys.Sum(static key => (long)key.Length));
        Slot = new PageSlot<byte[]> { Content = keys, MemoryBytes = Memory };
    }

    /// <summary>One that is stored.</summary>
    public KeyPage(PageId id, byte[] first, int count, long bytes)
    {
        (First, Count, Bytes) = (first, count, bytes);
        Slot = new PageSlot<byte[]> { Id = id, MemoryBytes = Memory };
    }

    public byte[] First { get; }
    public int Count { get; }
    public long Bytes { get; }
    public PageSlot<byte[]> Slot { get; }

    private long Memory => Bytes + ((long)Count * StateTreePolicy.KeyMemoryBytes);
}

/// <summary>
/// All keys in byte order, in pages, with the first key of each page in memory: what lists by prefix are read from. Immutable but for where
/// a page's content is.
/// </summary>
internal sealed class KeyIndex
{
    private static readonly Comparer<KeyPage> ByFirst = Comparer<KeyPage>.Create(
        static (left, right) => left.First.AsSpan().SequenceCompareTo(right.First)
    );

    private readonly ImmutableSortedSet<KeyPage> _pages;

    private KeyIndex(ImmutableSortedSet<KeyPage> pages) => _pages = pages;

    public static KeyIndex Empty { get; } = new(ImmutableSortedSet.Create<KeyPage>(ByFirst));

    public IReadOnlyList<KeyPage> Pages => _pages;

    public static KeyIndex Of(IEnumerable<KeyPage> pages) => new(Empty._pages.Union(pages));

    /// <param name="pages">Reads pages.</param>
    /// <param name="prefix">What the keys begin with.</param>
    /// <param name="after">Keys up to this one are left out; null: none are.</param>
    /// <param name="countMax">Of the keys.</param>
    /// <param name="bytesMax">Of the keys together.</param>
    public async ValueTask<StateKeyList> List(
        StatePages pages,
        ReadOnlyMemory<byte> prefix,
        ReadOnlyMemory<byte>? after,
        int countMax,
        long bytesMax
    )
    {
        var found = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>();
        long bytes = 0;
        var start = after is { } last && last.Span.SequenceCompareTo(prefix.Span) > 0 ? last : prefix;
        for (var place = PlaceOf(start.ToArray()); place < _pages.Count; place++)
        {
            foreach (var key in await pages.Keys(_pages[place]))
            {
                if (key.AsSpan().SequenceCompareTo(start.Span) < 0 || (after is { } left && left.Span.SequenceEqual(key)))
                {
                    continue;
                }
                if (!key.AsSpan().StartsWith(prefix.Span))
                {
                    return new StateKeyList(found.DrainToImmutable(), IsWhole: true);
                }
                if (found.Count == countMax || bytes + key.Length > bytesMax)
                {
                    return new StateKeyList(found.DrainToImmutable(), IsWhole: false);
                }
                bytes += key.Length;
                found.Add(key);
            }
        }
        return new StateKeyList(found.DrainToImmutable(), IsWhole: true);
    }

    /// <param name="pages">Reads pages.</param>
    /// <param name="changes">Ascending, each key once: keys that are new, and keys that go.</param>
    public async ValueTask<KeyIndex> With(StatePages pages, List<(byte[] Key, bool IsAdded)> changes)
    {
        if (changes.Count == 0)
        {
            return this;
        }
        var changed = _pages.ToBuilder();
        for (var start = 0; start < changes.Count; )
        {
            var place = PlaceOf(changes[start].Key);
            var page = place < _pages.Count ? _pages[place] : null;
            var next = place + 1 < _pages.Count ? _pages[place + 1].First : null;
            var end = start + 1;
            while (end < changes.Count && (next is null || changes[end].Key.AsSpan().SequenceCompareTo(next) < 0))
            {
                end++;
            }
            var keys = Merge(page is null ? [] : await pages.Keys(page), changes, start, end);
            if (page is not null)
            {
                changed.Remove(page);
            }
            changed.UnionWith(Cut(keys));
            start = end;
        }
        return new KeyIndex(changed.ToImmutable());
    }

    /// <summary>The page in which the key stands, or would stand.</summary>
    private int PlaceOf(byte[] key)
    {
        var place = _pages.IndexOf(new KeyPage(PageId.None, key, 0, 0));
        return place >= 0 ? place : Math.Max(~place - 1, 0);
    }

    private static List<byte[]> Merge(byte[][] keys, List<(byte[] Key, bool IsAdded)> changes, int start, int end)
    {
        var merged = new List<byte[]>(keys.Length + end - start);
        var old = 0;
        for (var index = start; index < end; index++)
        {
            var (key, isAdded) = changes[index];
            while (old < keys.Length && keys[old].AsSpan().SequenceCompareTo(key) < 0)
            {
                merged.Add(keys[old++]);
            }
            if (isAdded)
            {
                merged.Add(key);
            }
            else
            {
                old++;
            }
        }
        merged.AddRange(keys.AsSpan(old));
        return merged;
    }

    /// <summary>Pages of about the same size, as few as may be.</summary>
    private static IEnumerable<KeyPage> Cut(List<byte[]> keys)
    {
        var bytes = keys.Sum(static key => (long)key.Length);
        var parts = Math.Max(
            (keys.Count + StateTreePolicy.KeyPageKeysMax - 1) / StateTreePolicy.KeyPageKeysMax,
            (bytes + StateTreePolicy.KeyPageBytesMax - 1) / StateTreePolicy.KeyPageBytesMax
        );
        if (keys.Count == 0)
        {
            yield break;
        }
        var (countMax, bytesMax) = (((keys.Count + parts - 1) / parts), (bytes + parts - 1) / parts);
        var (start, size) = (0, 0L);
        for (var index = 0; index < keys.Count; index++)
        {
            size += keys[index].Length;
            if (index + 1 == keys.Count || index + 1 - start >= countMax || size >= bytesMax)
            {
                yield return new KeyPage([.. keys.GetRange(start, index + 1 - start)]);
                (start, size) = (index + 1, 0);
            }
        }
    }
}

/// <param name="Keys">Ascending.</param>
/// <param name="IsWhole">No key with the prefix follows.</param>
public sealed record StateKeyList(ImmutableArray<ReadOnlyMemory<byte>> Keys, bool IsWhole);
