using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Marketplace.Crypto;

/// <summary>
/// Products. They are summed column by column, each as the low 58 bits and what is above: one factor has its limbs shifted by six, so the
/// high word of a product of limbs counts 2^58, that is four of the next column, and no carry is looked for between additions.
/// </summary>
internal partial struct Fp
{
    private const int ColumnShift = 6;

    /// <summary>-1/p modulo 2^56.</summary>
    public const ulong NegativeInverse = 0xf3fffcfffcfffd;

    /// <summary>
    /// The limbs of 16p: each gets the four bits that the one below hands on, gives away its own, and has then borrowed 3 * 2^56 from the
    /// one above.
    /// </summary>
    private const ulong Borrowed = 3UL << LimbBits,
        P0Times16 = ((P0 << 4) & Mask) + Borrowed,
        P1Times16 = (((P1 << 4) & Mask) | (P0 >> (LimbBits - 4))) + Borrowed - 3,
        P2Times16 = (((P2 << 4) & Mask) | (P1 >> (LimbBits - 4))) + Borrowed - 3,
        P3Times16 = (((P3 << 4) & Mask) | (P2 >> (LimbBits - 4))) + Borrowed - 3,
        P4Times16 = (((P4 << 4) & Mask) | (P3 >> (LimbBits - 4))) + Borrowed - 3,
        P5Times16 = (((P5 << 4) & Mask) | (P4 >> (LimbBits - 4))) + Borrowed - 3,
        P6Times16 = ((P6 << 4) | (P5 >> (LimbBits - 4))) - 3;

    /// <summary>The limbs of p, shifted.</summary>
    private static ReadOnlySpan<ulong> ShiftedPrime =>
        [
            P0 << ColumnShift,
            P1 << ColumnShift,
            P2 << ColumnShift,
            P3 << ColumnShift,
            P4 << ColumnShift,
            P5 << ColumnShift,
            P6 << ColumnShift,
        ];

    /// <summary>left * right / 2^392. The first factor may be a sum of four, the second a sum of two.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    public static void Multiply(in Fp left, in Fp right, out Fp product)
    {
        Unsafe.SkipInit(out Fp multiples);
        Shift(in right, out var shifted);
        ref var x = ref Unsafe.AsRef(in left._0);
        ref var y = ref shifted._0;
        ref var m = ref multiples._0;
        ref var p = ref MemoryMarshal.GetReference(ShiftedPrime);
        var l0 = Low1(ref x, 0, ref y, 0);
        var h0 = High1(ref x, 0, ref y, 0);
        var c0 = Clear(out multiples._0, ref p, l0, h0);
        var l1 = Low2(ref x, 0, ref y, 1) + Low1(ref m, 0, ref p, 1) + c0;
        var h1 = High2(ref x, 0, ref y, 1) + High1(ref m, 0, ref p, 1);
        var c1 = Clear(out multiples._1, ref p, l1, h1);
        var l2 = Low3(ref x, 0, ref y, 2) + Low2(ref m, 0, ref p, 2) + c1;
        var h2 = High3(ref x, 0, ref y, 2) + High2(ref m, 0, ref p, 2);
        var c2 = Clear(out multiples._2, ref p, l2, h2);
        var l3 = Low4(ref x, 0, ref y, 3) + Low3(ref m, 0, ref p, 3) + c2;
        var h3 = High4(ref x, 0, ref y, 3) + High3(ref m, 0, ref p, 3);
        var c3 = Clear(out multiples._3, ref p, l3, h3);
        var l4 = Low5(ref x, 0, ref y, 4) + Low4(ref m, 0, ref p, 4) + c3;
        var h4 = High5(ref x, 0, ref y, 4) + High4(ref m, 0, ref p, 4);
        var c4 = Clear(out multiples._4, ref p, l4, h4);
        var l5 = Low6(ref x, 0, ref y, 5) + Low5(ref m, 0, ref p, 5) + c4;
        var h5 = High6(ref x, 0, ref y, 5) + High5(ref m, 0, ref p, 5);
        var c5 = Clear(out multiples._5, ref p, l5, h5);
        var l6 = Low7(ref x, 0, ref y, 6) + Low6(ref m, 0, ref p, 6) + c5;
        var h6 = High7(ref x, 0, ref y, 6) + High6(ref m, 0, ref p, 6);
        var c6 = Clear(out multiples._6, ref p, l6, h6);
        var l7 = Low6(ref x, 1, ref y, 6) + Low6(ref m, 1, ref p, 6) + c6;
        var h7 = High6(ref x, 1, ref y, 6) + High6(ref m, 1, ref p, 6);
        var c7 = Take(out product._0, l7, h7);
        var l8 = Low5(ref x, 2, ref y, 6) + Low5(ref m, 2, ref p, 6) + c7;
        var h8 = High5(ref x, 2, ref y, 6) + High5(ref m, 2, ref p, 6);
        var c8 = Take(out product._1, l8, h8);
        var l9 = Low4(ref x, 3, ref y, 6) + Low4(ref m, 3, ref p, 6) + c8;
        var h9 = High4(ref x, 3, ref y, 6) + High4(ref m, 3, ref p, 6);
        var c9 = Take(out product._2, l9, h9);
        var l10 = Low3(ref x, 4, ref y, 6) + Low3(ref m, 4, ref p, 6) + c9;
        var h10 = High3(ref x, 4, ref y, 6) + High3(ref m, 4, ref p, 6);
        var c10 = Take(out product._3, l10, h10);
        var l11 = Low2(ref x, 5, ref y, 6) + Low2(ref m, 5, ref p, 6) + c10;
        var h11 = High2(ref x, 5, ref y, 6) + High2(ref m, 5, ref p, 6);
        var c11 = Take(out product._4, l11, h11);
        var l12 = Low1(ref x, 6, ref y, 6) + Low1(ref m, 6, ref p, 6) + c11;
        var h12 = High1(ref x, 6, ref y, 6) + High1(ref m, 6, ref p, 6);
        var c12 = Take(out product._5, l12, h12);
        product._6 = c12;
    }

