namespace Marketplace.Crypto;

/// <summary>A point by its coordinates x and y, or infinity.</summary>
internal struct BlsAffinePoint<TField>(in TField x, in TField y, bool isInfinity)
    where TField : struct, ICurveField<TField>
{
    public TField X = x,
        Y = y;

    public readonly bool IsInfinity => isInfinity;

    public static BlsAffinePoint<TField> Infinity => new(default, default, isInfinity: true);

    public readonly BlsPoint<TField> ToPoint() =>
        IsInfinity
            ? BlsPoint<TField>.Infinity
            : new BlsPoint<TField>
            {
                X = X,
                Y = Y,
                Z = TField.One,
            };

    public readonly BlsAffinePoint<TField> Negate()
    {
        TField.Negate(in Y, out var y);
        return new BlsAffinePoint<TField>(in X, in y, IsInfinity);
    }

    /// <summary>Whether y² = x³ + b; so is infinity.</summary>
    public readonly bool IsOnCurve()
    {
        RightSide(in X, out var right);
        TField.Square(in Y, out var left);
        return IsInfinity || TField.AreEqual(in left, in right);
    }

    /// <summary>x³ + b.</summary>
    public static void RightSide(in TField x, out TField right)
    {
        TField.Square(in x, out right);
        TField.Multiply(in right, in x, out right);
        TField.Add(in right, in BlsCurve<TField>.B, out right);
    }
}
