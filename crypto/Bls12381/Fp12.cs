using System.Runtime.CompilerServices;

namespace Marketplace.Crypto;

/// <summary>C0 + C1 w with w² = v: where pairings have their values. Arguments are normal, and so are results.</summary>
internal struct Fp12
{
    public Fp6 C0,
        C1;

    /// <summary>(1 + u)^(i (p - 1) / 6): what the i-th power of w gets from raising to p.</summary>
    private static readonly Fp2[] FrobeniusFactors =
    [
        .. Enumerable.Range(0, 6).Select(i => Fp2.Power(Fp2.FromNumbers(1, 1), i * (Fp.Prime - 1) / 6)),
    ];

    public static Fp12 One => new() { C0 = { C0 = Fp2.One } };

    [SkipLocalsInit]
    public static void Multiply(in Fp12 left, in Fp12 right, out Fp12 product)
    {
        Fp6.Multiply(in left.C0, in right.C0, out var v0);
        Fp6.Multiply(in left.C1, in right.C1, out var v1);
        Fp6.AddNormal(in left.C0, in left.C1, out var leftSum);
        Fp6.AddNormal(in right.C0, in right.C1, out var rightSum);
        Fp6.Multiply(in leftSum, in rightSum, out var cross);
        Fp6.SubtractBoth(in cross, in v0, in v1, out product.C1);
        AddTimesV(in v0, in v1, out product.C0);
    }

    /// <summary>(c0 + c1) (c0 + v c1) - t - v t and 2t, with t = c0 c1.</summary>
    [SkipLocalsInit]
    public static void Square(in Fp12 value, out Fp12 square)
    {
        Fp6.Multiply(in value.C0, in value.C1, out var t);
        Fp6.AddNormal(in value.C0, in value.C1, out var sum);
        AddTimesV(in value.C0, in value.C1, out var other);
        Fp6.Multiply(in sum, in other, out var product);
        Fp6.SubtractTimesV(in product, in t, out square.C0);
        Fp6.AddNormal(in t, in t, out square.C1);
    }

    /// <summary>value * line.</summary>
    [SkipLocalsInit]
    public static void MultiplyByLine(in Fp12 value, in BlsLine line, out Fp12 product)
    {
        Fp6.MultiplyBy01(in value.C0, in line.Constant, in line.OfX, out var a);
        Fp6.MultiplyBy1(in value.C1, in line.OfY, out var b);
        Fp6.AddNormal(in value.C0, in value.C1, out var sum);
        Fp2.Add(in line.OfX, in line.OfY, out var xy);
        Fp2.Normalize(in xy, out xy);
        Fp6.MultiplyBy01(in sum, in line.Constant, in xy, out var cross);
        Fp6.SubtractBoth(in cross, in a, in b, out product.C1);
        AddTimesV(in a, in b, out product.C0);
    }

    /// <summary>value * lines, where the second factor is a product of two lines.</summary>
    [SkipLocalsInit]
    public static void MultiplyByLines(in Fp12 value, in Fp12 lines, out Fp12 product)
    {
        Fp6.Multiply(in value.C0, in lines.C0, out var a);
        Fp6.MultiplyBy12(in value.C1, in lines.C1.C1, in lines.C1.C2, out var b);
        Fp6.AddNormal(in value.C0, in value.C1, out var sum);
        Fp6.AddNormal(in lines.C0, in lines.C1, out var linesSum);
        Fp6.Multiply(in sum, in linesSum, out var cross);
        Fp6.SubtractBoth(in cross, in a, in b, out product.C1);
        AddTimesV(in a, in b, out product.C0);
    }

    /// <summary>The inverse of an element of the cyclotomic subgroup, and the value raised to p^6.</summary>
    public static void Conjugate(in Fp12 value, out Fp12 conjugate)
    {
        conjugate.C0 = value.C0;
        Fp6.Negate(in value.C1, out conjugate.C1);
    }

    public static void Invert(in Fp12 value, out Fp12 inverse)
    {
        Fp6.Multiply(in value.C0, in value.C0, out var square);
        Fp6.Multiply(in value.C1, in value.C1, out var other);
        Fp6.MultiplyByV(in other, out other);
        Fp6.SubtractBoth(in square, in other, default, out square);
        Fp6.Invert(in square, out square);
        Fp6.Multiply(in value.C0, in square, out inverse.C0);
        Fp6.Multiply(in value.C1, in square, out square);
        Fp6.Negate(in square, out inverse.C1);
    }

    /// <summary>value^p.</summary>
    public static void Frobenius(in Fp12 value, out Fp12 power)
    {
        Raise(in value.C0.C0, 0, out power.C0.C0);
        Raise(in value.C1.C0, 1, out power.C1.C0);
        Raise(in value.C0.C1, 2, out power.C0.C1);
        Raise(in value.C1.C1, 3, out power.C1.C1);
        Raise(in value.C0.C2, 4, out power.C0.C2);
        Raise(in value.C1.C2, 5, out power.C1.C2);
    }

    public static bool IsOne(in Fp12 value)
    {
        Fp2.Subtract(in value.C0.C0, Fp2.One, out var rest);
        return Fp2.IsZero(in rest)
            && Fp2.IsZero(in value.C0.C1)
            && Fp2.IsZero(in value.C0.C2)
            && Fp2.IsZero(in value.C1.C0)
            && Fp2.IsZero(in value.C1.C1)
            && Fp2.IsZero(in value.C1.C2);
    }

    private static void Raise(in Fp2 value, int power, out Fp2 raised)
    {
        Fp2.Conjugate(in value, out raised);
        Fp2.Multiply(in raised, in FrobeniusFactors[power], out raised);
    }

    /// <summary>left + v right.</summary>
    private static void AddTimesV(in Fp6 left, in Fp6 right, out Fp6 sum)
    {
        Fp6.AddXi(in left.C0, in right.C2, default, out sum.C0);
        Fp2.Add(in left.C1, in right.C0, out sum.C1);
        Fp2.Add(in left.C2, in right.C1, out sum.C2);
        Fp2.Normalize(in sum.C1, out sum.C1);
        Fp2.Normalize(in sum.C2, out sum.C2);
    }
}
