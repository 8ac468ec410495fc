namespace Marketplace.Crypto;

/// <summary>
/// A point of y² = x³ + 7 in Jacobian coordinates: x = X/Z², y = Y/Z³; Z = 0 is the point at infinity. Formulas of
/// https://hyperelliptic.org/EFD/g1p/auto-shortw-jacobian-0.html (dbl-2009-l, add-2007-bl). Time depends on the values.
/// </summary>
internal readonly record struct CurvePoint(Number256 X, Number256 Y, Number256 Z)
{
    /// <summary>2^256 - 2^32 - 977.</summary>
    public static readonly Residues Field = new(
        new Number256(0xFFFFFFFEFFFFFC2F, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF)
    );

    /// <summary>Numbers modulo the order of the group.</summary>
    public static readonly Residues Scalars = new(
        new Number256(0xBFD25E8CD0364141, 0xBAAEDCE6AF48A03B, 0xFFFFFFFFFFFFFFFE, 0xFFFFFFFFFFFFFFFF)
    );

    /// <summary>SEC 2, 2.4.1: https://www.secg.org/sec2-v2.pdf</summary>
    public static readonly CurvePoint Generator = new(
        new Number256(0x59F2815B16F81798, 0x029BFCDB2DCE28D9, 0x55A06295CE870B07, 0x79BE667EF9DCBBAC),
        new Number256(0x9C47D08FFB10D4B8, 0xFD17B448A6855419, 0x5DA4FBFC0E1108A8, 0x483ADA7726A3C465),
        Number256.One
    );

    private static readonly Number256 Seven = new(7, 0, 0, 0);

    // The prime is 3 modulo 4, so the root of a square is its power to (p + 1) / 4.
    private static readonly Number256 RootExponent = new(0xFFFFFFFFBFFFFF0C, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0x3FFFFFFFFFFFFFFF);

    public bool IsInfinity => Z.IsZero;

    /// <returns>False where the coordinates are no point of the curve.</returns>
    public static bool TryCreate(Number256 x, Number256 y, out CurvePoint point)
    {
        point = new CurvePoint(x, y, Number256.One);
        return Field.Contains(x) && Field.Contains(y) && Field.Square(y) == RightSide(x);
    }

    /// <returns>False where no point has this x.</returns>
    public static bool TryCreate(Number256 x, bool yIsOdd, out CurvePoint point)
    {
        point = default;
        if (!Field.Contains(x))
        {
            return false;
        }
        var y = Field.Power(RightSide(x), RootExponent);
        if (y.IsOdd != yIsOdd)
        {
            y = Field.Negate(y);
        }
        return TryCreate(x, y, out point) && y.IsOdd == yIsOdd;
    }

    /// <summary>a * G + b * other, bit by bit for both at once.</summary>
    public static CurvePoint Combine(Number256 a, Number256 b, CurvePoint other)
    {
        var both = Generator.Add(other);
        var sum = default(CurvePoint);
        for (var i = Math.Max(a.BitLength, b.BitLength) - 1; i >= 0; i--)
        {
            sum = sum.Double();
            if (a.Bit(i))
            {
                sum = sum.Add(b.Bit(i) ? both : Generator);
            }
            else if (b.Bit(i))
            {
                sum = sum.Add(other);
            }
        }

        return sum;
    }

    public (Number256 X, Number256 Y) ToAffine()
    {
        var inverse = Field.Invert(Z);
        var square = Field.Square(inverse);
        return (Field.Multiply(X, square), Field.Multiply(Y, Field.Multiply(square, inverse)));
    }

    public CurvePoint Double()
    {
        var a = Field.Square(X);
        var b = Field.Square(Y);
        var c = Field.Square(b);
        var d = Field.Double(Field.Subtract(Field.Subtract(Field.Square(Field.Add(X, b)), a), c));
        var e = Field.Add(Field.Double(a), a);
        var x = Field.Subtract(Field.Square(e), Field.Double(d));
        var y = Field.Subtract(Field.Multiply(e, Field.Subtract(d, x)), Field.Double(Field.Double(Field.Double(c))));
        return new CurvePoint(x, y, Field.Double(Field.Multiply(Y, Z)));
    }

    public CurvePoint Add(CurvePoint other)
    {
        if (IsInfinity)
        {
            return other;
        }
        if (other.IsInfinity)
        {
            return this;
        }
        var z1 = Field.Square(Z);
        var z2 = Field.Square(other.Z);
        var u1 = Field.Multiply(X, z2);
        var u2 = Field.Multiply(other.X, z1);
        var s1 = Field.Multiply(Y, Field.Multiply(other.Z, z2));
        var s2 = Field.Multiply(other.Y, Field.Multiply(Z, z1));
        if (u1 == u2)
        {
            return s1 == s2 ? Double() : default;
        }
        var h = Field.Subtract(u2, u1);
        var i = Field.Square(Field.Double(h));
        var j = Field.Multiply(h, i);
        var r = Field.Double(Field.Subtract(s2, s1));
        var v = Field.Multiply(u1, i);
        var x = Field.Subtract(Field.Subtract(Field.Square(r), j), Field.Double(v));
        var y = Field.Subtract(Field.Multiply(r, Field.Subtract(v, x)), Field.Double(Field.Multiply(s1, j)));
        var z = Field.Multiply(Field.Subtract(Field.Subtract(Field.Square(Field.Add(Z, other.Z)), z1), z2), h);
        return new CurvePoint(x, y, z);
    }

    private static Number256 RightSide(Number256 x) => Field.Add(Field.Multiply(Field.Square(x), x), Seven);
}
