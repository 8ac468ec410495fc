using System.Globalization;
using System.Numerics;

namespace Marketplace.Crypto;

/// <summary>
/// Maps a field element to the curve: the simplified map of Shallue, van de Woestijne and Ulas to a curve with an isogeny to ours, then the
/// isogeny (RFC 9380, 6.6.3; parameters 8.8.1 and 8.8.2). The result is a point of the curve, not of the subgroup.
/// </summary>
internal static class BlsMap
{
    private static readonly Fp2 A2 = Fp2.FromNumbers(0, 240),
        B2 = Fp2.FromNumbers(1012, 1012),
        Z2 = Fp2.FromNumbers(-2, -1);

    /// <summary>The kernel's polynomial is x + 6 - 6u; the RFC's isogeny is the normalized one with x / 9 and -y / 27.</summary>
    private static readonly BlsIsogeny<Fp2> Isogeny2 = new([Fp2.FromNumbers(6, -6), Fp2.One], A2, B2, Fp2.FromNumbers(Inverse(-3), 0));

    private static readonly Fp A1 = Number(
            "144698a3b8e9433d693a02c96d4982b0ea985383ee66a8d8e8981aefd881ac98936f8da0e0f97f5cf428082d584c1d"
        ),
        B1 = Number("12e2908d11688030018b12e8753eee3b2016c1f0f24f4070a0b9c14fcef35ef55a23215a316ceaa5d1cc48e98e172be0"),
        Z1 = Fp.FromNumber(11);

    /// <summary>The root of the RFC's denominator of x, a polynomial of degree ten with the roots of this one twice.</summary>
    private static readonly BlsIsogeny<Fp> Isogeny1 = new(
        [
            Number("133341fb0962a34cb0504a9c4fada0a5090d38679b4c040d5d1c3afb023a3409fcc0815fea66d8b02bbef9c8b5a66e07"),
            Number("0264908af037bcede00d054cf5d4775e83eb6cf63c76b969f8ed174fb59fcff78d201f46f6cfc4ed6552e59ce75177b0"),
            Number("1335c502c1f54c49aceea65e87fd7203ba0f626f305fc0cfd606a5dae9f3c8e81a4b3b69600129fabd307c69bf319d39"),
            Number("094440f65f408a6e930e16e3e92dd17bf60d6e9679a8d3d58593de55ac23703042d609537eb3549aac234d896ca82944"),
            Number("04afe09d5cf4956a23b6b71f59d2b3407b415a774b7be81bbb6fa99cbc798e0ac98ba725a5bc328016b1c268b4766e85"),
            Fp.One,
        ],
        A1,
        B1,
        Fp.FromNumber(Inverse(11))
    );

    /// <summary>norm(Z)^((p + 1) / 4): the root of the norm of Z times a number, from the root of minus the number's norm.</summary>
    private static readonly Fp RootOfMinusNorm = RootOfMinus(Z2);

    private static readonly Fp RootOfMinusZ1 = RootOfMinus(Z1);

    public static void ToCurve(in Fp2 u, out BlsPoint<Fp2> point)
    {
        Candidates(in u, in A2, in B2, in Z2, out var c);
        // y = root(numerator / denominator) = root(numerator * denominator) / denominator, or the same times Z^3 u^6 for the second x.
        Fp2.Multiply(in c.Numerator, in c.Denominator, out var square);
        Fp2.Norm(in square, out var norm);
        // t is the inverse of the norm's root, but for a sign.
        Fp.InverseRoot(in norm, out var t);
        Fp.Multiply(in t, in norm, out var root);
        Fp.Multiply(in t, in root, out var character);
        var isSquare = Fp2.MaskOf(Fp.AreEqual(in character, Fp.One) | Fp.IsZero(in norm));
        Fp2.Multiply(in square, in Z2, out var otherSquare);
        Fp.Multiply(in root, in RootOfMinusNorm, out var otherRoot);
        Fp2.Choose(~isSquare, in otherSquare, ref square);
        Fp.Choose(~isSquare, in otherRoot, ref root);
        Fp2.RootOf(in square, in root, out var y);
        Fp2.Multiply(in c.ZuSquare, in u, out var factor);
        Fp2.Multiply(in y, in factor, out var otherY);
        Fp2.Choose(~isSquare, in otherY, ref y);
        Fp2.Choose(~isSquare, in c.OtherX, ref c.X);

        // The denominator's inverse without another power: 1 / norm(square) is character * t^2, and norm(square) the product of both norms.
        Fp.Square(in t, out var inverse);
        Fp.Multiply(in inverse, in character, out inverse);
        Fp2.Norm(in c.Numerator, out norm);
        Fp.Multiply(in inverse, in norm, out inverse);
        Fp2.Conjugate(in c.Denominator, out var denominator);
        Fp2.Multiply(in denominator, in inverse, out denominator);
        Fp2.Multiply(in y, in denominator, out y);
        Fp2.Negate(in y, out var negative);
        Fp2.Choose(0 - (Fp2.Sign(in u) ^ Fp2.Sign(in y)), in negative, ref y);
        Isogeny2.Map(in c.X, in c.XDenominator, in y, out point);
    }

