using System.Buffers.Binary;
using Marketplace.Crypto;

namespace Marketplace.Storage.State;

/// <summary>
/// A program's state as receipts/STATE.md tells it, computed the slow way: a dictionary, and the root by looking at every bit of every
/// path. Shares no code with the tree.
/// </summary>
public sealed class NaiveState
{
    private readonly SortedDictionary<byte[], byte[]> _values;

    public NaiveState()
        : this(new Dictionary<byte[], byte[]>()) { }

    private NaiveState(IDictionary<byte[], byte[]> values) =>
        _values = new SortedDictionary<byte[], byte[]>(
            values,
            Comparer<byte[]>.Create(static (left, right) => left.AsSpan().SequenceCompareTo(right))
        );

    public IReadOnlyDictionary<byte[], byte[]> Values => _values;

    public long Bytes => _values.Sum(static pair => 8L + pair.Key.Length + pair.Value.Length);

    public NaiveState Copy() => new(_values);

    public void Apply(IEnumerable<StateWrite> writes)
    {
        foreach (var write in writes)
        {
            if (write.Value is { } value)
            {
                _values[write.Key.ToArray()] = value.ToArray();
            }
            else
            {
                _values.Remove(write.Key.ToArray());
            }
        }
    }

    public byte[][] Keys(byte[] prefix) => [.. _values.Keys.Where(key => key.AsSpan().StartsWith(prefix))];

    public StateRoot Root()
    {
        var leaves = new List<(byte[] Path, byte[] Hash)>(_values.Count);
        foreach (var (key, value) in _values)
        {
            var path = Hash("marketplace 2026 program state path v1", key);
            var length = new byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(length, value.Length);
            leaves.Add((path, Hash("marketplace 2026 program state leaf v1", [.. path, .. Blake3.Hash(value).ToArray(), .. length])));
        }
        return leaves.Count == 0 ? default : new StateRoot(new Bytes32(Subtree(leaves, 0)));
    }

    private static byte[] Subtree(List<(byte[] Path, byte[] Hash)> leaves, int bit)
    {
        if (leaves.Count == 1)
        {
            return leaves[0].Hash;
        }
        var left = leaves.Where(leaf => !IsSet(leaf.Path, bit)).ToList();
        if (left.Count == 0 || left.Count == leaves.Count)
        {
            return Subtree(leaves, bit + 1);
        }
        var right = leaves.Where(leaf => IsSet(leaf.Path, bit)).ToList();
        return Hash($"marketplace 2026 program state node at bit {bit} v1", [.. Subtree(left, bit + 1), .. Subtree(right, bit + 1)]);
    }

    private static bool IsSet(byte[] path, int bit) => (path[bit / 8] & (0x80 >> (bit % 8))) != 0;

    private static byte[] Hash(string context, byte[] material) => Blake3.DeriveKey(context, material).ToArray();
}
