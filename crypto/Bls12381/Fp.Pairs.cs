using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Marketplace.Crypto;

/// <summary>
/// The product in Fp2, column by column for both coefficients at once: three products of limbs instead of four (Karatsuba), and one
/// reduction for each coefficient (<see href="https://eprint.iacr.org/2010/526">Aranha et al., 5.2: lazy reduction</see>). Columns have a
/// sign.
/// </summary>
internal partial struct Fp
{
    /// <summary>(a0 + a1 u) (b0 + b1 u), divided by 2^392; all may be sums of two.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    public static void MultiplyPairs(in Fp a0, in Fp a1, in Fp b0, in Fp b1, out Fp c0, out Fp c1)
    {
        Unsafe.SkipInit(out Fp multiples0);
        Unsafe.SkipInit(out Fp multiples1);
        Unsafe.SkipInit(out Fp t0);
        Unsafe.SkipInit(out Fp t1);
        Add(in a0, in a1, out var sum);
        Triple right;
        Add(in b0, in b1, out var otherSum);
        Carry(in otherSum, out otherSum);
        Shift(in otherSum, out right.Sum);
        Shift(in b0, out right.First);
        Shift(in b1, out right.Second);
        ref var x0 = ref Unsafe.AsRef(in a0._0);
        ref var x1 = ref Unsafe.AsRef(in a1._0);
        ref var xs = ref sum._0;
        ref var y = ref right.First._0;
        ref var m = ref multiples0._0;
        ref var n = ref multiples1._0;
        ref var p = ref MemoryMarshal.GetReference(ShiftedPrime);
        Cross(1, ref x0, ref x1, ref xs, 0, ref y, 0, out var l0, out var h0, out var r0, out var s0);
        var f0 = ClearSigned(out multiples0._0, ref p, l0, h0);
        var g0 = ClearSigned(out multiples1._0, ref p, r0, s0);
        Cross(2, ref x0, ref x1, ref xs, 0, ref y, 1, out var l1, out var h1, out var r1, out var s1);
        var f1 = ClearSigned(out multiples0._1, ref p, l1 + Low1(ref m, 0, ref p, 1) + f0, h1 + High1(ref m, 0, ref p, 1));
        var g1 = ClearSigned(out multiples1._1, ref p, r1 + Low1(ref n, 0, ref p, 1) + g0, s1 + High1(ref n, 0, ref p, 1));
        Cross(3, ref x0, ref x1, ref xs, 0, ref y, 2, out var l2, out var h2, out var r2, out var s2);
        var f2 = ClearSigned(out multiples0._2, ref p, l2 + Low2(ref m, 0, ref p, 2) + f1, h2 + High2(ref m, 0, ref p, 2));
        var g2 = ClearSigned(out multiples1._2, ref p, r2 + Low2(ref n, 0, ref p, 2) + g1, s2 + High2(ref n, 0, ref p, 2));
        Cross(4, ref x0, ref x1, ref xs, 0, ref y, 3, out var l3, out var h3, out var r3, out var s3);
        var f3 = ClearSigned(out multiples0._3, ref p, l3 + Low3(ref m, 0, ref p, 3) + f2, h3 + High3(ref m, 0, ref p, 3));
        var g3 = ClearSigned(out multiples1._3, ref p, r3 + Low3(ref n, 0, ref p, 3) + g2, s3 + High3(ref n, 0, ref p, 3));
        Cross(5, ref x0, ref x1, ref xs, 0, ref y, 4, out var l4, out var h4, out var r4, out var s4);
        var f4 = ClearSigned(out multiples0._4, ref p, l4 + Low4(ref m, 0, ref p, 4) + f3, h4 + High4(ref m, 0, ref p, 4));
        var g4 = ClearSigned(out multiples1._4, ref p, r4 + Low4(ref n, 0, ref p, 4) + g3, s4 + High4(ref n, 0, ref p, 4));
        Cross(6, ref x0, ref x1, ref xs, 0, ref y, 5, out var l5, out var h5, out var r5, out var s5);
        var f5 = ClearSigned(out multiples0._5, ref p, l5 + Low5(ref m, 0, ref p, 5) + f4, h5 + High5(ref m, 0, ref p, 5));
        var g5 = ClearSigned(out multiples1._5, ref p, r5 + Low5(ref n, 0, ref p, 5) + g4, s5 + High5(ref n, 0, ref p, 5));
        Cross(7, ref x0, ref x1, ref xs, 0, ref y, 6, out var l6, out var h6, out var r6, out var s6);
        var f6 = ClearSigned(out multiples0._6, ref p, l6 + Low6(ref m, 0, ref p, 6) + f5, h6 + High6(ref m, 0, ref p, 6));
        var g6 = ClearSigned(out multiples1._6, ref p, r6 + Low6(ref n, 0, ref p, 6) + g5, s6 + High6(ref n, 0, ref p, 6));
        Cross(6, ref x0, ref x1, ref xs, 1, ref y, 6, out var l7, out var h7, out var r7, out var s7);
        var f7 = TakeSigned(out t0._0, l7 + Low6(ref m, 1, ref p, 6) + f6 + P0, h7 + High6(ref m, 1, ref p, 6));
        var g7 = TakeSigned(out t1._0, r7 + Low6(ref n, 1, ref p, 6) + g6, s7 + High6(ref n, 1, ref p, 6));
        Cross(5, ref x0, ref x1, ref xs, 2, ref y, 6, out var l8, out var h8, out var r8, out var s8);
        var f8 = TakeSigned(out t0._1, l8 + Low5(ref m, 2, ref p, 6) + f7 + P1, h8 + High5(ref m, 2, ref p, 6));
        var g8 = TakeSigned(out t1._1, r8 + Low5(ref n, 2, ref p, 6) + g7, s8 + High5(ref n, 2, ref p, 6));
        Cross(4, ref x0, ref x1, ref xs, 3, ref y, 6, out var l9, out var h9, out var r9, out var s9);
        var f9 = TakeSigned(out t0._2, l9 + Low4(ref m, 3, ref p, 6) + f8 + P2, h9 + High4(ref m, 3, ref p, 6));
        var g9 = TakeSigned(out t1._2, r9 + Low4(ref n, 3, ref p, 6) + g8, s9 + High4(ref n, 3, ref p, 6));
        Cross(3, ref x0, ref x1, ref xs, 4, ref y, 6, out var l10, out var h10, out var r10, out var s10);
        var f10 = TakeSigned(out t0._3, l10 + Low3(ref m, 4, ref p, 6) + f9 + P3, h10 + High3(ref m, 4, ref p, 6));
        var g10 = TakeSigned(out t1._3, r10 + Low3(ref n, 4, ref p, 6) + g9, s10 + High3(ref n, 4, ref p, 6));
        Cross(2, ref x0, ref x1, ref xs, 5, ref y, 6, out var l11, out var h11, out var r11, out var s11);
        var f11 = TakeSigned(out t0._4, l11 + Low2(ref m, 5, ref p, 6) + f10 + P4, h11 + High2(ref m, 5, ref p, 6));
        var g11 = TakeSigned(out t1._4, r11 + Low2(ref n, 5, ref p, 6) + g10, s11 + High2(ref n, 5, ref p, 6));
        Cross(1, ref x0, ref x1, ref xs, 6, ref y, 6, out var l12, out var h12, out var r12, out var s12);
        var f12 = TakeSigned(out t0._5, l12 + Low1(ref m, 6, ref p, 6) + f11 + P5, h12 + High1(ref m, 6, ref p, 6));
        var g12 = TakeSigned(out t1._5, r12 + Low1(ref n, 6, ref p, 6) + g11, s12 + High1(ref n, 6, ref p, 6));
        t0._6 = f12 + P6;
        t1._6 = g12;
        c0 = t0;
        c1 = t1;
    }

