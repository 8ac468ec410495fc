using Marketplace.Receipts;

namespace Marketplace.Storage;

/// <summary>
/// Changes on their way into a tree: sorted by path, each key once, applied in one pass, so that a node with many changes below it is
/// hashed once.
/// </summary>
internal sealed class StateBatch
{
    private readonly StatePages _pages;
    private readonly Write[] _writes;
    private readonly List<(byte[] Key, bool IsAdded)> _keys = [];
    private Dictionary<StatePage, StateItem[]> _items = [];

    public StateBatch(StatePages pages, IReadOnlyList<StateWrite> changes)
    {
        _pages = pages;
        var writes = new Write[changes.Count];
        for (var index = 0; index < writes.Length; index++)
        {
            writes[index] = new Write(StateHashes.Path(changes[index].Key.Span), changes[index], index);
        }
        Array.Sort(
            writes,
            static (left, right) => left.Path.CompareTo(right.Path) is var order and not 0 ? order : left.Place - right.Place
        );
        // Of several changes of one key the last one counts.
        var kept = 0;
        for (var index = 0; index < writes.Length; index++)
        {
            if (index + 1 == writes.Length || writes[index + 1].Path != writes[index].Path)
            {
                writes[kept++] = writes[index];
            }
        }
        _writes = writes[..kept];
    }

    /// <summary>After <see cref="Apply"/>: the keys that are new and those that went, in byte order.</summary>
    public List<(byte[] Key, bool IsAdded)> ChangedKeys()
    {
        _keys.Sort(static (left, right) => left.Key.AsSpan().SequenceCompareTo(right.Key));
        return _keys;
    }

    public async ValueTask<StateNode?> Apply(StateNode? top)
    {
        var touched = new List<StatePage>();
        Find(top, 0, _writes.Length, touched);
        _items = await _pages.ItemsOf(touched);
        return Change(top, 0, _writes.Length);
    }

    /// <summary>The pages that the changes lead to.</summary>
    private void Find(StateNode? node, int from, int to, List<StatePage> touched)
    {
        if (from == to || node is null)
        {
            return;
        }
        if (node is StatePage page)
        {
            touched.Add(page);
            return;
        }
        var branch = (StateBranch)node;
        var away = Away(node, from, to);
        if (away < branch.Bit)
        {
            var split = SplitAt(from, to, away);
            var (start, end) = node.Sample.BitAt(away) ? (split, to) : (from, split);
            Find(node, start, end, touched);
            return;
        }
        var middle = SplitAt(from, to, branch.Bit);
        Find(branch.Left, from, middle, touched);
        Find(branch.Right, middle, to, touched);
    }

    private StateNode? Change(StateNode? node, int from, int to)
    {
        if (from == to)
        {
            return node;
        }
        if (node is null)
        {
            return Make(from, to);
        }
        if (node is StatePage page)
        {
            return Change(page, from, to);
        }
        var branch = (StateBranch)node;
        var away = Away(node, from, to);
        if (away < branch.Bit)
        {
            // Some of the changes leave the way above this node: they make a part of their own beside it.
            var split = SplitAt(from, to, away);
            return node.Sample.BitAt(away)
                ? Join(away, Make(from, split), Change(node, split, to))
                : Join(away, Change(node, from, split), Make(split, to));
        }
        var middle = SplitAt(from, to, branch.Bit);
        var (left, right) = (Change(branch.Left, from, middle), Change(branch.Right, middle, to));
        return ReferenceEquals(left, branch.Left) && ReferenceEquals(right, branch.Right) ? node : Join(branch.Bit, left, right);
    }

    private StateNode? Change(StatePage page, int from, int to)
    {
        var items = _items[page];
        var changed = new List<StateItem>(items.Length + to - from);
        var (old, isChanged) = (0, false);
        for (var index = from; index < to; index++)
        {
            ref readonly var write = ref _writes[index];
            while (old < items.Length && items[old].Path.CompareTo(write.Path) < 0)
            {
                changed.Add(items[old++]);
            }
            var existing = old < items.Length && items[old].Path == write.Path ? items[old++] : null;
            if (write.Change.Value is not { } value)
            {
                if (existing is not null)
                {
                    _keys.Add((existing.Key.ToArray(), IsAdded: false));
                    isChanged = true;
                }
                continue;
            }
            if (existing is not null && existing.Value.Span.SequenceEqual(value.Span))
            {
                changed.Add(existing);
                continue;
            }
            changed.Add(existing is null ? New(in write, value) : StateItem.Of(write.Path, write.Change.Key.Span, value.Span));
            isChanged = true;
        }
        if (!isChanged)
        {
            return page;
        }
        changed.AddRange(items.AsSpan(old));
        return changed.Count == 0 ? null : Cut([.. changed]);
    }

    /// <summary>A part that has nothing yet.</summary>
    private StateNode? Make(int from, int to)
    {
        var items = new List<StateItem>(to - from);
        for (var index = from; index < to; index++)
        {
            if (_writes[index].Change.Value is { } value)
            {
                items.Add(New(in _writes[index], value));
            }
        }
        return items.Count == 0 ? null : Cut([.. items]);
    }

    private StateItem New(ref readonly Write write, ReadOnlyMemory<byte> value)
    {
        _keys.Add((write.Change.Key.ToArray(), IsAdded: true));
        return StateItem.Of(write.Path, write.Change.Key.Span, value.Span);
    }

    /// <summary>One page if it is small enough, else a branch where the paths differ first.</summary>
    private static StateNode Cut(StateItem[] items)
    {
        if (items.Length == 1 || Fits(items.Length, items.Sum(static item => (long)item.Bytes), parts: 1))
        {
            return new StatePage(items);
        }
        var bit = items[0].Path.FirstDifference(items[^1].Path);
        var split = StatePage.SplitAt(items, bit);
        return new StateBranch((byte)bit, Cut(items[..split]), Cut(items[split..]));
    }

    /// <summary>
    /// Two pages become one when they fill half of it: at the bound itself, one key that comes and goes would make and part them each time.
    /// A page that would have to be read for it stays alone until a change reads it.
    /// </summary>
    private StateNode? Join(int bit, StateNode? left, StateNode? right)
    {
        if (left is null || right is null)
        {
            return left ?? right;
        }
        return
            left is StatePage first
            && right is StatePage second
            && Fits(first.Count + second.Count, first.Bytes + second.Bytes, parts: 2)
            && ItemsOf(first) is { } before
            && ItemsOf(second) is { } behind
            ? new StatePage([.. before, .. behind])
            : new StateBranch((byte)bit, left, right);
    }

    private StateItem[]? ItemsOf(StatePage page) => page.Slot.Content ?? _items.GetValueOrDefault(page);

    private static bool Fits(int count, long bytes, int parts) =>
        count <= StateTreePolicy.PageEntriesMax / parts && bytes <= StateTreePolicy.PageBytesMax / parts;

    /// <summary>The first bit in which a change differs from what all paths of the part have in common, or a later one.</summary>
    private int Away(StateNode node, int from, int to) =>
        Math.Min(_writes[from].Path.FirstDifference(node.Sample), _writes[to - 1].Path.FirstDifference(node.Sample));

    private int SplitAt(int from, int to, int bit)
    {
        while (from < to)
        {
            var middle = (from + to) / 2;
            if (_writes[middle].Path.BitAt(bit))
            {
                to = middle;
            }
            else
            {
                from = middle + 1;
            }
        }
        return from;
    }

    private readonly record struct Write(Bytes32 Path, StateWrite Change, int Place);
}
