using System.Runtime.CompilerServices;

namespace Marketplace.Crypto;

/// <summary>
/// The optimal ate pairing, of many pairs at once: they share the squarings and the final exponentiation. Handles public values; the time
/// depends on how many pairs there are.
/// </summary>
internal static class BlsPairing
{
    /// <summary>Whether the product of e(P, Q) over all pairs is one. A pair with infinity is one by itself.</summary>
    public static bool IsProductOne(ReadOnlySpan<BlsAffinePoint<Fp>> left, ReadOnlySpan<BlsAffinePoint<Fp2>> right)
    {
        Loop(left, right, out var product);
        Exponentiate(in product, out product);
        return Fp12.IsOne(in product);
    }

    /// <summary>Miller's loop over the bits of |x|; conjugated, for x is negative.</summary>
    public static void Loop(ReadOnlySpan<BlsAffinePoint<Fp>> left, ReadOnlySpan<BlsAffinePoint<Fp2>> right, out Fp12 product)
    {
        var count = 0;
        var points = new BlsPoint<Fp2>[left.Length];
        var pairs = new int[left.Length];
        for (var i = 0; i < left.Length; i++)
        {
            if (!left[i].IsInfinity && !right[i].IsInfinity)
            {
                points[count] = right[i].ToPoint();
                pairs[count++] = i;
            }
        }
        var lines = new BlsLineProduct();
        for (var bit = 62; bit >= 0; bit--)
        {
            lines.Square();
            var adds = (BlsGroups.MinusX >> bit & 1) != 0;
            for (var i = 0; i < count; i++)
            {
                ref readonly var place = ref left[pairs[i]];
                Double(ref points[i], out var line);
                lines.Multiply(in line, in place);
                if (adds)
                {
                    Add(ref points[i], in right[pairs[i]], out line);
                    lines.Multiply(in line, in place);
                }
            }
        }
        lines.Take(out product);
        Fp12.Conjugate(in product, out product);
    }

    /// <summary>
    /// value^(3 (p^12 - 1) / r), which is one where value^((p^12 - 1) / r) is:
    /// 3 (p^4 - p^2 + 1) / r = (x - 1)² (x + p) (x² + p² - 1) + 3
    /// (<see href="https://eprint.iacr.org/2020/875">Hayashida, Hayasaka, Teruya</see>).
    /// </summary>
    public static void Exponentiate(in Fp12 value, out Fp12 power)
    {
        // The easy part: value^((p^6 - 1) (p^2 + 1)).
        Fp12.Invert(in value, out var inverse);
        Fp12.Conjugate(in value, out var easy);
        Fp12.Multiply(in easy, in inverse, out easy);
        Fp12.Frobenius(in easy, out var raised);
        Fp12.Frobenius(in raised, out raised);
        Fp12.Multiply(in raised, in easy, out easy);

        // (x - 1) twice.
        PowerOfX(in easy, out var a);
        MultiplyByInverse(in a, in easy, out a);
        PowerOfX(in a, out var b);
        MultiplyByInverse(in b, in a, out a);
        // x + p
        PowerOfX(in a, out b);
        Fp12.Frobenius(in a, out raised);
        Fp12.Multiply(in b, in raised, out a);
        // x² + p² - 1
        PowerOfX(in a, out b);
        PowerOfX(in b, out b);
        Fp12.Frobenius(in a, out raised);
        Fp12.Frobenius(in raised, out raised);
        Fp12.Multiply(in b, in raised, out b);
        MultiplyByInverse(in b, in a, out b);
        Cyclotomic.Square(in easy, out raised);
        Fp12.Multiply(in raised, in easy, out raised);
        Fp12.Multiply(in b, in raised, out power);
    }

    private static void MultiplyByInverse(in Fp12 left, in Fp12 right, out Fp12 quotient)
    {
        Fp12.Conjugate(in right, out var inverse);
        Fp12.Multiply(in left, in inverse, out quotient);
    }

    /// <summary>value^x in the cyclotomic subgroup.</summary>
    private static void PowerOfX(in Fp12 value, out Fp12 power)
    {
        Cyclotomic.PowerOfMinusX(in value, out var inverse);
        Fp12.Conjugate(in inverse, out power);
    }

    /// <summary>Doubles a point and gives the tangent (<see href="https://eprint.iacr.org/2013/722">Aranha et al., 4.2</see>).</summary>
    [SkipLocalsInit]
    private static void Double(ref BlsPoint<Fp2> point, out BlsLine line)
    {
        Fp2.Multiply(in point.X, in point.Y, out var a);
        Fp2.Halve(in a, out a);
        Fp2.Square(in point.Y, out var b);
        Fp2.Square(in point.Z, out var c);
        Fp2.MultiplyByThreeB(in c, out var e);
        Fp2.MultiplySmall(in e, 3, out var f);
        Fp2.Add(in b, in f, out var g);
        Fp2.Halve(in g, out g);
        Fp2.Add(in point.Y, in point.Z, out var h);
        Fp2.Square(in h, out h);
        Fp2.Add(in b, in c, out var sum);
        Fp2.Subtract(in sum, in h, out line.OfY);
        Fp2.Negate(in line.OfY, out h);
        Fp2.Subtract(in e, in b, out line.Constant);
        Fp2.Square(in point.X, out var j);
        Fp2.MultiplySmall(in j, 3, out line.OfX);
        Fp2.Square(in e, out var ee);
        Fp2.MultiplySmall(in ee, 3, out ee);
        Fp2.Subtract(in b, in f, out f);
        Fp2.Multiply(in a, in f, out point.X);
        Fp2.Square(in g, out g);
        Fp2.Subtract(in g, in ee, out point.Y);
        Fp2.Multiply(in b, in h, out point.Z);
    }

    /// <summary>Adds <paramref name="other"/> and gives the line through both.</summary>
    [SkipLocalsInit]
    private static void Add(ref BlsPoint<Fp2> point, in BlsAffinePoint<Fp2> other, out BlsLine line)
    {
        Fp2.Multiply(in other.Y, in point.Z, out var t);
        Fp2.Subtract(in point.Y, in t, out var o);
        Fp2.Multiply(in other.X, in point.Z, out t);
        Fp2.Subtract(in point.X, in t, out var l);
        Fp2.Square(in o, out var c);
        Fp2.Square(in l, out var d);
        Fp2.Multiply(in l, in d, out var e);
        Fp2.Multiply(in point.Z, in c, out var f);
        Fp2.Multiply(in point.X, in d, out var g);
        Fp2.Add(in e, in f, out var sum);
        Fp2.Add(in g, in g, out var twice);
        Fp2.Subtract(in sum, in twice, out var h);
        Fp2.Multiply(in point.Y, in e, out t);
        Fp2.Multiply(in l, in h, out point.X);
        Fp2.Subtract(in g, in h, out g);
        Fp2.Multiply(in g, in o, out g);
        Fp2.Subtract(in g, in t, out point.Y);
        Fp2.Multiply(in e, in point.Z, out point.Z);
        Fp2.Multiply(in l, in other.Y, out t);
        Fp2.Multiply(in other.X, in o, out var s);
        Fp2.Subtract(in s, in t, out line.Constant);
        Fp2.Negate(in o, out line.OfX);
        line.OfY = l;
    }
}
