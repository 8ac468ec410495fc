using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Marketplace.Crypto;

/// <summary>Sixteen lanes: AVX-512, whose 32 registers hold the whole state of a compression and leave room to work.</summary>
internal readonly unsafe struct Lanes512 : ILanes<Vector512<uint>>
{
    public static bool IsSupported => Avx512F.IsSupported && Vector512.IsHardwareAccelerated;

    public static int Count => 16;

    public static Vector512<uint> All(uint word) => Vector512.Create(word);

    public static Vector512<uint> Load(uint* words) => Vector512.Load(words);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Add(Vector512<uint> left, Vector512<uint> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Xor(Vector512<uint> left, Vector512<uint> right) => left ^ right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> RotateRight16(Vector512<uint> value) => Avx512F.RotateRight(value, 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> RotateRight12(Vector512<uint> value) => Avx512F.RotateRight(value, 12);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> RotateRight8(Vector512<uint> value) => Avx512F.RotateRight(value, 8);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> RotateRight7(Vector512<uint> value) => Avx512F.RotateRight(value, 7);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadBlocks(byte* input, nuint stride, Vector512<uint>* message)
    {
        LoadFour(input, stride, out var a0, out var a1, out var a2, out var a3);
        LoadFour(input + 4 * stride, stride, out var b0, out var b1, out var b2, out var b3);
        LoadFour(input + 8 * stride, stride, out var c0, out var c1, out var c2, out var c3);
        LoadFour(input + 12 * stride, stride, out var d0, out var d1, out var d2, out var d3);
        Spread(a0, b0, c0, d0, message);
        Spread(a1, b1, c1, d1, message + 1);
        Spread(a2, b2, c2, d2, message + 2);
        Spread(a3, b3, c3, d3, message + 3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreChainingValues(Vector512<uint>* words, byte* output)
    {
        // The two halves of the lanes, each an eight by eight transposition, which is what the narrower vectors do.
        Vector256<uint>* half = stackalloc Vector256<uint>[8];
        for (var side = 0; side < 2; side++)
        {
            for (var i = 0; i < 8; i++)
            {
                half[i] = side == 0 ? words[i].GetLower() : words[i].GetUpper();
            }
            Lanes256.StoreChainingValues(half, output + side * 8 * ChainingValue.Size);
        }
    }

    /// <summary>Four rows; on return quarter q of r[i] holds word 4q + i of each of the four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void LoadFour(
        byte* input,
        nuint stride,
        out Vector512<uint> r0,
        out Vector512<uint> r1,
        out Vector512<uint> r2,
        out Vector512<uint> r3
    )
    {
        Vector512<uint> w0 = Load((uint*)input),
            w1 = Load((uint*)(input + stride));
        Vector512<uint> w2 = Load((uint*)(input + 2 * stride)),
            w3 = Load((uint*)(input + 3 * stride));
        Vector512<ulong> low01 = Avx512F.UnpackLow(w0, w1).AsUInt64(),
            high01 = Avx512F.UnpackHigh(w0, w1).AsUInt64();
        Vector512<ulong> low23 = Avx512F.UnpackLow(w2, w3).AsUInt64(),
            high23 = Avx512F.UnpackHigh(w2, w3).AsUInt64();
        (r0, r1) = (Avx512F.UnpackLow(low01, low23).AsUInt32(), Avx512F.UnpackHigh(low01, low23).AsUInt32());
        (r2, r3) = (Avx512F.UnpackLow(high01, high23).AsUInt32(), Avx512F.UnpackHigh(high01, high23).AsUInt32());
    }

    /// <summary>Gathers quarter q of the four groups of rows into to[4q].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Spread(Vector512<uint> a, Vector512<uint> b, Vector512<uint> c, Vector512<uint> d, Vector512<uint>* to)
    {
        Vector512<uint> lowAb = Avx512F.Shuffle4x128(a, b, 0x44),
            highAb = Avx512F.Shuffle4x128(a, b, 0xEE);
        Vector512<uint> lowCd = Avx512F.Shuffle4x128(c, d, 0x44),
            highCd = Avx512F.Shuffle4x128(c, d, 0xEE);
        to[0] = Avx512F.Shuffle4x128(lowAb, lowCd, 0x88);
        to[4] = Avx512F.Shuffle4x128(lowAb, lowCd, 0xDD);
        to[8] = Avx512F.Shuffle4x128(highAb, highCd, 0x88);
        to[12] = Avx512F.Shuffle4x128(highAb, highCd, 0xDD);
    }
}
