using System.Globalization;
using System.Numerics;

namespace Marketplace.Crypto;

/// <summary>
/// The parameter of the curve family, from which all else follows, the groups' endomorphisms and what is asked and made with them.
/// </summary>
internal static class BlsGroups
{
    /// <summary>-x: the parameter x is negative.</summary>
    public const ulong MinusX = 0xd201000000010000;

    /// <summary>The order of both groups: x^4 - x^2 + 1.</summary>
    public static readonly BigInteger Order = BigInteger.Pow(MinusX, 4) - BigInteger.Pow(MinusX, 2) + 1;

    /// <summary>
    /// The generator: <see href="https://www.ietf.org/archive/id/draft-irtf-cfrg-pairing-friendly-curves-11.html">section 4.2.1</see>.
    /// </summary>
    public static readonly BlsAffinePoint<Fp> G1 = new(
        Number("17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb"),
        Number("08b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1"),
        isInfinity: false
    );

    /// <summary>1 / (1 + u)^((p - 1) / 3) and 1 / (1 + u)^((p - 1) / 2): they bring Frobenius's image back to the curve.</summary>
    private static readonly Fp2 PsiX = InverseXiPower(3),
        PsiY = InverseXiPower(2);

    /// <summary>The cube root of one with (beta x, y) = -x² (x, y) in G1.</summary>
    private static readonly Fp Beta = FindBeta();

    /// <summary>The endomorphism that is multiplication by x in G2.</summary>
    public static void Psi(in BlsPoint<Fp2> point, out BlsPoint<Fp2> image)
    {
        Fp2.Conjugate(in point.X, out image.X);
        Fp2.Multiply(in image.X, in PsiX, out image.X);
        Fp2.Conjugate(in point.Y, out image.Y);
        Fp2.Multiply(in image.Y, in PsiY, out image.Y);
        Fp2.Conjugate(in point.Z, out image.Z);
    }

    /// <summary>The endomorphism that is multiplication by -x² in G1.</summary>
    public static void Phi(in BlsPoint<Fp> point, out BlsPoint<Fp> image)
    {
        Fp.Multiply(in point.X, in Beta, out image.X);
        image.Y = point.Y;
        image.Z = point.Z;
    }

    /// <summary>
    /// Whether a point of the curve is in G1: the endomorphism must act as it does there
    /// (<see href="https://eprint.iacr.org/2021/1130">Scott, section 6</see>). So is infinity.
    /// </summary>
    public static bool IsInSubgroup(in BlsAffinePoint<Fp> affine)
    {
        var point = affine.ToPoint();
        BlsPoint<Fp>.MultiplyPublic(in point, MinusX, out var multiple);
        BlsPoint<Fp>.MultiplyPublic(in multiple, MinusX, out multiple);
        BlsPoint<Fp>.Negate(in multiple, out multiple);
        Phi(in point, out var image);
        return BlsPoint<Fp>.AreEqual(in image, in multiple);
    }

    /// <summary>The same for G2 (section 4 there).</summary>
    public static bool IsInSubgroup(in BlsAffinePoint<Fp2> affine)
    {
        var point = affine.ToPoint();
        BlsPoint<Fp2>.MultiplyPublic(in point, MinusX, out var multiple);
        BlsPoint<Fp2>.Negate(in multiple, out multiple);
        Psi(in point, out var image);
        return BlsPoint<Fp2>.AreEqual(in image, in multiple);
    }

    /// <summary>
    /// Brings a point of the curve, which must be another variable, into G2: (x² - x - 1) P + (x - 1) psi(P) + psi²(2P), which is the
    /// multiple that RFC 9380 wants (<see href="https://eprint.iacr.org/2017/419">Budroni, Pintore</see>).
    /// </summary>
    public static void ClearCofactor(in BlsPoint<Fp2> point, out BlsPoint<Fp2> cleared)
    {
        // With m = -x: m (m P + P - psi(P)) - P - psi(P) + psi²(2P).
        Psi(in point, out var psi);
        BlsPoint<Fp2>.MultiplyPublic(in point, MinusX, out cleared);
        BlsPoint<Fp2>.Add(in cleared, in point, out cleared);
        BlsPoint<Fp2>.Subtract(in cleared, in psi, out cleared);
        BlsPoint<Fp2>.MultiplyPublic(in cleared, MinusX, out cleared);
        BlsPoint<Fp2>.Subtract(in cleared, in point, out cleared);
        BlsPoint<Fp2>.Subtract(in cleared, in psi, out cleared);
        BlsPoint<Fp2>.Double(in point, out var twice);
        Psi(in twice, out twice);
        Psi(in twice, out twice);
        BlsPoint<Fp2>.Add(in cleared, in twice, out cleared);
    }

    /// <summary>Brings a point of the curve into G1: (1 - x) P.</summary>
    public static void ClearCofactor(in BlsPoint<Fp> point, out BlsPoint<Fp> cleared)
    {
        BlsPoint<Fp>.MultiplyPublic(in point, MinusX, out var multiple);
        BlsPoint<Fp>.Add(in multiple, in point, out cleared);
    }

    private static Fp Number(string digits) =>
        Fp.FromNumber(BigInteger.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture));

    private static Fp2 InverseXiPower(int divisor)
    {
        Fp2.Invert(Fp2.Power(Fp2.FromNumbers(1, 1), (Fp.Prime - 1) / divisor), out var inverse);
        return inverse;
    }

    private static Fp FindBeta()
    {
        var root = BigInteger.One;
        for (var i = 2; root.IsOne; i++)
        {
            root = BigInteger.ModPow(i, (Fp.Prime - 1) / 3, Fp.Prime);
        }
        // One of the two roots has the eigenvalue -x², the other x² - 1.
        var one = G1.ToPoint();
        BlsPoint<Fp>.MultiplyPublic(in one, MinusX, out var multiple);
        BlsPoint<Fp>.MultiplyPublic(in multiple, MinusX, out multiple);
        BlsPoint<Fp>.Negate(in multiple, out multiple);
        var beta = Fp.FromNumber(root);
        var x = multiple.ToAffine().X;
        Fp.Multiply(in one.X, in beta, out var image);
        return Fp.AreEqual(in image, in x) ? beta : Fp.FromNumber(root * root);
    }
}
