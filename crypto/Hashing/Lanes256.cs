using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Marketplace.Crypto;

/// <summary>Eight lanes: AVX2.</summary>
internal readonly unsafe struct Lanes256 : ILanes<Vector256<uint>>
{
    public static bool IsSupported => Avx2.IsSupported;

    public static int Count => 8;

    public static Vector256<uint> All(uint word) => Vector256.Create(word);

    public static Vector256<uint> Load(uint* words) => Vector256.Load(words);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Add(Vector256<uint> left, Vector256<uint> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Xor(Vector256<uint> left, Vector256<uint> right) => left ^ right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> RotateRight16(Vector256<uint> value) =>
        Avx512F.VL.IsSupported
            ? Avx512F.VL.RotateRight(value, 16)
            : Avx2.Shuffle(
                    value.AsByte(),
                    Vector256.Create(
                        (byte)2,
                        3,
                        0,
                        1,
                        6,
                        7,
                        4,
                        5,
                        10,
                        11,
                        8,
                        9,
                        14,
                        15,
                        12,
                        13,
                        2,
                        3,
                        0,
                        1,
                        6,
                        7,
                        4,
                        5,
                        10,
                        11,
                        8,
                        9,
                        14,
                        15,
                        12,
                        13
                    )
                )
                .AsUInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> RotateRight12(Vector256<uint> value) =>
        Avx512F.VL.IsSupported ? Avx512F.VL.RotateRight(value, 12) : (value >>> 12) | (value << 20);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> RotateRight8(Vector256<uint> value) =>
        Avx512F.VL.IsSupported
            ? Avx512F.VL.RotateRight(value, 8)
            : Avx2.Shuffle(
                    value.AsByte(),
                    Vector256.Create(
                        (byte)1,
                        2,
                        3,
                        0,
                        5,
                        6,
                        7,
                        4,
                        9,
                        10,
                        11,
                        8,
                        13,
                        14,
                        15,
                        12,
                        1,
                        2,
                        3,
                        0,
                        5,
                        6,
                        7,
                        4,
                        9,
                        10,
                        11,
                        8,
                        13,
                        14,
                        15,
                        12
                    )
                )
                .AsUInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> RotateRight7(Vector256<uint> value) =>
        Avx512F.VL.IsSupported ? Avx512F.VL.RotateRight(value, 7) : (value >>> 7) | (value << 25);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadBlocks(byte* input, nuint stride, Vector256<uint>* message)
    {
        for (var half = 0; half < 2; half++)
        {
            var at = input + half * 32;
            Vector256<uint> r0 = Load((uint*)at),
                r1 = Load((uint*)(at + stride));
            Vector256<uint> r2 = Load((uint*)(at + 2 * stride)),
                r3 = Load((uint*)(at + 3 * stride));
            Vector256<uint> r4 = Load((uint*)(at + 4 * stride)),
                r5 = Load((uint*)(at + 5 * stride));
            Vector256<uint> r6 = Load((uint*)(at + 6 * stride)),
                r7 = Load((uint*)(at + 7 * stride));
            Transpose(ref r0, ref r1, ref r2, ref r3, ref r4, ref r5, ref r6, ref r7);
            var to = message + half * 8;
            (to[0], to[1], to[2], to[3]) = (r0, r1, r2, r3);
            (to[4], to[5], to[6], to[7]) = (r4, r5, r6, r7);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreChainingValues(Vector256<uint>* words, byte* output)
    {
        Vector256<uint> r0 = words[0],
            r1 = words[1],
            r2 = words[2],
            r3 = words[3];
        Vector256<uint> r4 = words[4],
            r5 = words[5],
            r6 = words[6],
            r7 = words[7];
        Transpose(ref r0, ref r1, ref r2, ref r3, ref r4, ref r5, ref r6, ref r7);
        var to = (Vector256<uint>*)output;
        (to[0], to[1], to[2], to[3]) = (r0, r1, r2, r3);
        (to[4], to[5], to[6], to[7]) = (r4, r5, r6, r7);
    }

    /// <summary>Four by four inside the 128-bit halves, then the halves change places across the two groups of rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(
        ref Vector256<uint> r0,
        ref Vector256<uint> r1,
        ref Vector256<uint> r2,
        ref Vector256<uint> r3,
        ref Vector256<uint> r4,
        ref Vector256<uint> r5,
        ref Vector256<uint> r6,
        ref Vector256<uint> r7
    )
    {
        TransposeHalves(ref r0, ref r1, ref r2, ref r3);
        TransposeHalves(ref r4, ref r5, ref r6, ref r7);
        (r0, r4) = (Avx2.Permute2x128(r0, r4, 0x20), Avx2.Permute2x128(r0, r4, 0x31));
        (r1, r5) = (Avx2.Permute2x128(r1, r5, 0x20), Avx2.Permute2x128(r1, r5, 0x31));
        (r2, r6) = (Avx2.Permute2x128(r2, r6, 0x20), Avx2.Permute2x128(r2, r6, 0x31));
        (r3, r7) = (Avx2.Permute2x128(r3, r7, 0x20), Avx2.Permute2x128(r3, r7, 0x31));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TransposeHalves(ref Vector256<uint> r0, ref Vector256<uint> r1, ref Vector256<uint> r2, ref Vector256<uint> r3)
    {
        Vector256<ulong> low01 = Avx2.UnpackLow(r0, r1).AsUInt64(),
            high01 = Avx2.UnpackHigh(r0, r1).AsUInt64();
        Vector256<ulong> low23 = Avx2.UnpackLow(r2, r3).AsUInt64(),
            high23 = Avx2.UnpackHigh(r2, r3).AsUInt64();
        (r0, r1) = (Avx2.UnpackLow(low01, low23).AsUInt32(), Avx2.UnpackHigh(low01, low23).AsUInt32());
        (r2, r3) = (Avx2.UnpackLow(high01, high23).AsUInt32(), Avx2.UnpackHigh(high01, high23).AsUInt32());
    }
}