    /// <summary>value² / 2^392, with each product of two different limbs once. The value may be a sum of two.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    public static void Square(in Fp value, out Fp square)
    {
        Unsafe.SkipInit(out Fp multiples);
        Shift(in value, out var shifted);
        Add(in value, in value, out var twice);
        ref var x = ref Unsafe.AsRef(in value._0);
        ref var t = ref twice._0;
        ref var y = ref shifted._0;
        ref var m = ref multiples._0;
        ref var p = ref MemoryMarshal.GetReference(ShiftedPrime);
        var l0 = Low1(ref x, 0, ref y, 0);
        var h0 = High1(ref x, 0, ref y, 0);
        var c0 = Clear(out multiples._0, ref p, l0, h0);
        var l1 = Low1(ref t, 0, ref y, 1) + Low1(ref m, 0, ref p, 1) + c0;
        var h1 = High1(ref t, 0, ref y, 1) + High1(ref m, 0, ref p, 1);
        var c1 = Clear(out multiples._1, ref p, l1, h1);
        var l2 = Low1(ref t, 0, ref y, 2) + Low1(ref x, 1, ref y, 1) + Low2(ref m, 0, ref p, 2) + c1;
        var h2 = High1(ref t, 0, ref y, 2) + High1(ref x, 1, ref y, 1) + High2(ref m, 0, ref p, 2);
        var c2 = Clear(out multiples._2, ref p, l2, h2);
        var l3 = Low2(ref t, 0, ref y, 3) + Low3(ref m, 0, ref p, 3) + c2;
        var h3 = High2(ref t, 0, ref y, 3) + High3(ref m, 0, ref p, 3);
        var c3 = Clear(out multiples._3, ref p, l3, h3);
        var l4 = Low2(ref t, 0, ref y, 4) + Low1(ref x, 2, ref y, 2) + Low4(ref m, 0, ref p, 4) + c3;
        var h4 = High2(ref t, 0, ref y, 4) + High1(ref x, 2, ref y, 2) + High4(ref m, 0, ref p, 4);
        var c4 = Clear(out multiples._4, ref p, l4, h4);
        var l5 = Low3(ref t, 0, ref y, 5) + Low5(ref m, 0, ref p, 5) + c4;
        var h5 = High3(ref t, 0, ref y, 5) + High5(ref m, 0, ref p, 5);
        var c5 = Clear(out multiples._5, ref p, l5, h5);
        var l6 = Low3(ref t, 0, ref y, 6) + Low1(ref x, 3, ref y, 3) + Low6(ref m, 0, ref p, 6) + c5;
        var h6 = High3(ref t, 0, ref y, 6) + High1(ref x, 3, ref y, 3) + High6(ref m, 0, ref p, 6);
        var c6 = Clear(out multiples._6, ref p, l6, h6);
        var l7 = Low3(ref t, 1, ref y, 6) + Low6(ref m, 1, ref p, 6) + c6;
        var h7 = High3(ref t, 1, ref y, 6) + High6(ref m, 1, ref p, 6);
        var c7 = Take(out square._0, l7, h7);
        var l8 = Low2(ref t, 2, ref y, 6) + Low1(ref x, 4, ref y, 4) + Low5(ref m, 2, ref p, 6) + c7;
        var h8 = High2(ref t, 2, ref y, 6) + High1(ref x, 4, ref y, 4) + High5(ref m, 2, ref p, 6);
        var c8 = Take(out square._1, l8, h8);
        var l9 = Low2(ref t, 3, ref y, 6) + Low4(ref m, 3, ref p, 6) + c8;
        var h9 = High2(ref t, 3, ref y, 6) + High4(ref m, 3, ref p, 6);
        var c9 = Take(out square._2, l9, h9);
        var l10 = Low1(ref t, 4, ref y, 6) + Low1(ref x, 5, ref y, 5) + Low3(ref m, 4, ref p, 6) + c9;
        var h10 = High1(ref t, 4, ref y, 6) + High1(ref x, 5, ref y, 5) + High3(ref m, 4, ref p, 6);
        var c10 = Take(out square._3, l10, h10);
        var l11 = Low1(ref t, 5, ref y, 6) + Low2(ref m, 5, ref p, 6) + c10;
        var h11 = High1(ref t, 5, ref y, 6) + High2(ref m, 5, ref p, 6);
        var c11 = Take(out square._4, l11, h11);
        var l12 = Low1(ref x, 6, ref y, 6) + Low1(ref m, 6, ref p, 6) + c11;
        var h12 = High1(ref x, 6, ref y, 6) + High1(ref m, 6, ref p, 6);
        var c12 = Take(out square._5, l12, h12);
        square._6 = c12;
    }