    /// <summary>Hands on what is over 56 bits, but at the top: limbs are then at most four over 2^56.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Carry(in Fp sum, out Fp carried)
    {
        var t = sum;
        carried._0 = t._0 & Mask;
        carried._1 = (t._1 & Mask) + (t._0 >> LimbBits);
        carried._2 = (t._2 & Mask) + (t._1 >> LimbBits);
        carried._3 = (t._3 & Mask) + (t._2 >> LimbBits);
        carried._4 = (t._4 & Mask) + (t._3 >> LimbBits);
        carried._5 = (t._5 & Mask) + (t._4 >> LimbBits);
        carried._6 = t._6 + (t._5 >> LimbBits);
    }

    /// <summary>A column of a0 b0 - a1 b1, and of (a0 + a1) (b0 + b1) - a0 b0 - a1 b1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Cross(
        int count,
        ref ulong x0,
        ref ulong x1,
        ref ulong xs,
        int i,
        ref ulong y,
        int j,
        out ulong low0,
        out ulong high0,
        out ulong low1,
        out ulong high1
    )
    {
        ulong first = Low(count, ref x0, i, ref y, j),
            second = Low(count, ref x1, i, ref y, LimbCount + j);
        low0 = first - second;
        low1 = Low(count, ref xs, i, ref y, (2 * LimbCount) + j) - first - second;
        ulong firstHigh = High(count, ref x0, i, ref y, j),
            secondHigh = High(count, ref x1, i, ref y, LimbCount + j);
        high0 = firstHigh - secondHigh;
        high1 = High(count, ref xs, i, ref y, (2 * LimbCount) + j) - firstHigh - secondHigh;
    }

    /// <summary>The count is constant where this is called, so one branch stays.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Low(int count, ref ulong x, int i, ref ulong y, int j) =>
        count switch
        {
            1 => Low1(ref x, i, ref y, j),
            2 => Low2(ref x, i, ref y, j),
            3 => Low3(ref x, i, ref y, j),
            4 => Low4(ref x, i, ref y, j),
            5 => Low5(ref x, i, ref y, j),
            6 => Low6(ref x, i, ref y, j),
            _ => Low7(ref x, i, ref y, j),
        };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong High(int count, ref ulong x, int i, ref ulong y, int j) =>
        count switch
        {
            1 => High1(ref x, i, ref y, j),
            2 => High2(ref x, i, ref y, j),
            3 => High3(ref x, i, ref y, j),
            4 => High4(ref x, i, ref y, j),
            5 => High5(ref x, i, ref y, j),
            6 => High6(ref x, i, ref y, j),
            _ => High7(ref x, i, ref y, j),
        };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong ClearSigned(out ulong multiple, ref ulong p, ulong low, ulong high)
    {
        multiple = (low * NegativeInverse) & Mask;
        return (ulong)((long)(low + Low1(ref multiple, 0, ref p, 0)) >> LimbBits) + ((high + High1(ref multiple, 0, ref p, 0)) << 2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong TakeSigned(out ulong limb, ulong low, ulong high)
    {
        limb = low & Mask;
        return (ulong)((long)low >> LimbBits) + (high << 2);
    }

    private struct Triple
    {
        public Fp First,
            Second,
            Sum;
    }
}
