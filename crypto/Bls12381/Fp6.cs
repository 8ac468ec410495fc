using System.Runtime.CompilerServices;

namespace Marketplace.Crypto;

/// <summary>C0 + C1 v + C2 v² with v³ = 1 + u. Arguments are normal, and so are results.</summary>
internal struct Fp6
{
    public Fp2 C0,
        C1,
        C2;

    public static void AddNormal(in Fp6 left, in Fp6 right, out Fp6 sum)
    {
        Fp2.Add(in left.C0, in right.C0, out sum.C0);
        Fp2.Add(in left.C1, in right.C1, out sum.C1);
        Fp2.Add(in left.C2, in right.C2, out sum.C2);
        Fp2.Normalize(in sum.C0, out sum.C0);
        Fp2.Normalize(in sum.C1, out sum.C1);
        Fp2.Normalize(in sum.C2, out sum.C2);
    }

    /// <summary>left - first - second.</summary>
    public static void SubtractBoth(in Fp6 left, in Fp6 first, in Fp6 second, out Fp6 difference)
    {
        SubtractBoth(in left.C0, in first.C0, in second.C0, out difference.C0);
        SubtractBoth(in left.C1, in first.C1, in second.C1, out difference.C1);
        SubtractBoth(in left.C2, in first.C2, in second.C2, out difference.C2);
    }

    /// <summary>left - right - v right.</summary>
    public static void SubtractTimesV(in Fp6 left, in Fp6 right, out Fp6 difference)
    {
        Fp.Add(in left.C0.C0, in right.C2.C1, out var plus);
        Fp.Add(in right.C0.C0, in right.C2.C0, out var minus);
        Fp.Subtract(in plus, in minus, out difference.C0.C0);
        Fp.Add(in right.C0.C1, in right.C2.C0, out minus);
        Fp.Add(in minus, in right.C2.C1, out minus);
        Fp.Subtract(in left.C0.C1, in minus, out difference.C0.C1);
        SubtractBoth(in left.C1, in right.C1, in right.C0, out difference.C1);
        SubtractBoth(in left.C2, in right.C2, in right.C1, out difference.C2);
    }

    public static void Negate(in Fp6 value, out Fp6 negative)
    {
        Fp2.Negate(in value.C0, out negative.C0);
        Fp2.Negate(in value.C1, out negative.C1);
        Fp2.Negate(in value.C2, out negative.C2);
    }

    /// <summary>value * v.</summary>
    public static void MultiplyByV(in Fp6 value, out Fp6 product)
    {
        Fp2.MultiplyByXi(in value.C2, out var c0);
        product.C2 = value.C1;
        product.C1 = value.C0;
        product.C0 = c0;
    }

    /// <summary>Six products (Karatsuba); each result is one difference of sums.</summary>
    [SkipLocalsInit]
    public static void Multiply(in Fp6 left, in Fp6 right, out Fp6 product)
    {
        Fp2.Multiply(in left.C0, in right.C0, out var v0);
        Fp2.Multiply(in left.C1, in right.C1, out var v1);
        Fp2.Multiply(in left.C2, in right.C2, out var v2);
        MultiplySums(in left.C1, in left.C2, in right.C1, in right.C2, out var t12);
        MultiplySums(in left.C0, in left.C1, in right.C0, in right.C1, out var t01);
        MultiplySums(in left.C0, in left.C2, in right.C0, in right.C2, out var t02);
        Fp2.Add(in v1, in v2, out var v12);
        AddXi(in v0, in t12, in v12, out product.C0);
        // t01 - v0 - v1 + xi v2
        Fp2.Add(in v0, in v1, out var v01);
        SubtractAddXi(in t01, in v01, in v2, out product.C1);
        Fp2.Add(in t02, in v1, out var sum);
        SubtractBoth(in sum, in v0, in v2, out product.C2);
    }

    /// <summary>value * (b0 + b1 v).</summary>
    [SkipLocalsInit]
    public static void MultiplyBy01(in Fp6 value, in Fp2 b0, in Fp2 b1, out Fp6 product)
    {
        Fp2.Multiply(in value.C0, in b0, out var v0);
        Fp2.Multiply(in value.C1, in b1, out var v1);
        Fp2.Multiply(in value.C2, in b1, out var t0);
        Fp2.Multiply(in value.C2, in b0, out var t2);
        MultiplySums(in value.C0, in value.C1, in b0, in b1, out var t1);
        AddXi(in v0, in t0, default, out product.C0);
        SubtractBoth(in t1, in v0, in v1, out product.C1);
        Fp2.Add(in t2, in v1, out product.C2);
        Fp2.Normalize(in product.C2, out product.C2);
    }

