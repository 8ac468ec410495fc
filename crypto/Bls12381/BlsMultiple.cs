namespace Marketplace.Crypto;

/// <summary>Sums of multiples of points, for public numbers; the time depends on them.</summary>
internal static class BlsMultiple
{
    /// <summary>To here a table for each point costs less than buckets for each window.</summary>
    private const int FewMax = 48;

    private const int FewBits = 4;

    /// <summary>Σ scalar * point.</summary>
    /// <param name="scalars">One after the other, big-endian, each of <paramref name="scalarSize"/> bytes.</param>
    public static BlsPoint<TField> Sum<TField>(ReadOnlySpan<BlsAffinePoint<TField>> points, ReadOnlySpan<byte> scalars, int scalarSize)
        where TField : struct, ICurveField<TField> =>
        points.Length <= FewMax ? SumOfFew(points, scalars, scalarSize) : SumOfMany(points, scalars, scalarSize);

    /// <summary>Straus: the multiples of each point from 1 to 15, added digit by digit between doublings that all share.</summary>
    private static BlsPoint<TField> SumOfFew<TField>(
        ReadOnlySpan<BlsAffinePoint<TField>> points,
        ReadOnlySpan<byte> scalars,
        int scalarSize
    )
        where TField : struct, ICurveField<TField>
    {
        const int width = 1 << FewBits;
        var multiples = new BlsPoint<TField>[points.Length * width];
        for (var i = 0; i < points.Length; i++)
        {
            var row = multiples.AsSpan(i * width, width);
            row[1] = points[i].ToPoint();
            for (var digit = 2; digit < width; digit++)
            {
                BlsPoint<TField>.Add(in row[digit - 1], in row[1], out row[digit]);
            }
        }
        var sum = BlsPoint<TField>.Infinity;
        for (var bit = (8 * scalarSize) - FewBits; bit >= 0; bit -= FewBits)
        {
            for (var i = 0; i < FewBits; i++)
            {
                BlsPoint<TField>.Double(in sum, out sum);
            }
            for (var i = 0; i < points.Length; i++)
            {
                var digit = Digit(scalars.Slice(i * scalarSize, scalarSize), bit, FewBits);
                if (digit != 0)
                {
                    BlsPoint<TField>.Add(in sum, in multiples[(i * width) + digit], out sum);
                }
            }
        }
        return sum;
    }

    /// <summary>Pippenger: points with the same digit are summed first.</summary>
    private static BlsPoint<TField> SumOfMany<TField>(
        ReadOnlySpan<BlsAffinePoint<TField>> points,
        ReadOnlySpan<byte> scalars,
        int scalarSize
    )
        where TField : struct, ICurveField<TField>
    {
        // An addition a point and window, two a bucket: the window that makes both about equal.
        var windowBits = points.Length switch
        {
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