    public static void ToCurve(in Fp u, out BlsPoint<Fp> point)
    {
        Candidates(in u, in A1, in B1, in Z1, out var c);
        Fp.Multiply(in c.Numerator, in c.Denominator, out var square);
        Fp.InverseRoot(in square, out var t);
        Fp.Multiply(in t, in square, out var y);
        Fp.Multiply(in t, in y, out var character);
        var isSquare = Fp2.MaskOf(Fp.AreEqual(in character, Fp.One) | Fp.IsZero(in square));
        Fp.Multiply(in y, in RootOfMinusZ1, out var otherY);
        Fp.Multiply(in otherY, in c.ZuSquare, out otherY);
        Fp.Multiply(in otherY, in u, out otherY);
        Fp.Choose(~isSquare, in otherY, ref y);
        Fp.Choose(~isSquare, in c.OtherX, ref c.X);
        Fp.Invert(in c.Denominator, out var inverse);
        Fp.Multiply(in y, in inverse, out y);
        Fp.Negate(in y, out var negative);
        Fp.Choose(0 - (Fp.Parity(in u) ^ Fp.Parity(in y)), in negative, ref y);
        Isogeny1.Map(in c.X, in c.XDenominator, in y, out point);
    }

    /// <summary>Both x with their common denominator, and the curve's right side at the first as a fraction (RFC 9380, F.2).</summary>
    private static void Candidates<T>(in T u, in T a, in T b, in T z, out Fraction<T> c)
        where T : struct, ICurveField<T>
    {
        T.Square(in u, out c.ZuSquare);
        T.Multiply(in c.ZuSquare, in z, out c.ZuSquare);
        T.Square(in c.ZuSquare, out var sum);
        T.Add(in sum, in c.ZuSquare, out sum);
        T.Normalize(in sum, out sum);
        T.Add(in sum, T.One, out var x);
        T.Multiply(in x, in b, out c.X);
        T.Negate(in sum, out var negative);
        T.Choose(Fp2.MaskOf(T.IsZero(in sum)), in z, ref negative);
        T.Multiply(in negative, in a, out c.XDenominator);
        T.Multiply(in c.ZuSquare, in c.X, out c.OtherX);

        // x³ + A x + B over the cube of the denominator.
        T.Square(in c.XDenominator, out var square);
        T.Multiply(in square, in c.XDenominator, out c.Denominator);
        T.Square(in c.X, out var numerator);
        T.Multiply(in square, in a, out square);
        T.Add(in numerator, in square, out numerator);
        T.Multiply(in numerator, in c.X, out numerator);
        T.Multiply(in c.Denominator, in b, out square);
        T.Add(in numerator, in square, out numerator);
        T.Normalize(in numerator, out c.Numerator);
    }

    private static Fp RootOfMinus(in Fp2 z)
    {
        Fp2.Norm(in z, out var norm);
        return RootOfMinus(in norm);
    }

    /// <summary>z^((p + 1) / 4), a root of -z where z is no square.</summary>
    private static Fp RootOfMinus(in Fp z)
    {
        Fp.InverseRoot(in z, out var root);
        Fp.Multiply(in root, in z, out root);
        return root;
    }

    private static BigInteger Inverse(int number) => BigInteger.ModPow(Fp.Prime + number, Fp.Prime - 2, Fp.Prime);

    private static Fp Number(string digits) =>
        Fp.FromNumber(BigInteger.Parse("0" + digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture));

    private struct Fraction<T>
    {
        public T X,
            OtherX,
            XDenominator,
            Numerator,
            Denominator,
            ZuSquare;
    }
}
