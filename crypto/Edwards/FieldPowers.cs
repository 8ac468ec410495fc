using System.Security.Cryptography;

namespace Marketplace.Crypto;

/// <summary>Inverse, square root and the questions that need the one representation of a field element.</summary>
internal static class FieldPowers
{
    /// <summary>
    /// d of the curve: -121665/121666 (<see href="https://www.rfc-editor.org/rfc/rfc8032#section-5.1">RFC 8032, 5.1</see>).
    /// </summary>
    public static FieldElement D => new(0x34dca135978a3, 0x1a8283b156ebd, 0x5e7a26001c029, 0x739c663a03cbb, 0x52036cee2b6ff);

    public static FieldElement TwiceD => new(0x69b9426b2f159, 0x35050762add7a, 0x3cf44c0038052, 0x6738cc7407977, 0x2406d9dc56dff);

    /// <summary>2^((p-1)/4), a square root of -1.</summary>
    private static FieldElement RootOfMinusOne => new(0x61b274a0ea0b0, 0x0d5a5fc8f189d, 0x7ef5e9cbd0c60, 0x78595a6804c9e, 0x2b8324804fc1d);

    /// <summary>1/f, as f^(p-2); of zero it is zero.</summary>
    public static void Invert(in FieldElement f, out FieldElement h)
    {
        Raise250(in f, out var high, out var eleven);
        FieldElement.SquareRepeatedly(in high, 5, out high);
        FieldElement.Multiply(in high, in eleven, out h);
    }

    /// <summary>
    /// A root of u/v, if there is one (RFC 8032, 5.1.3, steps 2 and 3). Takes a time that depends on the values: for public points only.
    /// </summary>
    public static bool TryRootOfRatio(in FieldElement u, in FieldElement v, out FieldElement root)
    {
        // u v^3 (u v^7)^((p-5)/8)
        FieldElement.Square(in v, out var v3);
        FieldElement.Multiply(in v3, in v, out v3);
        FieldElement.Square(in v3, out var v7);
        FieldElement.Multiply(in v7, in v, out v7);
        FieldElement.Multiply(in u, in v7, out var power);
        Raise250(in power, out var high, out _);
        FieldElement.SquareRepeatedly(in high, 2, out high);
        FieldElement.Multiply(in high, in power, out power);
        FieldElement.Multiply(in u, in v3, out root);
        FieldElement.Multiply(in root, in power, out root);

        FieldElement.Square(in root, out var check);
        FieldElement.Multiply(in check, in v, out check);
        if (AreEqual(in check, in u))
        {
            return true;
        }
        FieldElement.Negate(in u, out var minusU);
        if (!AreEqual(in check, in minusU))
        {
            return false;
        }
        FieldElement.Multiply(in root, RootOfMinusOne, out root);
        return true;
    }

    public static bool AreEqual(in FieldElement f, in FieldElement g)
    {
        Span<byte> left = stackalloc byte[FieldElement.Size],
            right = stackalloc byte[FieldElement.Size];
        f.ToBytes(left);
        g.ToBytes(right);
        return CryptographicOperations.FixedTimeEquals(left, right);
    }

    public static bool IsZero(in FieldElement f) => AreEqual(in f, default);

    /// <summary>The sign of RFC 8032: a number is negative where its lowest bit is set.</summary>
    public static bool IsNegative(in FieldElement f)
    {
        Span<byte> bytes = stackalloc byte[FieldElement.Size];
        f.ToBytes(bytes);
        return (bytes[0] & 1) != 0;
    }

    /// <summary>f^(2^250 - 1), the common part of both exponents, and f^11.</summary>
    private static void Raise250(in FieldElement f, out FieldElement high, out FieldElement eleven)
    {
        FieldElement.Square(in f, out var two);
        FieldElement.SquareRepeatedly(in two, 2, out var eight);
        FieldElement.Multiply(in eight, in f, out var nine);
        FieldElement.Multiply(in nine, in two, out eleven);
        FieldElement.Square(in eleven, out var ones5);
        FieldElement.Multiply(in ones5, in nine, out ones5);
        Double(in ones5, in ones5, 5, out var ones10);
        Double(in ones10, in ones10, 10, out var ones20);
        Double(in ones20, in ones20, 20, out var ones40);
        Double(in ones40, in ones10, 10, out var ones50);
        Double(in ones50, in ones50, 50, out var ones100);
        Double(in ones100, in ones100, 100, out var ones200);
        Double(in ones200, in ones50, 50, out high);
    }

    /// <summary>An exponent of ones made longer: shifted by <paramref name="bits"/>, then as many ones appended.</summary>
    private static void Double(in FieldElement ones, in FieldElement appended, int bits, out FieldElement longer)
    {
        FieldElement.SquareRepeatedly(in ones, bits, out longer);
        FieldElement.Multiply(in longer, in appended, out longer);
    }
}
