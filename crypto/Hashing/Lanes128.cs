using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Marketplace.Crypto;

/// <summary>Four lanes: any processor with 128-bit vectors, x64 or Arm.</summary>
internal readonly unsafe struct Lanes128 : ILanes<Vector128<uint>>
{
    public static bool IsSupported => Sse2.IsSupported || AdvSimd.Arm64.IsSupported;

    public static int Count => 4;

    public static Vector128<uint> All(uint word) => Vector128.Create(word);

    public static Vector128<uint> Load(uint* words) => Vector128.Load(words);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<uint> Add(Vector128<uint> left, Vector128<uint> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<uint> Xor(Vector128<uint> left, Vector128<uint> right) => left ^ right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<uint> RotateRight16(Vector128<uint> value)
    {
        if (Avx512F.VL.IsSupported)
        {
            return Avx512F.VL.RotateRight(value, 16);
        }
        if (Ssse3.IsSupported)
        {
            return Ssse3.Shuffle(value.AsByte(), Vector128.Create((byte)2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13)).AsUInt32();
        }
        return (value >>> 16) | (value << 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<uint> RotateRight12(Vector128<uint> value) =>
        Avx512F.VL.IsSupported ? Avx512F.VL.RotateRight(value, 12) : (value >>> 12) | (value << 20);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<uint> RotateRight8(Vector128<uint> value)
    {
        if (Avx512F.VL.IsSupported)
        {
            return Avx512F.VL.RotateRight(value, 8);
        }
        if (Ssse3.IsSupported)
        {
            return Ssse3.Shuffle(value.AsByte(), Vector128.Create((byte)1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12)).AsUInt32();
        }
        return (value >>> 8) | (value << 24);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<uint> RotateRight7(Vector128<uint> value) =>
        Avx512F.VL.IsSupported ? Avx512F.VL.RotateRight(value, 7) : (value >>> 7) | (value << 25);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadBlocks(byte* input, nuint stride, Vector128<uint>* message)
    {
        for (var quarter = 0; quarter < 4; quarter++)
        {
            var at = input + quarter * 16;
            Vector128<uint> r0 = Load((uint*)at),
                r1 = Load((uint*)(at + stride));
            Vector128<uint> r2 = Load((uint*)(at + 2 * stride)),
                r3 = Load((uint*)(at + 3 * stride));
            Transpose(ref r0, ref r1, ref r2, ref r3);
            var to = message + quarter * 4;
            (to[0], to[1], to[2], to[3]) = (r0, r1, r2, r3);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreChainingValues(Vector128<uint>* words, byte* output)
    {
        for (var half = 0; half < 2; half++)
        {
            var from = words + half * 4;
            Vector128<uint> r0 = from[0],
                r1 = from[1],
                r2 = from[2],
                r3 = from[3];
            Transpose(ref r0, ref r1, ref r2, ref r3);
            var to = (Vector128<uint>*)output + half;
            (to[0], to[2], to[4], to[6]) = (r0, r1, r2, r3);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(ref Vector128<uint> r0, ref Vector128<uint> r1, ref Vector128<uint> r2, ref Vector128<uint> r3)
    {
        Vector128<ulong> low01,
            high01,
            low23,
            high23;
        if (Sse2.IsSupported)
        {
            (low01, high01) = (Sse2.UnpackLow(r0, r1).AsUInt64(), Sse2.UnpackHigh(r0, r1).AsUInt64());
            (low23, high23) = (Sse2.UnpackLow(r2, r3).AsUInt64(), Sse2.UnpackHigh(r2, r3).AsUInt64());
            (r0, r1) = (Sse2.UnpackLow(low01, low23).AsUInt32(), Sse2.UnpackHigh(low01, low23).AsUInt32());
            (r2, r3) = (Sse2.UnpackLow(high01, high23).AsUInt32(), Sse2.UnpackHigh(high01, high23).AsUInt32());
            return;
        }
        (low01, high01) = (AdvSimd.Arm64.ZipLow(r0, r1).AsUInt64(), AdvSimd.Arm64.ZipHigh(r0, r1).AsUInt64());
        (low23, high23) = (AdvSimd.Arm64.ZipLow(r2, r3).AsUInt64(), AdvSimd.Arm64.ZipHigh(r2, r3).AsUInt64());
        (r0, r1) = (AdvSimd.Arm64.ZipLow(low01, low23).AsUInt32(), AdvSimd.Arm64.ZipHigh(low01, low23).AsUInt32());
        (r2, r3) = (AdvSimd.Arm64.ZipLow(high01, high23).AsUInt32(), AdvSimd.Arm64.ZipHigh(high01, high23).AsUInt32());
    }
}
