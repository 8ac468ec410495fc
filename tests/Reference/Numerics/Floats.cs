using System.Numerics;

namespace Marketplace.Reference.Numerics;

/// <summary>
/// Float operations on bits (core specification, 4.3.3). Where the specification leaves the bits of a NaN open the result is the
/// one canonical NaN of the profile (engine/FUEL.md, "NaN"). Rounding to integers is done on doubles for both formats: every
/// float is a double, and what it is rounded to is a float.
/// </summary>
internal static class Floats
{
    public const uint CanonicalNaN32 = 0x7FC0_0000;
    public const ulong CanonicalNaN64 = 0x7FF8_0000_0000_0000;

    /// <summary>From here on every double is an integer.</summary>
    private const double AllIntegers = 1L << 52;

    public static float ToF32(UInt128 bits) => BitConverter.UInt32BitsToSingle((uint)bits);

    public static double ToF64(UInt128 bits) => BitConverter.UInt64BitsToDouble((ulong)bits);

    public static UInt128 OfF32(float value) => float.IsNaN(value) ? CanonicalNaN32 : BitConverter.SingleToUInt32Bits(value);

    public static UInt128 OfF64(double value) => double.IsNaN(value) ? CanonicalNaN64 : BitConverter.DoubleToUInt64Bits(value);

    public static T Min<T>(T a, T b)
        where T : IBinaryFloatingPointIeee754<T>
    {
        if (T.IsNaN(a) || T.IsNaN(b))
        {
            return T.NaN;
        }

        // Equal numbers differ at most in the sign of zero.
        return a == b ? (T.IsNegative(a) ? a : b)
            : a < b ? a
            : b;
    }

    public static T Max<T>(T a, T b)
        where T : IBinaryFloatingPointIeee754<T>
    {
        if (T.IsNaN(a) || T.IsNaN(b))
        {
            return T.NaN;
        }

        return a == b ? (T.IsNegative(a) ? b : a)
            : a > b ? a
            : b;
    }

    public static double Trunc(double value) =>
        double.IsNaN(value) || Math.Abs(value) >= AllIntegers ? value : WithSignOf((long)value, value);

    public static double Floor(double value)
    {
        var integer = Trunc(value);
        return integer > value ? integer - 1 : integer;
    }

    public static double Ceil(double value)
    {
        var integer = Trunc(value);
        return integer < value ? WithSignOf(integer + 1, value) : integer;
    }

    /// <summary>To the nearest integer, and from the middle to the even one.</summary>
    public static double Nearest(double value)
    {
        var integer = Trunc(value);
        var rest = Math.Abs(value - integer);
        if (rest > 0.5 || (rest == 0.5 && integer % 2 != 0))
        {
            integer += value < 0 ? -1 : 1;
        }

        return double.IsNaN(value) ? value : WithSignOf(integer, value);
    }

    /// <summary>The integer as the nearest float of <paramref name="significandBits"/> bits, and from the middle as the even one.</summary>
    public static double OfInteger(Int128 integer, int significandBits)
    {
        var magnitude = (UInt128)Int128.Abs(integer);
        var dropped = 0;
        while (magnitude >> dropped >= (UInt128)1 << significandBits)
        {
            dropped++;
        }

        var kept = magnitude >> dropped;
        var rest = magnitude - (kept << dropped);
        var half = dropped == 0 ? UInt128.One : (UInt128)1 << (dropped - 1);
        if (rest > half || (rest == half && (kept & 1) == 1))
        {
            kept++;
        }

        var value = Math.ScaleB((double)(ulong)kept, dropped);
        return integer < 0 ? -value : value;
    }

    private static double WithSignOf(double magnitude, double sign) => double.IsNegative(sign) ? -Math.Abs(magnitude) : magnitude;
}
