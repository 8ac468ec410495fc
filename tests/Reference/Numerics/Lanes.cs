namespace Marketplace.Reference.Numerics;

/// <summary>A vector of 128 bits as lanes of n bits, lane 0 the lowest (core specification, 4.3.5).</summary>
internal static class Lanes
{
    private const int Bits = 128;

    public static int Count(int n) => Bits / n;

    public static ulong Get(UInt128 vector, int n, int lane) => Integers.Wrap(n, (ulong)(vector >> (n * lane)));

    public static UInt128 With(UInt128 vector, int n, int lane, ulong value)
    {
        var mask = (UInt128)Integers.Wrap(n, ulong.MaxValue) << (n * lane);
        return (vector & ~mask) | ((UInt128)Integers.Wrap(n, value) << (n * lane));
    }

    public static UInt128 Make(int n, Func<int, ulong> lane)
    {
        UInt128 vector = 0;
        for (var i = 0; i < Count(n); i++)
        {
            vector = With(vector, n, i, lane(i));
        }

        return vector;
    }

    /// <summary>All lanes the same.</summary>
    public static UInt128 Splat(int n, ulong value) => Make(n, _ => value);

    public static UInt128 Map(int n, UInt128 a, Func<ulong, ulong> operation) => Make(n, i => operation(Get(a, n, i)));

    public static UInt128 Zip(int n, UInt128 a, UInt128 b, Func<ulong, ulong, ulong> operation) =>
        Make(n, i => operation(Get(a, n, i), Get(b, n, i)));
}
