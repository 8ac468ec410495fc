using System.Buffers;
using Marketplace.Crypto;

namespace Marketplace.Storage;

/// <summary>
/// Reads a blob and its tree whole and finds every difference between them and the id. The tree is made again from the data and compared
/// node by node: where the data has the id's hash, what differs is the tree; where it has not, the groups that differ from the tree are
/// the broken ones.
/// </summary>
internal static class BlobCheck
{
    /// <summary>Of one blob: a file of garbage would otherwise give a line for every group.</summary>
    public const int DamagesMax = 64;

    private const int BufferBytes = 16 * BlobTree.GroupBytes;

    public static List<BlobDamage> Check(BlobId id, string dataPath, string treePath)
    {
        using var data = File.OpenHandle(dataPath);
        var length = RandomAccess.GetLength(data);
        if (length <= BlobTree.GroupBytes)
        {
            return CheckSmall(id, data, (int)length, treePath);
        }
        var tree = File.Exists(treePath) ? new BufferedStream(File.OpenRead(treePath), BufferBytes) : Stream.Null;
        using (tree)
        {
            var comparison = new Comparison(id, tree);
            var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
            try
            {
                long group = 0;
                for (long offset = 0; offset < length; )
                {
                    var read = ReadUpTo(data, offset, buffer.AsSpan(0, (int)Math.Min(BufferBytes, length - offset)));
                    if (read == 0)
                    {
                        return [new BlobDamage(id, "data", offset, "the file ends early")];
                    }
                    for (var at = 0; at < read; at += BlobTree.GroupBytes)
                    {
                        comparison.Add(Blake3Tree.GroupValue(buffer.AsSpan(at, Math.Min(BlobTree.GroupBytes, read - at)), group++));
                    }
                    offset += read;
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
            return comparison.Finish();
        }
    }

    private static List<BlobDamage> CheckSmall(BlobId id, Microsoft.Win32.SafeHandles.SafeFileHandle data, int length, string treePath)
    {
        var bytes = new byte[length];
        var read = ReadUpTo(data, 0, bytes);
        if (read < length || Blake3.Hash(bytes) != id.Value)
        {
            return [new BlobDamage(id, "data", 0, "the bytes do not have the hash that they should have")];
        }
        return File.Exists(treePath) ? [new BlobDamage(id, "tree", 0, "a blob of one group has no tree")] : [];
    }

    private static int ReadUpTo(Microsoft.Win32.SafeHandles.SafeFileHandle file, long offset, Span<byte> destination)
    {
        var done = 0;
        while (done < destination.Length)
        {
            var read = RandomAccess.Read(file, destination[done..], offset + done);
            if (read == 0)
            {
                break;
            }
            done += read;
        }
        return done;
    }

    /// <summary>Compares the tree that the data has with the tree that is stored.</summary>
    private sealed class Comparison
    {
        private readonly BlobId _id;
        private readonly Stream _stored;
        private readonly BlobTreeBuilder _builder;
        private readonly List<(long Node, long Group)> _differences = [];
        private long _node;
        private long _group = -1;

        public Comparison(BlobId id, Stream stored)
        {
            (_id, _stored) = (id, stored);
            _builder = new BlobTreeBuilder(Compare);
        }

        public void Add(Bytes32 groupValue)
        {
            _group++;
            _builder.Add(groupValue);
        }

        public List<BlobDamage> Finish()
        {
            var dataIsRight = _builder.Finish() == _id.Value;
            var damages = new List<BlobDamage>();
            foreach (var (node, group) in _differences)
            {
                if (dataIsRight)
                {
                    damages.Add(
                        new BlobDamage(_id, "tree", node * BlobTree.NodeBytes, "the node does not have the hash that it should have")
                    );
                }
                else if (group >= 0)
                {
                    damages.Add(
                        new BlobDamage(_id, "data", group * BlobTree.GroupBytes, "the group does not have the hash that the tree says")
                    );
                }
            }
            if (_stored.ReadByte() >= 0)
            {
                damages.Add(new BlobDamage(_id, "tree", _node * BlobTree.NodeBytes, "the file goes on after its last node"));
            }
            if (!dataIsRight && damages.Count == 0)
            {
                damages.Add(new BlobDamage(_id, "data", 0, "the bytes do not have the hash that they should have"));
            }
            return damages;
        }

        private void Compare(Bytes32 computed)
        {
            Span<byte> stored = stackalloc byte[BlobTree.NodeBytes];
            var read = _stored.ReadAtLeast(stored, BlobTree.NodeBytes, throwOnEndOfStream: false);
            // The builder gives a group's own node first, then those of the subtrees which end before the next group.
            var isGroup = _node == BlobTree.NodesBefore(_group);
            if ((read < BlobTree.NodeBytes || new Bytes32(stored) != computed) && _differences.Count < DamagesMax)
            {
                _differences.Add((_node, isGroup ? _group : -1));
            }
            _node++;
        }
    }
}
