using System.Runtime.CompilerServices;

namespace Marketplace.Crypto;

/// <summary>
/// A point of the twisted Edwards curve -x^2 + y^2 = 1 + d x^2 y^2 in extended coordinates: x = X/Z, y = Y/Z, T = XY/Z. The formulas are
/// complete, so no point needs a case of its own (<see href="https://eprint.iacr.org/2008/522">Hisil, Wong, Carter, Dawson</see>).
/// </summary>
internal struct EdwardsPoint
{
    public FieldElement X,
        Y,
        Z,
        T;

    public static EdwardsPoint Identity => new() { Y = FieldElement.One, Z = FieldElement.One };

    /// <summary>
    /// Reads an encoded point; false where it is no point, or not the point's one canonical encoding (y from p on, or a sign on x = 0).
    /// Takes a time that depends on the bytes: for public points only.
    /// </summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, out EdwardsPoint point)
    {
        point = default;
        if (!IsBelowP(bytes))
        {
            return false;
        }
        point.Y = FieldElement.FromBytes(bytes);
        point.Z = FieldElement.One;
        FieldElement.Square(in point.Y, out var y2);
        FieldElement.Subtract(in y2, FieldElement.One, out var u);
        FieldElement.Multiply(in y2, FieldPowers.D, out var v);
        FieldElement.Add(in v, FieldElement.One, out v);
        if (!FieldPowers.TryRootOfRatio(in u, in v, out point.X))
        {
            return false;
        }

        var negative = bytes[31] >> 7 == 1;
        if (negative && FieldPowers.IsZero(in point.X))
        {
            return false;
        }
        if (FieldPowers.IsNegative(in point.X) != negative)
        {
            FieldElement.Negate(in point.X, out point.X);
        }
        FieldElement.Multiply(in point.X, in point.Y, out point.T);
        return true;
    }

    public readonly void Encode(Span<byte> bytes)
    {
        FieldPowers.Invert(in Z, out var inverse);
        FieldElement.Multiply(in X, in inverse, out var x);
        FieldElement.Multiply(in Y, in inverse, out var y);
        y.ToBytes(bytes);
        Span<byte> sign = stackalloc byte[FieldElement.Size];
        x.ToBytes(sign);
        bytes[31] |= (byte)(sign[0] << 7);
    }

    /// <summary>Whether the order of the point divides the cofactor 8: then it carries nothing of a key.</summary>
    public readonly bool IsOfSmallOrder()
    {
        var point = this;
        for (var i = 0; i < 3; i++)
        {
            Double(ref point);
        }
        return FieldPowers.IsZero(in point.X) && FieldPowers.AreEqual(in point.Y, in point.Z);
    }

    public static void Double(ref EdwardsPoint point)
    {
        DoubleOpen(in point, out var sum);
        sum.Close(ref point);
    }

    public static void Negate(ref EdwardsPoint point)
    {
        FieldElement.Negate(in point.X, out point.X);
        FieldElement.Negate(in point.T, out point.T);
    }

    /// <summary>Uses X, Y, Z only.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void DoubleOpen(in EdwardsPoint point, out OpenPoint sum)
    {
        FieldElement.Square(in point.X, out var x2);
        FieldElement.Square(in point.Y, out var y2);
        FieldElement.Square(in point.Z, out var z2);
        FieldElement.Add(in z2, in z2, out z2);
        FieldElement.Add(in point.X, in point.Y, out var both);
        FieldElement.Square(in both, out both);
        FieldElement.Add(in y2, in x2, out sum.Y);
        FieldElement.Subtract(in y2, in x2, out sum.Z);
        FieldElement.Subtract(in both, in sum.Y, out sum.X);
        FieldElement.Subtract(in z2, in sum.Z, out sum.T);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddOpen(in EdwardsPoint point, in CachedPoint other, out OpenPoint sum)
    {
        Products(in point, in other.YPlusX, in other.YMinusX, in other.T2D, out var a, out var b, out var c);
        FieldElement.Multiply(in point.Z, in other.Z, out var d);
        FieldElement.Add(in d, in d, out d);
        Join(in a, in b, in c, in d, out sum.X, out sum.Y, out sum.Z, out sum.T);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SubtractOpen(in EdwardsPoint point, in CachedPoint other, out OpenPoint sum)
    {
        Products(in point, in other.YMinusX, in other.YPlusX, in other.T2D, out var a, out var b, out var c);
        FieldElement.Multiply(in point.Z, in other.Z, out var d);
        FieldElement.Add(in d, in d, out d);
        Join(in a, in b, in c, in d, out sum.X, out sum.Y, out sum.T, out sum.Z);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddOpen(in EdwardsPoint point, in AffinePoint other, out OpenPoint sum)
    {
        Products(in point, in other.YPlusX, in other.YMinusX, in other.Xy2D, out var a, out var b, out var c);
        FieldElement.Add(in point.Z, in point.Z, out var d);
        Join(in a, in b, in c, in d, out sum.X, out sum.Y, out sum.Z, out sum.T);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SubtractOpen(in EdwardsPoint point, in AffinePoint other, out OpenPoint sum)
    {
        Products(in point, in other.YMinusX, in other.YPlusX, in other.Xy2D, out var a, out var b, out var c);
        FieldElement.Add(in point.Z, in point.Z, out var d);
        Join(in a, in b, in c, in d, out sum.X, out sum.Y, out sum.T, out sum.Z);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Products(
        in EdwardsPoint point,
        in FieldElement plus,
        in FieldElement minus,
        in FieldElement t2d,
        out FieldElement a,
        out FieldElement b,
        out FieldElement c
    )
    {
        FieldElement.Add(in point.Y, in point.X, out a);
        FieldElement.Multiply(in a, in plus, out a);
        FieldElement.Subtract(in point.Y, in point.X, out b);
        FieldElement.Multiply(in b, in minus, out b);
        FieldElement.Multiply(in point.T, in t2d, out c);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Join(
        in FieldElement a,
        in FieldElement b,
        in FieldElement c,
        in FieldElement d,
        out FieldElement difference,
        out FieldElement sum,
        out FieldElement more,
        out FieldElement less
    )
    {
        FieldElement.Subtract(in a, in b, out difference);
        FieldElement.Add(in a, in b, out sum);
        FieldElement.Add(in d, in c, out more);
        FieldElement.Subtract(in d, in c, out less);
    }

    private static bool IsBelowP(ReadOnlySpan<byte> bytes)
    {
        if ((bytes[31] & 0x7f) != 0x7f || bytes[0] < 0xed)
        {
            return true;
        }
        return bytes[1..31].ContainsAnyExcept((byte)0xff);
    }
}