    /// <summary>a * b + c * d, divided by 2^392; all may be sums of two.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    public static void SumOfProducts(in Fp a, in Fp b, in Fp c, in Fp d, out Fp sum)
    {
        Shift(in b, out var shiftedB);
        Shift(in d, out var shiftedD);
        SumOfShifted(in a, in shiftedB, in c, in shiftedD, out sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    private static void SumOfShifted(in Fp a, in Fp shiftedB, in Fp c, in Fp shiftedD, out Fp sum)
    {
        Unsafe.SkipInit(out Fp multiples);
        ref var x = ref Unsafe.AsRef(in a._0);
        ref var y = ref Unsafe.AsRef(in shiftedB._0);
        ref var u = ref Unsafe.AsRef(in c._0);
        ref var v = ref Unsafe.AsRef(in shiftedD._0);
        ref var m = ref multiples._0;
        ref var p = ref MemoryMarshal.GetReference(ShiftedPrime);
        var l0 = Low1(ref x, 0, ref y, 0) + Low1(ref u, 0, ref v, 0);
        var h0 = High1(ref x, 0, ref y, 0) + High1(ref u, 0, ref v, 0);
        var c0 = Clear(out multiples._0, ref p, l0, h0);
        var l1 = Low2(ref x, 0, ref y, 1) + Low2(ref u, 0, ref v, 1) + Low1(ref m, 0, ref p, 1) + c0;
        var h1 = High2(ref x, 0, ref y, 1) + High2(ref u, 0, ref v, 1) + High1(ref m, 0, ref p, 1);
        var c1 = Clear(out multiples._1, ref p, l1, h1);
        var l2 = Low3(ref x, 0, ref y, 2) + Low3(ref u, 0, ref v, 2) + Low2(ref m, 0, ref p, 2) + c1;
        var h2 = High3(ref x, 0, ref y, 2) + High3(ref u, 0, ref v, 2) + High2(ref m, 0, ref p, 2);
        var c2 = Clear(out multiples._2, ref p, l2, h2);
        var l3 = Low4(ref x, 0, ref y, 3) + Low4(ref u, 0, ref v, 3) + Low3(ref m, 0, ref p, 3) + c2;
        var h3 = High4(ref x, 0, ref y, 3) + High4(ref u, 0, ref v, 3) + High3(ref m, 0, ref p, 3);
        var c3 = Clear(out multiples._3, ref p, l3, h3);
        var l4 = Low5(ref x, 0, ref y, 4) + Low5(ref u, 0, ref v, 4) + Low4(ref m, 0, ref p, 4) + c3;
        var h4 = High5(ref x, 0, ref y, 4) + High5(ref u, 0, ref v, 4) + High4(ref m, 0, ref p, 4);
        var c4 = Clear(out multiples._4, ref p, l4, h4);
        var l5 = Low6(ref x, 0, ref y, 5) + Low6(ref u, 0, ref v, 5) + Low5(ref m, 0, ref p, 5) + c4;
        var h5 = High6(ref x, 0, ref y, 5) + High6(ref u, 0, ref v, 5) + High5(ref m, 0, ref p, 5);
        var c5 = Clear(out multiples._5, ref p, l5, h5);
        var l6 = Low7(ref x, 0, ref y, 6) + Low7(ref u, 0, ref v, 6) + Low6(ref m, 0, ref p, 6) + c5;
        var h6 = High7(ref x, 0, ref y, 6) + High7(ref u, 0, ref v, 6) + High6(ref m, 0, ref p, 6);
        var c6 = Clear(out multiples._6, ref p, l6, h6);
        var l7 = Low6(ref x, 1, ref y, 6) + Low6(ref u, 1, ref v, 6) + Low6(ref m, 1, ref p, 6) + c6;
        var h7 = High6(ref x, 1, ref y, 6) + High6(ref u, 1, ref v, 6) + High6(ref m, 1, ref p, 6);
        var c7 = Take(out sum._0, l7, h7);
        var l8 = Low5(ref x, 2, ref y, 6) + Low5(ref u, 2, ref v, 6) + Low5(ref m, 2, ref p, 6) + c7;
        var h8 = High5(ref x, 2, ref y, 6) + High5(ref u, 2, ref v, 6) + High5(ref m, 2, ref p, 6);
        var c8 = Take(out sum._1, l8, h8);
        var l9 = Low4(ref x, 3, ref y, 6) + Low4(ref u, 3, ref v, 6) + Low4(ref m, 3, ref p, 6) + c8;
        var h9 = High4(ref x, 3, ref y, 6) + High4(ref u, 3, ref v, 6) + High4(ref m, 3, ref p, 6);
        var c9 = Take(out sum._2, l9, h9);
        var l10 = Low3(ref x, 4, ref y, 6) + Low3(ref u, 4, ref v, 6) + Low3(ref m, 4, ref p, 6) + c9;
        var h10 = High3(ref x, 4, ref y, 6) + High3(ref u, 4, ref v, 6) + High3(ref m, 4, ref p, 6);
        var c10 = Take(out sum._3, l10, h10);
        var l11 = Low2(ref x, 5, ref y, 6) + Low2(ref u, 5, ref v, 6) + Low2(ref m, 5, ref p, 6) + c10;
        var h11 = High2(ref x, 5, ref y, 6) + High2(ref u, 5, ref v, 6) + High2(ref m, 5, ref p, 6);
        var c11 = Take(out sum._4, l11, h11);
        var l12 = Low1(ref x, 6, ref y, 6) + Low1(ref u, 6, ref v, 6) + Low1(ref m, 6, ref p, 6) + c11;
        var h12 = High1(ref x, 6, ref y, 6) + High1(ref u, 6, ref v, 6) + High1(ref m, 6, ref p, 6);
        var c12 = Take(out sum._5, l12, h12);
        sum._6 = c12;
    }

    /// <summary>
    /// left - right + 16p, carried: for a factor of one product. The right side may be a sum of two, and the left one; the result is below
    /// 22p.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SubtractForProduct(in Fp left, in Fp right, out Fp difference)
    {
        Fp t;
        t._0 = left._0 + P0Times16 - right._0;
        t._1 = left._1 + P1Times16 - right._1;
        t._2 = left._2 + P2Times16 - right._2;
        t._3 = left._3 + P3Times16 - right._3;
        t._4 = left._4 + P4Times16 - right._4;
        t._5 = left._5 + P5Times16 - right._5;
        t._6 = left._6 + P6Times16 - right._6;
        Carry(in t, out difference);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Shift(in Fp value, out Fp shifted)
    {
        shifted._0 = value._0 << ColumnShift;
        shifted._1 = value._1 << ColumnShift;
        shifted._2 = value._2 << ColumnShift;
        shifted._3 = value._3 << ColumnShift;
        shifted._4 = value._4 << ColumnShift;
        shifted._5 = value._5 << ColumnShift;
        shifted._6 = value._6 << ColumnShift;
    }

    /// <summary>Makes a column a multiple of 2^56 by a multiple of p.</summary>
    /// <returns>What the next column gets.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Clear(out ulong multiple, ref ulong p, ulong low, ulong high)
    {
        multiple = (low * NegativeInverse) & Mask;
        return ((low + Low1(ref multiple, 0, ref p, 0)) >> LimbBits) + ((high + High1(ref multiple, 0, ref p, 0)) << 2);
    }

    /// <summary>Ends a column.</summary>
    /// <returns>What the next column gets.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Take(out ulong limb, ulong low, ulong high)
    {
        limb = low & Mask;
        return (low >> LimbBits) + (high << 2);
    }

    /// <summary>The low bits of x[i] * y[j]; the others of x[i] * y[j] + x[i + 1] * y[j - 1] and so on, as many as the names say.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Low1(ref ulong x, int i, ref ulong y, int j) => (Unsafe.Add(ref x, i) * Unsafe.Add(ref y, j)) >> ColumnShift;

    /// <summary>
    /// The high words. They come by an instruction of their own: what the compiler makes of Math.BigMul goes through memory and takes four
    /// times as long.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong High1(ref ulong x, int i, ref ulong y, int j) =>
        Bmi2.X64.IsSupported
            ? Bmi2.X64.MultiplyNoFlags(Unsafe.Add(ref x, i), Unsafe.Add(ref y, j))
            : Math.BigMul(Unsafe.Add(ref x, i), Unsafe.Add(ref y, j), out _);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Low2(ref ulong x, int i, ref ulong y, int j) => Low1(ref x, i, ref y, j) + Low1(ref x, i + 1, ref y, j - 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong High2(ref ulong x, int i, ref ulong y, int j) => High1(ref x, i, ref y, j) + High1(ref x, i + 1, ref y, j - 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Low3(ref ulong x, int i, ref ulong y, int j) => Low2(ref x, i, ref y, j) + Low1(ref x, i + 2, ref y, j - 2);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong High3(ref ulong x, int i, ref ulong y, int j) => High2(ref x, i, ref y, j) + High1(ref x, i + 2, ref y, j - 2);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Low4(ref ulong x, int i, ref ulong y, int j) => Low3(ref x, i, ref y, j) + Low1(ref x, i + 3, ref y, j - 3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong High4(ref ulong x, int i, ref ulong y, int j) => High3(ref x, i, ref y, j) + High1(ref x, i + 3, ref y, j - 3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Low5(ref ulong x, int i, ref ulong y, int j) => Low4(ref x, i, ref y, j) + Low1(ref x, i + 4, ref y, j - 4);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong High5(ref ulong x, int i, ref ulong y, int j) => High4(ref x, i, ref y, j) + High1(ref x, i + 4, ref y, j - 4);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Low6(ref ulong x, int i, ref ulong y, int j) => Low5(ref x, i, ref y, j) + Low1(ref x, i + 5, ref y, j - 5);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong High6(ref ulong x, int i, ref ulong y, int j) => High5(ref x, i, ref y, j) + High1(ref x, i + 5, ref y, j - 5);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Low7(ref ulong x, int i, ref ulong y, int j) => Low6(ref x, i, ref y, j) + Low1(ref x, i + 6, ref y, j - 6);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong High7(ref ulong x, int i, ref ulong y, int j) => High6(ref x, i, ref y, j) + High1(ref x, i + 6, ref y, j - 6);
}