    /// <summary>value * (b1 v + b2 v²).</summary>
    [SkipLocalsInit]
    public static void MultiplyBy12(in Fp6 value, in Fp2 b1, in Fp2 b2, out Fp6 product)
    {
        Fp2.Multiply(in value.C1, in b1, out var v1);
        Fp2.Multiply(in value.C2, in b2, out var v2);
        MultiplySums(in value.C1, in value.C2, in b1, in b2, out var t12);
        Fp2.Multiply(in value.C0, in b1, out var t1);
        Fp2.Multiply(in value.C0, in b2, out var t2);
        Fp2.Add(in v1, in v2, out var v12);
        AddXi(default, in t12, in v12, out product.C0);
        AddXi(in t1, in v2, default, out product.C1);
        Fp2.Add(in t2, in v1, out product.C2);
        Fp2.Normalize(in product.C2, out product.C2);
    }

    /// <summary>value * b1 v.</summary>
    public static void MultiplyBy1(in Fp6 value, in Fp2 b1, out Fp6 product)
    {
        Fp2.Multiply(in value.C2, in b1, out var t0);
        Fp2.Multiply(in value.C1, in b1, out var t2);
        Fp2.Multiply(in value.C0, in b1, out product.C1);
        product.C2 = t2;
        Fp2.MultiplyByXi(in t0, out product.C0);
    }

    public static void Multiply(in Fp6 value, in Fp2 factor, out Fp6 product)
    {
        Fp2.Multiply(in value.C0, in factor, out product.C0);
        Fp2.Multiply(in value.C1, in factor, out product.C1);
        Fp2.Multiply(in value.C2, in factor, out product.C2);
    }

    public static void Invert(in Fp6 value, out Fp6 inverse)
    {
        // c0² - xi c1 c2, xi c2² - c0 c1, c1² - c0 c2, over the norm.
        Fp2.Multiply(in value.C1, in value.C2, out var t);
        Fp2.MultiplyByXi(in t, out t);
        Fp2.Square(in value.C0, out var s);
        Fp6 cofactors;
        Fp2.Subtract(in s, in t, out cofactors.C0);
        Fp2.Square(in value.C2, out s);
        Fp2.MultiplyByXi(in s, out s);
        Fp2.Multiply(in value.C0, in value.C1, out t);
        Fp2.Subtract(in s, in t, out cofactors.C1);
        Fp2.Square(in value.C1, out s);
        Fp2.Multiply(in value.C0, in value.C2, out t);
        Fp2.Subtract(in s, in t, out cofactors.C2);

        Fp2.Multiply(in value.C2, in cofactors.C1, out s);
        Fp2.Multiply(in value.C1, in cofactors.C2, out t);
        Fp2.Add(in s, in t, out s);
        Fp2.MultiplyByXi(in s, out s);
        Fp2.Multiply(in value.C0, in cofactors.C0, out t);
        Fp2.Add(in s, in t, out s);
        Fp2.Invert(in s, out s);
        Multiply(in cofactors, in s, out inverse);
    }

    /// <summary>left + xi (middle - right), where right may be a sum of two.</summary>
    [SkipLocalsInit]
    public static void AddXi(in Fp2 left, in Fp2 middle, in Fp2 right, out Fp2 result)
    {
        Fp.Add(in left.C0, in middle.C0, out var plus);
        Fp.Add(in plus, in right.C1, out plus);
        Fp.Add(in middle.C1, in right.C0, out var minus);
        Fp.Add(in left.C1, in middle.C0, out var otherPlus);
        Fp.Add(in otherPlus, in middle.C1, out otherPlus);
        Fp.Add(in right.C0, in right.C1, out var otherMinus);
        Fp.Subtract(in plus, in minus, out result.C0);
        Fp.Subtract(in otherPlus, in otherMinus, out result.C1);
    }

    /// <summary>left - right + xi last, where right may be a sum of two.</summary>
    [SkipLocalsInit]
    private static void SubtractAddXi(in Fp2 left, in Fp2 right, in Fp2 last, out Fp2 result)
    {
        Fp.Add(in left.C0, in last.C0, out var plus);
        Fp.Add(in right.C0, in last.C1, out var minus);
        Fp.Add(in left.C1, in last.C0, out var otherPlus);
        Fp.Add(in otherPlus, in last.C1, out otherPlus);
        Fp.Subtract(in plus, in minus, out result.C0);
        Fp.Subtract(in otherPlus, in right.C1, out result.C1);
    }

    private static void SubtractBoth(in Fp2 left, in Fp2 first, in Fp2 second, out Fp2 difference)
    {
        Fp2.Add(in first, in second, out var sum);
        Fp2.Subtract(in left, in sum, out difference);
    }

    /// <summary>(a + b) (c + d).</summary>
    private static void MultiplySums(in Fp2 a, in Fp2 b, in Fp2 c, in Fp2 d, out Fp2 product)
    {
        Fp2.Add(in a, in b, out var left);
        Fp2.Add(in c, in d, out var right);
        Fp2.Multiply(in left, in right, out product);
    }
}
