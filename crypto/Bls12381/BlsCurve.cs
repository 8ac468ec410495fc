namespace Marketplace.Crypto;

/// <summary>What of a curve is made from its field alone.</summary>
internal static class BlsCurve<TField>
    where TField : struct, ICurveField<TField>
{
    /// <summary>b of y² = x³ + b: 4, and 4 (1 + u); 3b is twelve times what twelve is multiplied with.</summary>
    public static readonly TField B = MakeB();

    private static TField MakeB()
    {
        // 3b / 3, as 12 (1 + u) is at hand and 4 (1 + u) is not.
        TField.MultiplyByThreeB(TField.One, out var threeB);
        TField.MultiplySmall(TField.One, 3, out var three);
        TField.Invert(in three, out three);
        TField.Multiply(in threeB, in three, out var b);
        return b;
    }
}
