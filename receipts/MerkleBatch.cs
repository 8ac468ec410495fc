namespace Marketplace.Receipts;

/// <summary>
/// The Merkle tree over the hashes of a batch, so that one signature serves all of them. Of more than one, the left half has the greatest
/// power of two below their number (the shape of RFC 9162, 2.1). A node is keccak256(0x01 || left || right), of 65 bytes; a leaf is the
/// hash of a struct, of at least 96, so neither can stand for the other. The root of one leaf is the leaf.
/// </summary>
public sealed class MerkleBatch
{
    private const byte NodePrefix = 1;

    // From the leaves to the root. A hash without a neighbour goes up as it is, which gives the shape above.
    private readonly List<Bytes32[]> _levels = [];

    /// <exception cref="ArgumentException">There are no leaves: there is no batch of nothing.</exception>
    public MerkleBatch(ReadOnlySpan<Bytes32> leaves)
    {
        if (leaves.IsEmpty)
        {
            throw new ArgumentException("A batch has at least one leaf.", nameof(leaves));
        }
        _levels.Add(leaves.ToArray());
        while (_levels[^1] is { Length: > 1 } level)
        {
            var above = new Bytes32[(level.Length + 1) / 2];
            for (var index = 0; index < above.Length; index++)
            {
                above[index] = (2 * index) + 1 < level.Length ? Node(level[2 * index], level[(2 * index) + 1]) : level[2 * index];
            }
            _levels.Add(above);
        }
    }

    public Bytes32 Root => _levels[^1][0];

    /// <summary>The way from a leaf to the root.</summary>
    public IReadOnlyList<MerkleStep> PathOf(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, _levels[0].Length);
        var path = new List<MerkleStep>(_levels.Count - 1);
        foreach (var level in _levels)
        {
            if ((index ^ 1) < level.Length)
            {
                path.Add(new MerkleStep(IsLeft: (index & 1) == 1, level[index ^ 1]));
            }
            index >>= 1;
        }
        return path;
    }

    /// <summary>The root that a path leads to.</summary>
    public static Bytes32 RootOf(Bytes32 leaf, IEnumerable<MerkleStep> path)
    {
        var root = leaf;
        foreach (var step in path)
        {
            root = step.IsLeft ? Node(step.Hash, root) : Node(root, step.Hash);
        }
        return root;
    }

    internal static Bytes32 Node(Bytes32 left, Bytes32 right)
    {
        Span<byte> node = stackalloc byte[1 + (2 * Bytes32.Size)];
        node[0] = NodePrefix;
        left.CopyTo(node[1..]);
        right.CopyTo(node[(1 + Bytes32.Size)..]);
        return TypedWords.HashOf(node);
    }
}

/// <summary>One step from a leaf towards the root.</summary>
/// <param name="IsLeft">Whether the other side stands on the left.</param>
/// <param name="Hash">The other side.</param>
public readonly record struct MerkleStep(bool IsLeft, Bytes32 Hash);
