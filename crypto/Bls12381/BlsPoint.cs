using System.Numerics;
using System.Runtime.CompilerServices;

namespace Marketplace.Crypto;

/// <summary>
/// A point of y² = x³ + b, over Fp for G1 and over Fp2 for G2, in homogeneous coordinates x = X/Z, y = Y/Z; infinity is (0 : 1 : 0). The
/// formulas are complete: they hold for all points of odd order and for infinity, so nothing is asked about the points
/// (<see href="https://eprint.iacr.org/2015/1060">Renes, Costello, Batina: algorithms 7 and 9</see>). Coordinates are normal.
/// </summary>
internal struct BlsPoint<TField>
    where TField : struct, ICurveField<TField>
{
    public TField X,
        Y,
        Z;

    public static BlsPoint<TField> Infinity => new() { Y = TField.One };

    public readonly bool IsInfinity => TField.IsZero(in Z);

    [SkipLocalsInit]
    public static void Add(in BlsPoint<TField> left, in BlsPoint<TField> right, out BlsPoint<TField> sum)
    {
        TField.Multiply(in left.X, in right.X, out var xx);
        TField.Multiply(in left.Y, in right.Y, out var yy);
        TField.Multiply(in left.Z, in right.Z, out var zz);
        Cross(in left.X, in left.Y, in right.X, in right.Y, in xx, in yy, out var xy);
        Cross(in left.Y, in left.Z, in right.Y, in right.Z, in yy, in zz, out var yz);
        Cross(in left.X, in left.Z, in right.X, in right.Z, in xx, in zz, out var xz);
        Finish(in xx, in yy, in zz, in xy, in yz, in xz, out sum);
    }

    /// <summary>The same for a right side with Z = 1, which is not infinity.</summary>
    [SkipLocalsInit]
    public static void Add(in BlsPoint<TField> left, in BlsAffinePoint<TField> right, out BlsPoint<TField> sum)
    {
        TField.Multiply(in left.X, in right.X, out var xx);
        TField.Multiply(in left.Y, in right.Y, out var yy);
        Cross(in left.X, in left.Y, in right.X, in right.Y, in xx, in yy, out var xy);
        TField.Multiply(in left.Z, in right.Y, out var yz);
        TField.Add(in yz, in left.Y, out yz);
        TField.Multiply(in left.Z, in right.X, out var xz);
        TField.Add(in xz, in left.X, out xz);
        Finish(in xx, in yy, in left.Z, in xy, in yz, in xz, out sum);
    }

    [SkipLocalsInit]
    public static void Double(in BlsPoint<TField> point, out BlsPoint<TField> twice)
    {
        TField.Square(in point.Y, out var yy);
        TField.Multiply(in point.Y, in point.Z, out var yz);
        TField.Square(in point.Z, out var zz);
        TField.Multiply(in point.X, in point.Y, out var xy);
        TField.MultiplyByThreeB(in zz, out zz);
        TField.MultiplySmall(in yy, 8, out var yy8);
        TField.Multiply(in zz, in yy8, out var x);
        TField.Multiply(in yz, in yy8, out twice.Z);
        TField.Add(in yy, in zz, out var sum);
        TField.MultiplySmall(in zz, 3, out zz);
        TField.Subtract(in yy, in zz, out var difference);
        TField.Multiply(in difference, in sum, out var y);
        TField.Add(in x, in y, out y);
        TField.Normalize(in y, out twice.Y);
        TField.Multiply(in difference, in xy, out x);
        TField.MultiplySmall(in x, 2, out twice.X);
    }

    public static void Negate(in BlsPoint<TField> point, out BlsPoint<TField> negative)
    {
        negative.X = point.X;
        TField.Negate(in point.Y, out negative.Y);
        negative.Z = point.Z;
    }

    public static void Subtract(in BlsPoint<TField> left, in BlsPoint<TField> right, out BlsPoint<TField> difference)
    {
        Negate(in right, out var negative);
        Add(in left, in negative, out difference);
    }

    public static bool AreEqual(in BlsPoint<TField> left, in BlsPoint<TField> right)
    {
        TField.Multiply(in left.X, in right.Z, out var leftX);
        TField.Multiply(in right.X, in left.Z, out var rightX);
        TField.Multiply(in left.Y, in right.Z, out var leftY);
        TField.Multiply(in right.Y, in left.Z, out var rightY);
        return TField.AreEqual(in leftX, in rightX) & TField.AreEqual(in leftY, in rightY) & left.IsInfinity == right.IsInfinity;
    }

    /// <summary>Copies <paramref name="other"/> where <paramref name="mask"/> is all ones, nothing where it is zero.</summary>
    public static void Choose(ulong mask, in BlsPoint<TField> other, ref BlsPoint<TField> value)
    {
        TField.Choose(mask, in other.X, ref value.X);
        TField.Choose(mask, in other.Y, ref value.Y);
        TField.Choose(mask, in other.Z, ref value.Z);
    }

    /// <summary>number * point, for a public number other than zero: runs of doublings with an addition after each.</summary>
    public static void MultiplyPublic(in BlsPoint<TField> point, ulong number, out BlsPoint<TField> product)
    {
        var sum = point;
        var bit = BitOperations.Log2(number);
        while (bit > 0)
        {
            var rest = number & ((1UL << bit) - 1);
            var next = rest == 0 ? 0 : BitOperations.Log2(rest);
            BlsJacobian<TField>.Double(in sum, bit - next, out sum);
            if (rest != 0)
            {
                Add(in sum, in point, out sum);
            }
            bit = next;
        }
        product = sum;
    }

    public readonly BlsAffinePoint<TField> ToAffine()
    {
        TField.Invert(in Z, out var inverse);
        TField.Multiply(in X, in inverse, out var x);
        TField.Multiply(in Y, in inverse, out var y);
        return new BlsAffinePoint<TField>(in x, in y, IsInfinity);
    }

    /// <summary>a * d + b * c, from the products a * c and b * d; a sum of two.</summary>
    private static void Cross(in TField a, in TField b, in TField c, in TField d, in TField ac, in TField bd, out TField cross)
    {
        TField.Add(in a, in b, out var left);
        TField.Add(in c, in d, out var right);
        TField.Multiply(in left, in right, out cross);
        TField.Add(in ac, in bd, out var sum);
        TField.Subtract(in cross, in sum, out cross);
    }

    [SkipLocalsInit]
    private static void Finish(
        in TField xx,
        in TField yy,
        in TField zz,
        in TField xy,
        in TField yz,
        in TField xz,
        out BlsPoint<TField> point
    )
    {
        TField.MultiplySmall(in xx, 3, out var threeXx);
        TField.MultiplyByThreeB(in zz, out var zzB);
        TField.Normalize(in xz, out var xzB);
        TField.MultiplyByThreeB(in xzB, out xzB);
        TField.Add(in yy, in zzB, out var sum);
        TField.Subtract(in yy, in zzB, out var difference);
        TField.Multiply(in xy, in difference, out var x);
        TField.Multiply(in yz, in xzB, out var t);
        TField.Subtract(in x, in t, out point.X);
        TField.Multiply(in difference, in sum, out var y);
        TField.Multiply(in xzB, in threeXx, out t);
        TField.Add(in y, in t, out y);
        TField.Normalize(in y, out point.Y);
        TField.Multiply(in sum, in yz, out var z);
        TField.Multiply(in threeXx, in xy, out t);
        TField.Add(in z, in t, out z);
        TField.Normalize(in z, out point.Z);
    }
}
