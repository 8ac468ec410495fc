using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Marketplace.Crypto;

/// <summary>
/// The compression function (section 2.2 of the paper) on one block: with the four rows of the state in four vectors where the
/// processor has SSE4.1, else word by word. Both give the same.
/// </summary>
internal static unsafe class Blake3Block
{
    /// <summary>
    /// Replaces <paramref name="value"/> by the first half of the output; <paramref name="rest"/> is the second half. All 64 bytes of
    /// <paramref name="block"/> are read, zero behind <paramref name="length"/>. <paramref name="lanes"/> = 1 asks for the scalar code.
    /// </summary>
    public static void Compress(
        ref ChainingValue value,
        byte* block,
        uint length,
        ulong counter,
        uint flags,
        int lanes,
        out ChainingValue rest
    )
    {
        if (Sse41.IsSupported && lanes > 1)
        {
            CompressRows(ref value, block, length, counter, flags, out rest);
        }
        else
        {
            CompressWords(ref value, block, length, counter, flags, out rest);
        }
    }

    [SkipLocalsInit]
    private static void CompressRows(ref ChainingValue value, byte* block, uint length, ulong counter, uint flags, out ChainingValue rest)
    {
        Vector128<uint> a = value.Low,
            b = value.High;
        var c = Vector128.Create(Blake3Words.Iv0, Blake3Words.Iv1, Blake3Words.Iv2, Blake3Words.Iv3);
        var d = Vector128.Create((uint)counter, (uint)(counter >> 32), length, flags);
        Vector128<uint> m0 = Vector128.Load((uint*)block),
            m1 = Vector128.Load((uint*)block + 4);
        Vector128<uint> m2 = Vector128.Load((uint*)block + 8),
            m3 = Vector128.Load((uint*)block + 12);

        // The first round takes the words in order: even words for the first half step, odd ones for the second.
        var t0 = Pick(m0, m1, 0b10_00_10_00);
        var t1 = Pick(m0, m1, 0b11_01_11_01);
        var t2 = Sse2.Shuffle(Pick(m2, m3, 0b10_00_10_00), 0b10_01_00_11);
        var t3 = Sse2.Shuffle(Pick(m2, m3, 0b11_01_11_01), 0b10_01_00_11);
        Round(ref a, ref b, ref c, ref d, t0, t1, t2, t3);
        for (var round = 1; round < Blake3Words.Rounds; round++)
        {
            (m0, m1, m2, m3) = (t0, t1, t2, t3);
            t0 = Sse2.Shuffle(Pick(m0, m1, 0b11_01_01_10), 0b00_11_10_01);
            t1 = Blend(Sse2.Shuffle(m0, 0b00_00_11_11), Pick(m2, m3, 0b11_11_10_10), 0xCC);
            t2 = Sse2.Shuffle(Blend(Sse2.UnpackLow(m3.AsUInt64(), m1.AsUInt64()).AsUInt32(), m2, 0xC0), 0b01_11_10_00);
            t3 = Sse2.Shuffle(Sse2.UnpackLow(m2, Sse2.UnpackHigh(m1, m3)), 0b00_01_11_10);
            Round(ref a, ref b, ref c, ref d, t0, t1, t2, t3);
        }
        rest = new ChainingValue(c ^ value.Low, d ^ value.High);
        value = new ChainingValue(a ^ c, b ^ d);
    }

