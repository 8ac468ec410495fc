using System.Runtime.CompilerServices;

namespace Marketplace.Crypto;

/// <summary>
/// Powers in the cyclotomic subgroup, where the final exponentiation has most of its work. With Fp4 = Fp2(t), t = w³, an element is
/// (g0 + g1 t) + (g2 + g3 t) w + (g4 + g5 t) w². For public values.
/// </summary>
internal static class Cyclotomic
{
    /// <summary>
    /// The square of an element of the cyclotomic subgroup: three squares in Fp4
    /// (<see href="https://eprint.iacr.org/2009/565">Granger, Scott</see>).
    /// </summary>
    [SkipLocalsInit]
    public static void Square(in Fp12 value, out Fp12 square)
    {
        SquareFp4(in value.C0.C0, in value.C1.C1, out var a0, out var a1);
        SquareFp4(in value.C1.C0, in value.C0.C2, out var b0, out var b1);
        SquareFp4(in value.C0.C1, in value.C1.C2, out var c0, out var c1);
        Fp2.MultiplyByXi(in c1, out c1);
        ThreeMinusTwo(in a0, in value.C0.C0, out square.C0.C0);
        ThreeMinusTwo(in b0, in value.C0.C1, out square.C0.C1);
        ThreeMinusTwo(in c0, in value.C0.C2, out square.C0.C2);
        ThreePlusTwo(in c1, in value.C1.C0, out square.C1.C0);
        ThreePlusTwo(in a1, in value.C1.C1, out square.C1.C1);
        ThreePlusTwo(in b1, in value.C1.C2, out square.C1.C2);
    }

    /// <summary>
    /// value^|x|: the product of value^(2^i) over the bits of |x|, which are 16, 48, 57, 60, 62 and 63. To 57 the squarings are those of
    /// Karabina, without g0 and g1 (<see href="https://eprint.iacr.org/2010/542">Compressed squaring</see>), which three of them get back
    /// with one inversion.
    /// </summary>
    [SkipLocalsInit]
    public static void PowerOfMinusX(in Fp12 value, out Fp12 power)
    {
        SquareCompressed(in value, 16, out var at16);
        SquareCompressed(in at16, 32, out var at48);
        SquareCompressed(in at48, 9, out var at57);
        Quotient(in at16, out var numerator16, out var denominator16);
        Quotient(in at48, out var numerator48, out var denominator48);
        Quotient(in at57, out var numerator57, out var denominator57);

        Fp2.Multiply(in denominator16, in denominator48, out var both);
        Fp2.Multiply(in both, in denominator57, out var all);
        Fp2.Invert(in all, out var inverse);
        Fp2.Multiply(in inverse, in both, out var inverse57);
        Fp2.Multiply(in inverse, in denominator57, out inverse);
        Fp2.Multiply(in inverse, in denominator16, out var inverse48);
        Fp2.Multiply(in inverse, in denominator48, out var inverse16);
        Restore(in numerator16, in inverse16, ref at16);
        Restore(in numerator48, in inverse48, ref at48);
        Restore(in numerator57, in inverse57, ref at57);

        Fp12.Multiply(in at16, in at48, out power);
        Fp12.Multiply(in power, in at57, out power);
        Square(in at57, out var square);
        Square(in square, out square);
        Square(in square, out square);
        Fp12.Multiply(in power, in square, out power);
        Square(in square, out square);
        Square(in square, out square);
        Fp12.Multiply(in power, in square, out power);
        Square(in square, out square);
        Fp12.Multiply(in power, in square, out power);
    }

    /// <summary>g2 to g5 of value^(2^times); g0 and g1 are left out.</summary>
    [SkipLocalsInit]
    private static void SquareCompressed(in Fp12 value, int times, out Fp12 power)
    {
        power = value;
        for (var i = 0; i < times; i++)
        {
            SquareFp4(in power.C1.C0, in power.C0.C2, out var b0, out var b1);
            SquareFp4(in power.C0.C1, in power.C1.C2, out var c0, out var c1);
            Fp2.MultiplyByXi(in c1, out c1);
            ThreeMinusTwo(in b0, in power.C0.C1, out power.C0.C1);
            ThreeMinusTwo(in c0, in power.C0.C2, out power.C0.C2);
            ThreePlusTwo(in c1, in power.C1.C0, out power.C1.C0);
            ThreePlusTwo(in b1, in power.C1.C2, out power.C1.C2);
        }
    }

    /// <summary>g1 = (xi g5² + 3 g4² - 2 g3) / 4 g2, or 2 g4 g5 / g3 where g2 is zero; of one both are, and g1 too.</summary>
    private static void Quotient(in Fp12 value, out Fp2 numerator, out Fp2 denominator)
    {
        if (Fp2.IsZero(in value.C1.C0))
        {
            Fp2.Multiply(in value.C0.C1, in value.C1.C2, out numerator);
            Fp2.MultiplySmall(in numerator, 2, out numerator);
            denominator = Fp2.IsZero(in value.C0.C2) ? Fp2.One : value.C0.C2;
            return;
        }
        Fp2.Square(in value.C0.C1, out numerator);
        Fp2.MultiplySmall(in numerator, 3, out numerator);
        Fp2.Square(in value.C1.C2, out var other);
        Fp2.Add(in value.C0.C2, in value.C0.C2, out var twice);
        Fp2.Subtract(in numerator, in twice, out numerator);
        Fp6.AddXi(in numerator, in other, default, out numerator);
        Fp2.MultiplySmall(in value.C1.C0, 4, out denominator);
    }

    /// <summary>g1, and g0 = xi (2 g1² + g2 g5 - 3 g3 g4) + 1.</summary>
    private static void Restore(in Fp2 numerator, in Fp2 inverse, ref Fp12 value)
    {
        Fp2.Multiply(in numerator, in inverse, out value.C1.C1);
        Fp2.Square(in value.C1.C1, out var sum);
        Fp2.Add(in sum, in sum, out sum);
        Fp2.Multiply(in value.C1.C0, in value.C1.C2, out var product);
        Fp2.Add(in sum, in product, out sum);
        Fp2.Multiply(in value.C0.C2, in value.C0.C1, out product);
        Fp2.MultiplySmall(in product, 3, out product);
        Fp2.Subtract(in sum, in product, out sum);
        Fp6.AddXi(Fp2.One, in sum, default, out value.C0.C0);
    }

    /// <summary>(a + b t)² with t² = xi: a² + xi b² and 2ab.</summary>
    [SkipLocalsInit]
    private static void SquareFp4(in Fp2 a, in Fp2 b, out Fp2 low, out Fp2 high)
    {
        Fp2.Square(in a, out var a2);
        Fp2.Square(in b, out var b2);
        Fp2.Add(in a, in b, out var sum);
        Fp2.Square(in sum, out high);
        Fp2.Add(in a2, in b2, out sum);
        Fp2.Subtract(in high, in sum, out high);
        Fp6.AddXi(in a2, in b2, default, out low);
    }

    private static void ThreeMinusTwo(in Fp2 three, in Fp2 two, out Fp2 result)
    {
        Fp2.Add(in three, in three, out var plus);
        Fp2.Add(in plus, in three, out plus);
        Fp2.Add(in two, in two, out var minus);
        Fp2.Subtract(in plus, in minus, out result);
    }

    private static void ThreePlusTwo(in Fp2 three, in Fp2 two, out Fp2 result)
    {
        Fp2.Add(in three, in two, out var sum);
        Fp2.Add(in sum, in sum, out sum);
        Fp2.Add(in sum, in three, out sum);
        Fp2.Normalize(in sum, out result);
    }
}
