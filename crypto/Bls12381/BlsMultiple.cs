namespace Marketplace.Crypto;

/// <summary>Sums of multiples of many points, for public numbers: Pippenger's buckets.</summary>
internal static class BlsMultiple
{
    /// <summary>Σ scalar * point. Scalars are of one size, big-endian; the time depends on them.</summary>
    /// <param name="scalars">One after the other.</param>
    public static BlsPoint<TField> Sum<TField>(ReadOnlySpan<BlsAffinePoint<TField>> points, ReadOnlySpan<byte> scalars, int scalarSize)
        where TField : struct, ICurveField<TField>
    {
        // An addition a point and window, two a bucket: the window that makes both about equal.
        var windowBits = points.Length switch
        {
            < 8 => 2,
            < 32 => 4,
            < 256 => 5,
            < 2048 => 8,
            _ => 10,
        };
        var buckets = new BlsPoint<TField>[1 << windowBits];
        var sum = BlsPoint<TField>.Infinity;
        var bits = 8 * scalarSize;
        for (var window = (bits + windowBits - 1) / windowBits - 1; window >= 0; window--)
        {
            for (var i = 0; i < windowBits; i++)
            {
                BlsPoint<TField>.Double(in sum, out sum);
            }
            Array.Fill(buckets, BlsPoint<TField>.Infinity);
            for (var i = 0; i < points.Length; i++)
            {
                var digit = Digit(scalars.Slice(i * scalarSize, scalarSize), window * windowBits, windowBits);
                if (digit != 0 && !points[i].IsInfinity)
                {
                    BlsPoint<TField>.Add(in buckets[digit], in points[i], out buckets[digit]);
                }
            }
            // The bucket of a digit is added as often as the digit says: sums of sums, from the highest.
            var running = BlsPoint<TField>.Infinity;
            for (var digit = buckets.Length - 1; digit > 0; digit--)
            {
                BlsPoint<TField>.Add(in running, in buckets[digit], out running);
                BlsPoint<TField>.Add(in sum, in running, out sum);
            }
        }
        return sum;
    }

    private static int Digit(ReadOnlySpan<byte> scalar, int bit, int bits)
    {
        var digit = 0;
        for (var i = bits - 1; i >= 0; i--)
        {
            var at = bit + i;
            digit = digit << 1 | (at < 8 * scalar.Length ? scalar[scalar.Length - 1 - (at >> 3)] >> (at & 7) & 1 : 0);
        }
        return digit;
    }
}