    /// <summary>Columns, then diagonals: the diagonals are made columns by turning three rows, and turned back.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(
        ref Vector128<uint> a,
        ref Vector128<uint> b,
        ref Vector128<uint> c,
        ref Vector128<uint> d,
        Vector128<uint> t0,
        Vector128<uint> t1,
        Vector128<uint> t2,
        Vector128<uint> t3
    )
    {
        Mix(ref a, ref b, ref c, ref d, t0, t1);
        a = Sse2.Shuffle(a, 0b10_01_00_11);
        d = Sse2.Shuffle(d, 0b01_00_11_10);
        c = Sse2.Shuffle(c, 0b00_11_10_01);
        Mix(ref a, ref b, ref c, ref d, t2, t3);
        a = Sse2.Shuffle(a, 0b00_11_10_01);
        d = Sse2.Shuffle(d, 0b01_00_11_10);
        c = Sse2.Shuffle(c, 0b10_01_00_11);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Mix(
        ref Vector128<uint> a,
        ref Vector128<uint> b,
        ref Vector128<uint> c,
        ref Vector128<uint> d,
        Vector128<uint> x,
        Vector128<uint> y
    )
    {
        a = a + x + b;
        d = Lanes128.RotateRight16(d ^ a);
        c += d;
        b = Lanes128.RotateRight12(b ^ c);
        a = a + y + b;
        d = Lanes128.RotateRight8(d ^ a);
        c += d;
        b = Lanes128.RotateRight7(b ^ c);
    }

    /// <summary>Two words of <paramref name="left"/> below two words of <paramref name="right"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Pick(Vector128<uint> left, Vector128<uint> right, [ConstantExpected] byte control) =>
        Sse.Shuffle(left.AsSingle(), right.AsSingle(), control).AsUInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Blend(Vector128<uint> left, Vector128<uint> right, [ConstantExpected] byte control) =>
        Sse41.Blend(left.AsUInt16(), right.AsUInt16(), control).AsUInt32();

    [SkipLocalsInit]
    private static void CompressWords(ref ChainingValue value, byte* block, uint length, ulong counter, uint flags, out ChainingValue rest)
    {
        var v = stackalloc uint[16];
        *(ChainingValue*)v = value;
        (v[8], v[9], v[10], v[11]) = (Blake3Words.Iv0, Blake3Words.Iv1, Blake3Words.Iv2, Blake3Words.Iv3);
        (v[12], v[13], v[14], v[15]) = ((uint)counter, (uint)(counter >> 32), length, flags);
        var m = (uint*)block;
        var schedule = Blake3Words.Schedule;
        for (var round = 0; round < Blake3Words.Rounds; round++)
        {
            var s = schedule.Slice(round * 16, 16);
            MixWords(ref v[0], ref v[4], ref v[8], ref v[12], m[s[0]], m[s[1]]);
            MixWords(ref v[1], ref v[5], ref v[9], ref v[13], m[s[2]], m[s[3]]);
            MixWords(ref v[2], ref v[6], ref v[10], ref v[14], m[s[4]], m[s[5]]);
            MixWords(ref v[3], ref v[7], ref v[11], ref v[15], m[s[6]], m[s[7]]);
            MixWords(ref v[0], ref v[5], ref v[10], ref v[15], m[s[8]], m[s[9]]);
            MixWords(ref v[1], ref v[6], ref v[11], ref v[12], m[s[10]], m[s[11]]);
            MixWords(ref v[2], ref v[7], ref v[8], ref v[13], m[s[12]], m[s[13]]);
            MixWords(ref v[3], ref v[4], ref v[9], ref v[14], m[s[14]], m[s[15]]);
        }
        ChainingValue first = ((ChainingValue*)v)[0],
            second = ((ChainingValue*)v)[1];
        rest = new ChainingValue(second.Low ^ value.Low, second.High ^ value.High);
        value = new ChainingValue(first.Low ^ second.Low, first.High ^ second.High);
    }

    private static void MixWords(ref uint a, ref uint b, ref uint c, ref uint d, uint x, uint y)
    {
        a = a + b + x;
        d = BitOperations.RotateRight(d ^ a, 16);
        c += d;
        b = BitOperations.RotateRight(b ^ c, 12);
        a = a + b + y;
        d = BitOperations.RotateRight(d ^ a, 8);
        c += d;
        b = BitOperations.RotateRight(b ^ c, 7);
    }
}
