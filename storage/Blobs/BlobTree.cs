using System.Numerics;
using Marketplace.Crypto;

namespace Marketplace.Storage;

/// <summary>A complete subtree of <c>2^Height</c> groups from <see cref="FirstGroup"/> on.</summary>
internal readonly record struct BlobSubtree(long FirstGroup, int Height)
{
    public long Groups => 1L << Height;
    public BlobSubtree Left => new(FirstGroup, Height - 1);
    public BlobSubtree Right => new(FirstGroup + Groups / 2, Height - 1);

    /// <summary>Where its chaining value stands in the tree file, counted in nodes: after both of its sides.</summary>
    public long Node => BlobTree.NodesBefore(FirstGroup) + 2 * Groups - 2;
}

/// <summary>
/// The layout of a <c>.tree</c> file: the chaining values of all groups of 16 KiB and of all complete subtrees over them, each written
/// when it is known (post-order), 32 bytes each, nothing else. So it is written in one pass, and any group is verified by reading the
/// few nodes on its way up. The root is not in it: that is the blob's id.
/// </summary>
internal static class BlobTree
{
    public const int NodeBytes = Bytes32.Size;
    public const int GroupBytes = Blake3Tree.GroupSize;

    /// <summary>Nodes that are written before the group's own.</summary>
    public static long NodesBefore(long group) => 2 * group - BitOperations.PopCount((ulong)group);

    /// <summary>Bytes of the tree file for content of this length; 0: it has none.</summary>
    public static long FileBytes(long length)
    {
        var groups = Blake3Tree.GroupCount(length);
        if (groups == 1)
        {
            return 0;
        }
        var nodes = NodesBefore(groups);
        return NodeBytes * (BitOperations.IsPow2(groups) ? nodes - 1 : nodes);
    }

    /// <summary>The largest complete subtrees below the root, from left to right; two or more.</summary>
    public static List<BlobSubtree> Peaks(long groups)
    {
        var peaks = new List<BlobSubtree>();
        for (long first = 0; first < groups; )
        {
            var height = BitOperations.Log2((ulong)(groups - first));
            if (height > 0 && 1L << height == groups)
            {
                height--;
            }
            peaks.Add(new BlobSubtree(first, height));
            first += 1L << height;
        }
        return peaks;
    }

    /// <summary>The blob's hash over its peaks.</summary>
    public static Bytes32 Root(IReadOnlyList<Bytes32> peaks)
    {
        var right = peaks[^1];
        for (var index = peaks.Count - 2; index > 0; index--)
        {
            right = Blake3Tree.ParentValue(peaks[index], right);
        }
        return Blake3Tree.Root(peaks[0], right);
    }
}

/// <summary>Makes the nodes of a tree file, in their order, from the values of the groups. Content of one group has no tree.</summary>
internal sealed class BlobTreeBuilder(Action<Bytes32> emit)
{
    private readonly List<Bytes32> _peaks = [];
    private long _groups;

    public void Add(Bytes32 groupValue)
    {
        // Only now is it sure that the subtrees which the last group completed are not the whole tree.
        Merge(_groups == 0 ? 0 : BitOperations.TrailingZeroCount(_groups));
        _peaks.Add(groupValue);
        emit(groupValue);
        _groups++;
    }

    /// <returns>The hash of the content, which had two groups or more.</returns>
    public Bytes32 Finish()
    {
        Merge(BitOperations.TrailingZeroCount(_groups) - (BitOperations.IsPow2(_groups) ? 1 : 0));
        return BlobTree.Root(_peaks);
    }

    private void Merge(int count)
    {
        for (; count > 0; count--)
        {
            var parent = Blake3Tree.ParentValue(_peaks[^2], _peaks[^1]);
            _peaks.RemoveRange(_peaks.Count - 2, 2);
            _peaks.Add(parent);
            emit(parent);
        }
    }
}
