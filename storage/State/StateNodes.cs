using Marketplace.Crypto;
using Marketplace.Receipts;

namespace Marketplace.Storage;

/// <summary>One key with its value, and the hash of its leaf. Immutable.</summary>
internal sealed class StateItem
{
    private readonly byte[] _content;
    private readonly int _keyBytes;

    private StateItem(Bytes32 path, byte[] content, int keyBytes)
    {
        (Path, _content, _keyBytes) = (path, content, keyBytes);
        Hash = StateHashes.Leaf(Leaf);
    }

    public Bytes32 Path { get; }
    public Bytes32 Hash { get; }
    public ReadOnlyMemory<byte> Key => _content.AsMemory(0, _keyBytes);
    public ReadOnlyMemory<byte> Value => _content.AsMemory(_keyBytes);
    public StateLeaf Leaf => new(Path, Blake3.Hash(Value.Span), Value.Length);

    /// <summary>What the entry counts: key, value, and eight bytes for their lengths.</summary>
    public int Bytes => StateTree.EntryOverheadBytes + _content.Length;

    /// <summary>Copies key and value.</summary>
    public static StateItem Of(Bytes32 path, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var content = new byte[key.Length + value.Length];
        key.CopyTo(content);
        value.CopyTo(content.AsSpan(key.Length));
        return new StateItem(path, content, key.Length);
    }
}

/// <summary>A part of the tree: all keys whose paths begin with some bits. Immutable but for where a page's content is.</summary>
internal abstract class StateNode
{
    public Bytes32 Hash { get; protected init; }

    /// <summary>A path of the part: what all its paths have in common.</summary>
    public Bytes32 Sample { get; protected init; }

    public int Count { get; protected init; }
    public long Bytes { get; protected init; }
}

/// <summary>Keys on both sides of a bit, the first one in which their paths differ.</summary>
internal sealed class StateBranch : StateNode
{
    public StateBranch(byte bit, StateNode left, StateNode right)
    {
        (Bit, Left, Right) = (bit, left, right);
        Hash = StateHashes.Node(bit, left.Hash, right.Hash);
        Sample = left.Sample;
        Count = left.Count + right.Count;
        Bytes = left.Bytes + right.Bytes;
    }

    public byte Bit { get; }
    public StateNode Left { get; }
    public StateNode Right { get; }

    public StateNode Side(in Bytes32 path) => path.BitAt(Bit) ? Right : Left;
}

/// <summary>A part that is read and written as one: one document. Its inner nodes are hashed anew when they are needed.</summary>
internal sealed class StatePage : StateNode
{
    /// <param name="items">In the order of their paths; one or more.</param>
    public StatePage(StateItem[] items)
    {
        Hash = Fold(items);
        Sample = items[0].Path;
        Count = items.Length;
        Bytes = items.Sum(static item => (long)item.Bytes);
        Slot = new PageSlot<StateItem> { Content = items, MemoryBytes = Memory };
    }

    /// <summary>One that is stored.</summary>
    public StatePage(PageId id, Bytes32 hash, Bytes32 sample, int count, long bytes)
    {
        (Hash, Sample, Count, Bytes) = (hash, sample, count, bytes);
        Slot = new PageSlot<StateItem> { Id = id, MemoryBytes = Memory };
    }

    public PageSlot<StateItem> Slot { get; }

    private long Memory => Bytes + ((long)Count * StateTreePolicy.EntryMemoryBytes);

    /// <summary>The hash of a subtree with these leaves.</summary>
    public static Bytes32 Fold(ReadOnlySpan<StateItem> items)
    {
        if (items.Length == 1)
        {
            return items[0].Hash;
        }
        var parts = new Bytes32[items.Length];
        var bits = new byte[items.Length - 1];
        for (var index = 0; index < items.Length; index++)
        {
            parts[index] = items[index].Hash;
            if (index > 0)
            {
                bits[index - 1] = (byte)items[index - 1].Path.FirstDifference(items[index].Path);
            }
        }
        return StateHashes.TryFold(parts, bits, out var hash)
            ? hash
            : throw new InvalidOperationException($"This is a bug in {nameof(StatePage)}: items that are not in the order of their paths.");
    }

    /// <summary>The first item whose path has the bit; all have the bits before it in common.</summary>
    public static int SplitAt(ReadOnlySpan<StateItem> items, int bit)
    {
        var (low, high) = (0, items.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (items[middle].Path.BitAt(bit))
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }
        return low;
    }

    /// <returns>The place of the path; the complement of where it would stand if it is not there.</returns>
    public static int IndexOf(StateItem[] items, in Bytes32 path)
    {
        var (low, high) = (0, items.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = items[middle].Path.CompareTo(path);
            if (order == 0)
            {
                return middle;
            }
            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }
        return ~low;
    }
}
