using System.Buffers.Binary;
using Marketplace.Crypto;

namespace Marketplace.Receipts;

/// <summary>
/// The hashes of the state tree (STATE.md): paths, leaves, nodes, and what a sequence of subtrees hashes to. The one place where they are
/// computed: the store, the proofs and the chunks all call it. Bits of a path count from 0, the highest bit of its first byte.
/// </summary>
public static class StateHashes
{
    /// <summary>Bits of a path.</summary>
    public const int PathBits = 8 * Bytes32.Size;

    private static readonly Blake3Domain PathDomain = new("marketplace 2026 program state path v1");
    private static readonly Blake3Domain LeafDomain = new("marketplace 2026 program state leaf v1");
    private static readonly Blake3Domain[] NodeDomains =
    [
        .. Enumerable.Range(0, PathBits).Select(bit => new Blake3Domain($"marketplace 2026 program state node at bit {bit} v1")),
    ];

    /// <summary>Where a key stands: 32 bytes that its author can choose only by trying.</summary>
    public static Bytes32 Path(ReadOnlySpan<byte> key) => PathDomain.Hash(key);

    /// <summary>The hash of a subtree with one leaf.</summary>
    public static Bytes32 Leaf(in StateLeaf leaf)
    {
        Span<byte> material = stackalloc byte[StateLeaf.Size];
        leaf.Write(material);
        return LeafDomain.Hash(material);
    }

    /// <summary>
    /// The hash of a subtree with leaves on both sides of <paramref name="bit"/>, the first bit in which its paths differ.
    /// </summary>
    public static Bytes32 Node(byte bit, in Bytes32 left, in Bytes32 right)
    {
        Span<byte> material = stackalloc byte[2 * Bytes32.Size];
        left.CopyTo(material);
        right.CopyTo(material[Bytes32.Size..]);
        return NodeDomains[bit].Hash(material);
    }

    /// <summary>
    /// The hash of the subtree that has these subtrees as its parts, in the order of their paths: of two neighbours,
    /// <paramref name="bits"/> has the first bit in which their paths differ.
    /// </summary>
    /// <param name="parts">One or more.</param>
    /// <param name="bits">One less than the parts.</param>
    /// <param name="hash">The hash.</param>
    /// <returns>False where no tree has such parts: two of the nodes would part the same leaves at the same bit.</returns>
    public static bool TryFold(ReadOnlySpan<Bytes32> parts, ReadOnlySpan<byte> bits, out Bytes32 hash)
    {
        if (parts.Length == 0 || bits.Length != parts.Length - 1)
        {
            throw new ArgumentException($"{parts.Length} parts with {bits.Length} bits: one bit stands between two parts.", nameof(bits));
        }
        // Open nodes, from the top of the tree down: their bits grow, so there are at most as many as a path has bits.
        Span<Bytes32> left = stackalloc Bytes32[PathBits];
        Span<byte> open = stackalloc byte[PathBits];
        var depth = 0;
        hash = parts[0];
        for (var index = 0; index < bits.Length; index++)
        {
            var bit = bits[index];
            while (depth > 0 && open[depth - 1] > bit)
            {
                depth--;
                hash = Node(open[depth], in left[depth], in hash);
            }
            if (depth > 0 && open[depth - 1] == bit)
            {
                return false;
            }
            (open[depth], left[depth]) = (bit, hash);
            depth++;
            hash = parts[index + 1];
        }
        while (depth > 0)
        {
            depth--;
            hash = Node(open[depth], in left[depth], in hash);
        }
        return true;
    }
}

/// <summary>What the hash of a leaf binds.</summary>
/// <param name="Path">Of the key.</param>
/// <param name="ValueHash">The BLAKE3 hash of the value, as <c>b3sum</c> prints it.</param>
/// <param name="ValueBytes">Bytes of the value.</param>
public readonly record struct StateLeaf(Bytes32 Path, Bytes32 ValueHash, int ValueBytes)
{
    /// <summary>Bytes of the form: path, hash of the value, its length as u32 LE.</summary>
    public const int Size = (2 * Bytes32.Size) + sizeof(uint);

    public static StateLeaf Of(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) =>
        new(StateHashes.Path(key), Blake3.Hash(value), value.Length);

    internal void Write(Span<byte> destination)
    {
        Path.CopyTo(destination);
        ValueHash.CopyTo(destination[Bytes32.Size..]);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[(2 * Bytes32.Size)..], (uint)ValueBytes);
    }
}

/// <summary>The other side of a node on the way from the root to a path.</summary>
/// <param name="Bit">Where the node parts its leaves.</param>
/// <param name="Hash">Of the side that the path is not on.</param>
public readonly record struct StateSibling(byte Bit, Bytes32 Hash)
{
    /// <summary>Bytes of the form: the bit, then the hash.</summary>
    public const int Size = 1 + Bytes32.Size;
}
