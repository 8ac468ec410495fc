using System.Numerics;

namespace Marketplace.Crypto;

/// <summary>
/// The BLAKE3 tree cut at groups of 16 KiB, for verified streaming: a store that keeps the 32-byte value of every group (0.2 % of the
/// content) can check any group alone against the hash of the whole, and so serve any range with a proof.
///
/// The shape is fixed by BLAKE3: content of n groups (the last one may be short) is a binary tree whose left side has
/// <see cref="LeftGroups"/>(n) groups. A node below the root has a <em>chaining value</em>; the root is finished differently, so a root
/// can never pass as an inner node. Content of at most one group has no chaining value at all: its hash is
/// <see cref="Blake3.Hash(ReadOnlySpan{byte})"/>.
/// All methods are pure and allocate nothing.
/// </summary>
public static unsafe class Blake3Tree
{
    /// <summary>16 chunks: one pass of the widest vectors, and a tree of 1/512 of the content (bao calls it chunk-group log 4).</summary>
    public const int GroupSize = 16 * 1024;

    private const int ChunksPerGroup = GroupSize / Blake3Words.ChunkSize;

    /// <summary>How many groups content of this length has; empty content has one, empty group.</summary>
    public static long GroupCount(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        return length == 0 ? 1 : (length - 1) / GroupSize + 1;
    }

    /// <summary>
    /// Of <paramref name="groups"/> (two or more) below one node, how many are on its left side: the largest power of two below.
    /// </summary>
    public static long LeftGroups(long groups)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(groups, 2);
        return 1L << BitOperations.Log2((ulong)(groups - 1));
    }

    /// <summary>
    /// The chaining value of the group at <paramref name="groupIndex"/> of content that has more than one group. The group has 1 to
    /// 16,384 bytes, less than 16,384 only where it is the last.
    /// </summary>
    /// <exception cref="ArgumentException">The group is empty or too long.</exception>
    public static Bytes32 GroupValue(ReadOnlySpan<byte> group, long groupIndex) =>
        GroupValue(group, groupIndex, Blake3Subtree.LanesDetected);

    /// <summary>The chaining value of an inner node.</summary>
    public static Bytes32 ParentValue(Bytes32 left, Bytes32 right)
    {
        Blake3Node.Parent(Blake3Words.Iv, ChainingValue.From(left), ChainingValue.From(right), 0, out var node);
        node.Finish(Blake3Subtree.LanesDetected, out var value);
        return value.ToBytes32();
    }

    /// <summary>The hash of content whose two halves have these chaining values.</summary>
    public static Bytes32 Root(Bytes32 left, Bytes32 right)
    {
        Blake3Node.Parent(Blake3Words.Iv, ChainingValue.From(left), ChainingValue.From(right), 0, out var node);
        return node.FinishRoot(Blake3Subtree.LanesDetected);
    }

    /// <summary>The hash of the content whose groups have these chaining values, in order, two or more.</summary>
    public static Bytes32 Root(ReadOnlySpan<Bytes32> groups)
    {
        var left = (int)LeftGroups(groups.Length);
        return Root(Value(groups[..left]), Value(groups[left..]));
    }

    /// <summary>The chaining value of the inner node above these groups, one or more.</summary>
    public static Bytes32 Value(ReadOnlySpan<Bytes32> groups)
    {
        if (groups.Length == 1)
        {
            return groups[0];
        }
        var left = (int)LeftGroups(groups.Length);
        return ParentValue(Value(groups[..left]), Value(groups[left..]));
    }

    internal static Bytes32 GroupValue(ReadOnlySpan<byte> group, long groupIndex, int lanes)
    {
        if (group.Length is 0 or > GroupSize)
        {
            throw new ArgumentException($"A group has 1 to {GroupSize} bytes, got {group.Length}.", nameof(group));
        }
        ArgumentOutOfRangeException.ThrowIfNegative(groupIndex);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(groupIndex, long.MaxValue / ChunksPerGroup);

        var counter = (ulong)groupIndex * ChunksPerGroup;
        fixed (byte* start = group)
        {
            Blake3Node node;
            if (group.Length <= Blake3Words.ChunkSize)
            {
                Blake3Node.Chunk(start, group.Length, Blake3Words.Iv, counter, 0, lanes, out node);
            }
            else
            {
                Blake3Subtree.ToParent(start, (nuint)group.Length, Blake3Words.Iv, counter, 0, lanes, out node);
            }
            node.Finish(lanes, out var value);
            return value.ToBytes32();
        }
    }
}
