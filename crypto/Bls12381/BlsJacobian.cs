using System.Runtime.CompilerServices;

namespace Marketplace.Crypto;

/// <summary>
/// Many doublings of a public point, as multiples by x need them: in coordinates x = X/Z², y = Y/Z³ each takes a fifth less than in
/// homogeneous ones. Formulas of <see href="https://hyperelliptic.org/EFD/g1p/auto-shortw-jacobian-0.html">dbl-2009-l</see>.
/// </summary>
internal static class BlsJacobian<TField>
    where TField : struct, ICurveField<TField>
{
    /// <summary>Fewer doublings do not repay the way there and back.</summary>
    private const int RunMin = 6;

    /// <summary>Doubles a point of odd order, or infinity, as often as is said.</summary>
    public static void Double(in BlsPoint<TField> point, int times, out BlsPoint<TField> multiple)
    {
        if (times >= RunMin)
        {
            DoubleRun(in point, times, out multiple);
            return;
        }
        multiple = point;
        for (var i = 0; i < times; i++)
        {
            BlsPoint<TField>.Double(in multiple, out multiple);
        }
    }

    [SkipLocalsInit]
    private static void DoubleRun(in BlsPoint<TField> point, int times, out BlsPoint<TField> multiple)
    {
        // (X : Y : Z) is (XZ : YZ² : Z) there.
        TField.Multiply(in point.X, in point.Z, out var x);
        TField.Square(in point.Z, out var zz);
        TField.Multiply(in point.Y, in zz, out var y);
        var z = point.Z;
        for (var i = 0; i < times; i++)
        {
            TField.Square(in x, out var a);
            TField.Square(in y, out var b);
            TField.Square(in b, out var c);
            TField.Add(in x, in b, out var d);
            TField.Square(in d, out d);
            TField.Add(in a, in c, out var sum);
            TField.Subtract(in d, in sum, out d);
            TField.Add(in d, in d, out d);
            TField.MultiplySmall(in a, 3, out var e);
            TField.Multiply(in y, in z, out z);
            TField.MultiplySmall(in z, 2, out z);
            TField.Square(in e, out x);
            TField.Add(in d, in d, out sum);
            TField.Subtract(in x, in sum, out x);
            TField.Subtract(in d, in x, out d);
            TField.Multiply(in e, in d, out y);
            TField.MultiplySmall(in c, 8, out c);
            TField.Subtract(in y, in c, out y);
        }
        // And back: (X/Z² : Y/Z³ : 1) is (XZ : Y : Z³).
        TField.Multiply(in x, in z, out multiple.X);
        multiple.Y = y;
        TField.Square(in z, out zz);
        TField.Multiply(in zz, in z, out multiple.Z);
        // Infinity has a y.
        TField.Choose(Fp2.MaskOf(TField.IsZero(in multiple.Z)), TField.One, ref multiple.Y);
    }
}
