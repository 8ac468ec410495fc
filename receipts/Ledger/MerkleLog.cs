using System.Numerics;

namespace Marketplace.Receipts;

/// <summary>
/// The Merkle tree over a list that only grows, of the shape and with the nodes of <see cref="MerkleBatch"/>: proofs that a leaf is in it,
/// and that an earlier tree is its beginning, by RFC 9162, 2.1.3 and 2.1.4 (https://www.rfc-editor.org/rfc/rfc9162#section-2.1). Pure.
/// </summary>
/// <remarks>
/// Every hash that a proof needs is made of complete subtrees: 2^level leaves from a multiple of 2^level on, whose hashes never change.
/// Who makes proofs keeps those hashes, and asks here which.
/// </remarks>
public static class MerkleLog
{
    /// <summary>What a proof of inclusion consists of: leaves whose hash each of its members is, from the leaf to the root.</summary>
    public static IReadOnlyList<MerkleRange> InclusionRanges(ulong index, ulong size)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, size);
        var ranges = new List<MerkleRange>();
        var part = new MerkleRange(0, size);
        while (part.Count > 1)
        {
            var (left, right) = part.Split();
            var isLeft = index < right.First;
            ranges.Add(isLeft ? right : left);
            part = isLeft ? left : right;
        }
        ranges.Reverse();
        return ranges;
    }

    /// <summary>What a proof consists of that the tree of the first leaves is the beginning of a larger one.</summary>
    public static IReadOnlyList<MerkleRange> ConsistencyRanges(ulong from, ulong to)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(from, to);
        var ranges = new List<MerkleRange>();
        if (from == 0 || from == to)
        {
            return ranges;
        }
        // Whether the part that is left is the earlier tree itself, whose root the verifier has.
        var isWhole = true;
        var part = new MerkleRange(0, to);
        while (part.First + part.Count != from)
        {
            var (left, right) = part.Split();
            var isLeft = from <= right.First;
            ranges.Add(isLeft ? right : left);
            (part, isWhole) = isLeft ? (left, isWhole) : (right, false);
        }
        if (!isWhole)
        {
            ranges.Add(part);
        }
        ranges.Reverse();
        return ranges;
    }

    /// <summary>The complete subtrees of a range, from left to right; the range begins where one of its size may.</summary>
    public static IEnumerable<MerkleSubtree> SubtreesOf(MerkleRange range)
    {
        var (first, left) = (range.First, range.Count);
        while (left > 0)
        {
            var level = BitOperations.Log2(left);
            yield return new MerkleSubtree(level, first >> level);
            first += 1UL << level;
            left -= 1UL << level;
        }
    }

    /// <summary>The hash of a range, of those of its <see cref="SubtreesOf"/>.</summary>
    public static Bytes32 HashOf(IReadOnlyList<Bytes32> subtrees)
    {
        ArgumentNullException.ThrowIfNull(subtrees);
        var hash = subtrees[^1];
        for (var index = subtrees.Count - 2; index >= 0; index--)
        {
            hash = Node(subtrees[index], hash);
        }
        return hash;
    }

    /// <summary>The root that a proof of inclusion leads to (2.1.3.2); null: it is no proof for this place.</summary>
    public static Bytes32? RootOf(Bytes32 leaf, ulong index, ulong size, IReadOnlyList<Bytes32> proof)
    {
        ArgumentNullException.ThrowIfNull(proof);
        if (index >= size || proof.Count > LedgerPolicy.ProofHashesMax)
        {
            return null;
        }
        var (place, last, root) = (index, size - 1, leaf);
        foreach (var hash in proof)
        {
            if (last == 0)
            {
                return null;
            }
            if ((place & 1) == 1 || place == last)
            {
                root = Node(hash, root);
                while ((place & 1) == 0 && place != 0)
                {
                    (place, last) = (place >> 1, last >> 1);
                }
            }
            else
            {
                root = Node(root, hash);
            }
            (place, last) = (place >> 1, last >> 1);
        }
        return last == 0 ? root : null;
    }

    /// <summary>Whether the tree of <paramref name="from"/> leaves is the beginning of that of <paramref name="to"/> (2.1.4.2).</summary>
    public static bool IsBeginning(ulong from, Bytes32 fromRoot, ulong to, Bytes32 toRoot, IReadOnlyList<Bytes32> proof)
    {
        ArgumentNullException.ThrowIfNull(proof);
        if (from > to || proof.Count > LedgerPolicy.ProofHashesMax)
        {
            return false;
        }
        if (from == to || from == 0)
        {
            return proof.Count == 0 && (from == to ? fromRoot == toRoot : fromRoot.IsZero);
        }
        var isWhole = BitOperations.IsPow2(from);
        if (!isWhole && proof.Count == 0)
        {
            return false;
        }
        var (place, last) = (from - 1, to - 1);
        while ((place & 1) == 1)
        {
            (place, last) = (place >> 1, last >> 1);
        }
        var earlier = isWhole ? fromRoot : proof[0];
        var later = earlier;
        foreach (var hash in proof.Skip(isWhole ? 0 : 1))
        {
            if (last == 0)
            {
                return false;
            }
            if ((place & 1) == 1 || place == last)
            {
                (earlier, later) = (Node(hash, earlier), Node(hash, later));
                while ((place & 1) == 0 && place != 0)
                {
                    (place, last) = (place >> 1, last >> 1);
                }
            }
            else
            {
                later = Node(later, hash);
            }
            (place, last) = (place >> 1, last >> 1);
        }
        return last == 0 && earlier == fromRoot && later == toRoot;
    }

    /// <summary>A node of the tree.</summary>
    public static Bytes32 Node(Bytes32 left, Bytes32 right) => MerkleBatch.Node(left, right);
}

/// <summary>Leaves that stand together.</summary>
public readonly record struct MerkleRange(ulong First, ulong Count)
{
    /// <summary>The left half has the greatest power of two below their number.</summary>
    internal (MerkleRange Left, MerkleRange Right) Split()
    {
        var half = 1UL << BitOperations.Log2(Count - 1);
        return (new MerkleRange(First, half), new MerkleRange(First + half, Count - half));
    }
}

/// <summary>The 2^<paramref name="Level"/> leaves from <paramref name="Index"/> × 2^<paramref name="Level"/> on.</summary>
public readonly record struct MerkleSubtree(int Level, ulong Index);

/// <summary>The root of a tree that grows, in memory that does not: one hash for each bit of its size.</summary>
public sealed class MerkleTail
{
    // From the largest subtree to the smallest, which is their order in the tree.
    private readonly List<Bytes32> _subtrees = [];

    public ulong Size { get; private set; }

    /// <summary>Zero where there are no leaves.</summary>
    public Bytes32 Root => _subtrees.Count == 0 ? default : MerkleLog.HashOf(_subtrees);

    public void Add(Bytes32 leaf)
    {
        var hash = leaf;
        for (var size = Size; (size & 1) == 1; size >>= 1)
        {
            hash = MerkleLog.Node(_subtrees[^1], hash);
            _subtrees.RemoveAt(_subtrees.Count - 1);
        }
        _subtrees.Add(hash);
        Size++;
    }
}
