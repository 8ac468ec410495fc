using System.Runtime.CompilerServices;
using System.Text;

namespace Marketplace.Crypto;

/// <summary>
/// BLAKE3 in its three modes (<see href="https://github.com/BLAKE3-team/BLAKE3-specs/blob/master/blake3.pdf">paper</see>), one-shot.
/// Allocates nothing, needs no state, may be called from any thread. For input in pieces see <see cref="Blake3Hasher"/>.
/// </summary>
public static class Blake3
{
    /// <summary>The plain hash: the digits that <c>b3sum</c> prints.</summary>
    public static Bytes32 Hash(ReadOnlySpan<byte> input) => Hash(input, Blake3Words.Iv, 0, Blake3Subtree.LanesDetected);

    /// <summary>The plain hash extended to the length of <paramref name="output"/>; its first 32 bytes are the hash.</summary>
    public static void Hash(ReadOnlySpan<byte> input, Span<byte> output) =>
        Hash(input, Blake3Words.Iv, 0, Blake3Subtree.LanesDetected, output);

    /// <exception cref="ArgumentException"><paramref name="key"/> is not 32 bytes long.</exception>
    public static Bytes32 KeyedHash(ReadOnlySpan<byte> key, ReadOnlySpan<byte> input) =>
        Hash(input, ChainingValue.From(key), Blake3Words.KeyedHash, Blake3Subtree.LanesDetected);

    /// <inheritdoc cref="KeyedHash(ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>
    public static void KeyedHash(ReadOnlySpan<byte> key, ReadOnlySpan<byte> input, Span<byte> output) =>
        Hash(input, ChainingValue.From(key), Blake3Words.KeyedHash, Blake3Subtree.LanesDetected, output);

    /// <summary>
    /// The derive-key mode: a hash of its own for every <paramref name="context"/>, which should be a constant that is used nowhere else.
    /// Where the same context is used often, <see cref="Blake3Domain"/> saves half of the work.
    /// </summary>
    public static Bytes32 DeriveKey(string context, ReadOnlySpan<byte> material) => new Blake3Domain(context).Hash(material);

    /// <inheritdoc cref="DeriveKey(string, ReadOnlySpan{byte})"/>
    public static void DeriveKey(string context, ReadOnlySpan<byte> material, Span<byte> output) =>
        new Blake3Domain(context).Hash(material, output);

    internal static Bytes32 Hash(ReadOnlySpan<byte> input, in ChainingValue key, uint flags, int lanes)
    {
        if (input.Length <= Blake3Words.ChunkSize)
        {
            return HashChunk(input, in key, flags, lanes);
        }
        ToRoot(input, in key, flags, lanes, out var root);
        return root.FinishRoot(lanes);
    }

    internal static void Hash(ReadOnlySpan<byte> input, in ChainingValue key, uint flags, int lanes, Span<byte> output)
    {
        ToRoot(input, in key, flags, lanes, out var root);
        root.FinishRoot(output, lanes);
    }

    internal static ChainingValue ContextKey(string context, int lanes)
    {
        ArgumentNullException.ThrowIfNull(context);
        return ChainingValue.From(Hash(Encoding.UTF8.GetBytes(context), Blake3Words.Iv, Blake3Words.DeriveKeyContext, lanes));
    }

    /// <summary>The way of short input, which is most of it: a node would be copied about more than it is computed.</summary>
    [SkipLocalsInit]
    private static unsafe Bytes32 HashChunk(ReadOnlySpan<byte> input, in ChainingValue key, uint flags, int lanes)
    {
        var value = key;
        flags |= Blake3Words.ChunkStart;
        fixed (byte* start = input)
        {
            var block = start;
            var length = input.Length;
            for (; length > Blake3Words.BlockSize; length -= Blake3Words.BlockSize, block += Blake3Words.BlockSize)
            {
                Blake3Block.Compress(ref value, block, Blake3Words.BlockSize, 0, flags, lanes, out _);
                flags &= ~Blake3Words.ChunkStart;
            }
            flags |= Blake3Words.ChunkEnd | Blake3Words.Root;
            if (length == Blake3Words.BlockSize)
            {
                Blake3Block.Compress(ref value, block, Blake3Words.BlockSize, 0, flags, lanes, out _);
                return value.ToBytes32();
            }
            var last = stackalloc byte[Blake3Words.BlockSize];
            var room = new Span<byte>(last, Blake3Words.BlockSize);
            room.Clear();
            new ReadOnlySpan<byte>(block, length).CopyTo(room);
            Blake3Block.Compress(ref value, last, (uint)length, 0, flags, lanes, out _);
        }
        return value.ToBytes32();
    }

    [SkipLocalsInit]
    private static unsafe void ToRoot(ReadOnlySpan<byte> input, in ChainingValue key, uint flags, int lanes, out Blake3Node root)
    {
        fixed (byte* start = input)
        {
            if (input.Length <= Blake3Words.ChunkSize)
            {
                Blake3Node.Chunk(start, input.Length, in key, 0, flags, lanes, out root);
            }
            else
            {
                Blake3Subtree.ToParent(start, (nuint)input.Length, in key, 0, flags, lanes, out root);
            }
        }
    }
}
