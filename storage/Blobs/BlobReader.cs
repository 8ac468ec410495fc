using Marketplace.Crypto;
using Microsoft.Win32.SafeHandles;

namespace Marketplace.Storage;

/// <summary>Reads groups of one blob, each verified up to the id. One thread at a time.</summary>
internal sealed class BlobReader : IDisposable
{
    /// <summary>Groups whose values are fetched and verified together: 64 of them are 2 KiB of one read of the tree.</summary>
    private const int BatchHeight = 6;

    private readonly BlobId _id;
    private readonly SafeFileHandle _data;
    private readonly SafeFileHandle? _tree;
    private readonly long _groups;
    private readonly List<BlobSubtree> _peaks = [];
    private readonly List<Bytes32> _peakValues = [];
    private BlobSubtree _batch = new(-1, 0);
    private Bytes32[] _batchValues = [];

    /// <exception cref="BlobDamagedException">The top of the tree does not belong to the id.</exception>
    public BlobReader(BlobId id, SafeFileHandle data, SafeFileHandle? tree)
    {
        (_id, _data, _tree) = (id, data, tree);
        Length = RandomAccess.GetLength(data);
        _groups = Blake3Tree.GroupCount(Length);
        if (_groups > 1)
        {
            ReadPeaks();
        }
    }

    public long Length { get; }

    /// <summary>Reads the group into the start of <paramref name="destination"/>, which has room for a whole one.</summary>
    /// <returns>The group's bytes.</returns>
    /// <exception cref="BlobDamagedException">They, or the values above them, are not those of the id.</exception>
    public int ReadGroup(long group, Span<byte> destination)
    {
        var offset = group * BlobTree.GroupBytes;
        var bytes = destination[..(int)Math.Min(BlobTree.GroupBytes, Length - offset)];
        ReadFully(_data, offset, bytes, "data");
        Verify(group, bytes);
        return bytes.Length;
    }

    /// <summary>Reads as many whole groups as there are and as there is room for, the last one of the blob too.</summary>
    /// <returns>Their bytes; 0 where there is no room for one.</returns>
    /// <exception cref="BlobDamagedException"><inheritdoc cref="ReadGroup"/></exception>
    public int ReadGroups(long group, Span<byte> destination)
    {
        var offset = group * BlobTree.GroupBytes;
        var left = Length - offset;
        var bytes = destination[
            ..(int)(left <= destination.Length ? left : destination.Length / BlobTree.GroupBytes * BlobTree.GroupBytes)
        ];
        ReadFully(_data, offset, bytes, "data");
        for (var at = 0; at < bytes.Length; at += BlobTree.GroupBytes)
        {
            Verify(group + (at / BlobTree.GroupBytes), bytes[at..Math.Min(at + BlobTree.GroupBytes, bytes.Length)]);
        }
        return bytes.Length;
    }

    public void Dispose()
    {
        _data.Dispose();
        _tree?.Dispose();
    }

    private void Verify(long group, ReadOnlySpan<byte> bytes)
    {
        var right = _groups == 1 ? Blake3.Hash(bytes) == _id.Value : Blake3Tree.GroupValue(bytes, group) == GroupValue(group);
        if (!right)
        {
            throw Damaged("data", group * BlobTree.GroupBytes, "the bytes do not have the hash that they should have");
        }
    }

    private void ReadPeaks()
    {
        var expected = BlobTree.FileBytes(Length);
        var actual = _tree is null ? 0 : RandomAccess.GetLength(_tree);
        if (actual != expected)
        {
            throw Damaged("tree", Math.Min(actual, expected), $"the tree has {actual} bytes, for {Length} bytes of data it has {expected}");
        }
        _peaks.AddRange(BlobTree.Peaks(_groups));
        foreach (var peak in _peaks)
        {
            _peakValues.Add(ReadNode(peak));
        }
        if (BlobTree.Root(_peakValues) != _id.Value)
        {
            throw Damaged("tree", _peaks[0].Node * BlobTree.NodeBytes, "its topmost nodes do not have the blob's hash");
        }
    }

    private Bytes32 GroupValue(long group)
    {
        if (group < _batch.FirstGroup || group >= _batch.FirstGroup + _batch.Groups || _batch.FirstGroup < 0)
        {
            ReadBatch(group);
        }
        return _batchValues[group - _batch.FirstGroup];
    }

    /// <summary>
    /// Goes down from the peak, checking each pair of sides against the node above, to the batch; then checks its groups together.
    /// </summary>
    private void ReadBatch(long group)
    {
        _batch = new BlobSubtree(-1, 0);
        var index = _peaks.FindIndex(peak => group < peak.FirstGroup + peak.Groups);
        var (subtree, value) = (_peaks[index], _peakValues[index]);
        while (subtree.Height > BatchHeight)
        {
            var (left, right) = (ReadNode(subtree.Left), ReadNode(subtree.Right));
            if (Blake3Tree.ParentValue(left, right) != value)
            {
                throw Damaged("tree", subtree.Left.Node * BlobTree.NodeBytes, "a node does not have the hash that the one above it says");
            }
            (subtree, value) = group < subtree.Right.FirstGroup ? (subtree.Left, left) : (subtree.Right, right);
        }
        var nodes = new byte[(2 * subtree.Groups - 1) * BlobTree.NodeBytes];
        var firstNode = BlobTree.NodesBefore(subtree.FirstGroup);
        ReadFully(_tree!, firstNode * BlobTree.NodeBytes, nodes, "tree");
        _batchValues = new Bytes32[subtree.Groups];
        for (var at = 0; at < _batchValues.Length; at++)
        {
            var node = (int)(BlobTree.NodesBefore(subtree.FirstGroup + at) - firstNode);
            _batchValues[at] = new Bytes32(nodes.AsSpan(node * BlobTree.NodeBytes, BlobTree.NodeBytes));
        }
        if (Blake3Tree.Value(_batchValues) != value)
        {
            throw Damaged(
                "tree",
                firstNode * BlobTree.NodeBytes,
                "the values of these groups do not have the hash that the node above them says"
            );
        }
        _batch = subtree;
    }

    private Bytes32 ReadNode(BlobSubtree subtree)
    {
        Span<byte> bytes = stackalloc byte[BlobTree.NodeBytes];
        ReadFully(_tree!, subtree.Node * BlobTree.NodeBytes, bytes, "tree");
        return new Bytes32(bytes);
    }

    private void ReadFully(SafeFileHandle file, long offset, Span<byte> destination, string part)
    {
        var done = 0;
        while (done < destination.Length)
        {
            var read = RandomAccess.Read(file, destination[done..], offset + done);
            if (read == 0)
            {
                throw Damaged(part, offset + done, "the file ends early");
            }
            done += read;
        }
    }

    private BlobDamagedException Damaged(string part, long offset, string what) => new(new BlobDamage(_id, part, offset, what));
}
