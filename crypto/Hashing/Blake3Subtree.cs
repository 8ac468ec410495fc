using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Marketplace.Crypto;

/// <summary>
/// The tree above the chunks (section 2.1 of the paper): a left subtree is complete and as large as it can be. Chunks and parents are
/// compressed in as many lanes as there are; the recursion always brings back enough chaining values to fill the lanes above.
/// </summary>
internal static unsafe class Blake3Subtree
{
    private const int LanesMax = 16;

    /// <summary>How many chunks are compressed side by side on this processor: 16, 8, 4, or 1 for the scalar code.</summary>
    public static readonly int LanesDetected =
        !BitConverter.IsLittleEndian ? throw new PlatformNotSupportedException("BLAKE3 here needs a little-endian processor.")
        : Lanes512.IsSupported ? 16
        : Lanes256.IsSupported ? 8
        : Lanes128.IsSupported ? 4
        : 1;

    /// <summary>The node over <paramref name="length"/> bytes, which are more than one chunk, without its last compression.</summary>
    [SkipLocalsInit]
    public static void ToParent(
        byte* input,
        nuint length,
        in ChainingValue key,
        ulong counter,
        uint flags,
        int lanes,
        out Blake3Node parent
    )
    {
        var values = stackalloc byte[2 * LanesMax * ChainingValue.Size];
        var count = Compress(input, length, in key, counter, flags, lanes, values);
        while (count > 2)
        {
            count = CompressParents(values, count, in key, flags, lanes, values);
        }
        Blake3Node.Parent(in key, in *(ChainingValue*)values, in ((ChainingValue*)values)[1], flags, out parent);
    }

    /// <summary>Writes the chaining values of the highest level that still fills the lanes (at least two); returns how many.</summary>
    [SkipLocalsInit]
    private static int Compress(byte* input, nuint length, in ChainingValue key, ulong counter, uint flags, int lanes, byte* output)
    {
        if (length <= (nuint)lanes * Blake3Words.ChunkSize)
        {
            return CompressChunks(input, length, in key, counter, flags, lanes, output);
        }

        var left = LeftLength(length);
        var values = stackalloc byte[2 * LanesMax * ChainingValue.Size];
        var leftCount = Compress(input, left, in key, counter, flags, lanes, values);
        var rightCount = Compress(
            input + left,
            length - left,
            in key,
            counter + left / Blake3Words.ChunkSize,
            flags,
            lanes,
            values + leftCount * ChainingValue.Size
        );
        if (leftCount > 1)
        {
            return CompressParents(values, leftCount + rightCount, in key, flags, lanes, output);
        }

        // A single lane: two children are already as few as may be returned, for only the caller knows whether their parent is the root.
        Unsafe.CopyBlockUnaligned(output, values, 2 * ChainingValue.Size);
        return 2;
    }

    /// <summary>The largest power of two of chunks that leaves at least one byte for the right side.</summary>
    public static nuint LeftLength(nuint length) =>
        (nuint)Blake3Words.ChunkSize << BitOperations.Log2((length - 1) / Blake3Words.ChunkSize);

    private static int CompressChunks(byte* input, nuint length, in ChainingValue key, ulong counter, uint flags, int lanes, byte* output)
    {
        var whole = (int)(length / Blake3Words.ChunkSize);
        HashChunks(input, whole, in key, counter, flags, lanes, output);
        var rest = length % Blake3Words.ChunkSize;
        if (rest == 0)
        {
            return whole;
        }
        Blake3Node.Chunk(input + whole * Blake3Words.ChunkSize, (int)rest, in key, counter + (uint)whole, flags, lanes, out var last);
        last.Finish(lanes, out ((ChainingValue*)output)[whole]);
        return whole + 1;
    }

    /// <summary>
    /// Whole chunks, at most as many as there are lanes. A pass takes the same time for 4, 8 or 16 lanes, and little more than one chunk
    /// alone; so a number between is copied to where the missing chunks may be read (whatever is there), and their values are ignored.
    /// <paramref name="output"/> therefore has room for as many values as there are lanes.
    /// </summary>
    [SkipLocalsInit]
    private static void HashChunks(byte* input, int count, in ChainingValue key, ulong counter, uint flags, int lanes, byte* output)
    {
        var width = Math.Max((int)BitOperations.RoundUpToPowerOf2((uint)count), 4);
        if (count > 1 && count < width && width <= lanes)
        {
            var padded = stackalloc byte[width * Blake3Words.ChunkSize];
            Unsafe.CopyBlockUnaligned(padded, input, (uint)(count * Blake3Words.ChunkSize));
            input = padded;
            count = width;
        }
        HashMany(
            input,
            count,
            Blake3Words.ChunkSize,
            in key,
            counter,
            1,
            flags,
            Blake3Words.ChunkStart,
            Blake3Words.ChunkEnd,
            lanes,
            output
        );
    }

    /// <summary>
    /// Pairs become parents, an odd one out is handed up. Works in place: a parent is written behind what is still to be read.
    /// </summary>
    private static int CompressParents(byte* values, int count, in ChainingValue key, uint flags, int lanes, byte* output)
    {
        var parents = count / 2;
        HashMany(values, parents, Blake3Words.BlockSize, in key, 0, 0, flags | Blake3Words.Parent, 0, 0, lanes, output);
        if (count % 2 == 0)
        {
            return parents;
        }
        ((ChainingValue*)output)[parents] = ((ChainingValue*)values)[count - 1];
        return parents + 1;
    }

    private static void HashMany(
        byte* input,
        int count,
        int size,
        in ChainingValue key,
        ulong counter,
        uint step,
        uint flags,
        uint first,
        uint last,
        int lanes,
        byte* output
    )
    {
        var (blocks, stride) = (size / Blake3Words.BlockSize, (nuint)size);
        while (count > 0)
        {
            int done;
            if (Lanes512.IsSupported && lanes >= 16 && count >= 16)
            {
                done = 16;
                Blake3Kernel<Lanes512, Vector512<uint>>.Hash(input, stride, blocks, in key, counter, step, flags, first, last, output);
            }
            else if (Lanes256.IsSupported && lanes >= 8 && count >= 8)
            {
                done = 8;
                Blake3Kernel<Lanes256, Vector256<uint>>.Hash(input, stride, blocks, in key, counter, step, flags, first, last, output);
            }
            else if (Lanes128.IsSupported && lanes >= 4 && count >= 4)
            {
                done = 4;
                Blake3Kernel<Lanes128, Vector128<uint>>.Hash(input, stride, blocks, in key, counter, step, flags, first, last, output);
            }
            else
            {
                done = 1;
                HashOne(input, blocks, in key, counter, flags, first, last, lanes, output);
            }
            input += done * size;
            output += done * ChainingValue.Size;
            counter += (uint)done * step;
            count -= done;
        }
    }

    private static void HashOne(
        byte* input,
        int blocks,
        in ChainingValue key,
        ulong counter,
        uint flags,
        uint firstFlags,
        uint lastFlags,
        int lanes,
        byte* output
    )
    {
        var value = key;
        for (var block = 0; block < blocks; block++)
        {
            var blockFlags = flags | (block == 0 ? firstFlags : 0) | (block == blocks - 1 ? lastFlags : 0);
            Blake3Block.Compress(
                ref value,
                input + block * Blake3Words.BlockSize,
                Blake3Words.BlockSize,
                counter,
                blockFlags,
                lanes,
                out _
            );
        }
        *(ChainingValue*)output = value;
    }
}
