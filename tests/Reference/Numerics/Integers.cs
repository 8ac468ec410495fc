using Marketplace.Engine;

namespace Marketplace.Reference.Numerics;

/// <summary>
/// Integer operations by the width n, as the specification defines them (core specification, 4.3.2): on the numbers from 0 to
/// 2^n - 1, which some read as signed. Serves i32 and i64 and the lanes of vectors.
/// </summary>
internal static class Integers
{
    public static ulong Wrap(int n, ulong value) => n == 64 ? value : value & ((1UL << n) - 1);

    public static long Signed(int n, ulong value) => (long)(value << (64 - n)) >> (64 - n);

    public static ulong Add(int n, ulong a, ulong b) => Wrap(n, a + b);

    public static ulong Sub(int n, ulong a, ulong b) => Wrap(n, a - b);

    public static ulong Mul(int n, ulong a, ulong b) => Wrap(n, a * b);

    public static ulong DivU(int n, ulong a, ulong b) => b != 0 ? a / b : throw new TrapException(TrapKind.IntegerDivideByZero);

    public static ulong DivS(int n, ulong a, ulong b)
    {
        if (b == 0)
        {
            throw new TrapException(TrapKind.IntegerDivideByZero);
        }

        // In more bits than any operand has, so that the one quotient that does not fit is seen as a number.
        var quotient = (Int128)Signed(n, a) / Signed(n, b);
        return quotient == (Int128)1 << (n - 1) ? throw new TrapException(TrapKind.IntegerOverflow) : Wrap(n, (ulong)quotient);
    }

    public static ulong RemU(int n, ulong a, ulong b) => b != 0 ? a % b : throw new TrapException(TrapKind.IntegerDivideByZero);

    public static ulong RemS(int n, ulong a, ulong b) =>
        b != 0 ? Wrap(n, (ulong)((Int128)Signed(n, a) % Signed(n, b))) : throw new TrapException(TrapKind.IntegerDivideByZero);

    public static ulong And(int n, ulong a, ulong b) => a & b;

    public static ulong Or(int n, ulong a, ulong b) => a | b;

    public static ulong Xor(int n, ulong a, ulong b) => a ^ b;

    public static ulong Shl(int n, ulong a, ulong b) => Wrap(n, a << (int)(b % (ulong)n));

    public static ulong ShrU(int n, ulong a, ulong b) => a >> (int)(b % (ulong)n);

    public static ulong ShrS(int n, ulong a, ulong b) => Wrap(n, (ulong)(Signed(n, a) >> (int)(b % (ulong)n)));

    public static ulong Rotl(int n, ulong a, ulong b)
    {
        for (var turns = b % (ulong)n; turns > 0; turns--)
        {
            a = Wrap(n, a << 1) | (a >> (n - 1));
        }

        return a;
    }

    public static ulong Rotr(int n, ulong a, ulong b) => Rotl(n, a, (ulong)n - (b % (ulong)n));

    public static ulong Clz(int n, ulong a)
    {
        var zeros = 0;
        while (zeros < n && (a >> (n - 1 - zeros) & 1) == 0)
        {
            zeros++;
        }

        return (ulong)zeros;
    }

    public static ulong Ctz(int n, ulong a)
    {
        var zeros = 0;
        while (zeros < n && (a >> zeros & 1) == 0)
        {
            zeros++;
        }

        return (ulong)zeros;
    }

    public static ulong Popcnt(int n, ulong a)
    {
        ulong ones = 0;
        for (var bit = 0; bit < n; bit++)
        {
            ones += a >> bit & 1;
        }

        return ones;
    }

    /// <summary>The lowest <paramref name="from"/> bits as a signed number of <paramref name="n"/> bits.</summary>
    public static ulong Extend(int n, int from, ulong a) => Wrap(n, (ulong)Signed(from, Wrap(from, a)));

    public static bool LtS(int n, ulong a, ulong b) => Signed(n, a) < Signed(n, b);

    public static bool GtS(int n, ulong a, ulong b) => Signed(n, a) > Signed(n, b);

    public static bool LeS(int n, ulong a, ulong b) => Signed(n, a) <= Signed(n, b);

    public static bool GeS(int n, ulong a, ulong b) => Signed(n, a) >= Signed(n, b);

    public static ulong Abs(int n, ulong a) => Wrap(n, Signed(n, a) < 0 ? 0 - a : a);

    public static ulong MinS(int n, ulong a, ulong b) => LtS(n, a, b) ? a : b;

    public static ulong MinU(int n, ulong a, ulong b) => Math.Min(a, b);

    public static ulong MaxS(int n, ulong a, ulong b) => GtS(n, a, b) ? a : b;

    public static ulong MaxU(int n, ulong a, ulong b) => Math.Max(a, b);

    public static ulong AddSatS(int n, ulong a, ulong b) => SaturateS(n, (Int128)Signed(n, a) + Signed(n, b));

    public static ulong AddSatU(int n, ulong a, ulong b) => SaturateU(n, (Int128)a + b);

    public static ulong SubSatS(int n, ulong a, ulong b) => SaturateS(n, (Int128)Signed(n, a) - Signed(n, b));

    public static ulong SubSatU(int n, ulong a, ulong b) => SaturateU(n, (Int128)a - b);

    public static ulong AvgrU(int n, ulong a, ulong b) => (a + b + 1) / 2;

    /// <summary>Product of two numbers between -1 and 1 with n - 1 bits behind the point, rounded.</summary>
    public static ulong Q15MulrSatS(int n, ulong a, ulong b) =>
        SaturateS(n, (((Int128)Signed(n, a) * Signed(n, b)) + ((Int128)1 << (n - 2))) >> (n - 1));

    /// <summary>The nearest that n bits hold as a signed number.</summary>
    public static ulong SaturateS(int n, Int128 value) =>
        Wrap(n, (ulong)Int128.Clamp(value, -((Int128)1 << (n - 1)), ((Int128)1 << (n - 1)) - 1));

    /// <summary>The nearest that n bits hold as an unsigned number.</summary>
    public static ulong SaturateU(int n, Int128 value) => (ulong)Int128.Clamp(value, 0, ((Int128)1 << n) - 1);
}
