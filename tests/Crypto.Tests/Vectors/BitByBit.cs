namespace Marketplace.Crypto.Tests;

/// <summary>Multiples of points in the plainest way, which the others are compared with.</summary>
internal static class BitByBit
{
    /// <param name="number">Big-endian.</param>
    public static BlsPoint<TField> Multiply<TField>(in BlsPoint<TField> point, ReadOnlySpan<byte> number)
        where TField : struct, ICurveField<TField>
    {
        var sum = BlsPoint<TField>.Infinity;
        foreach (var digit in number)
        {
            for (var bit = 7; bit >= 0; bit--)
            {
                BlsPoint<TField>.Double(in sum, out sum);
                if ((digit >> bit & 1) != 0)
                {
                    BlsPoint<TField>.Add(in sum, in point, out sum);
                }
            }
        }
        return sum;
    }
}
