using System.Runtime.CompilerServices;

namespace Marketplace.Crypto;

/// <summary>A line through points of G2, whose value at (x, y) of G1 is Constant + OfX x v + OfY y v w.</summary>
internal struct BlsLine
{
    public Fp2 Constant,
        OfX,
        OfY;

    /// <summary>The line with x and y put in: its three coefficients at 1, v and v w.</summary>
    public readonly void At(in BlsAffinePoint<Fp> place, out BlsLine value)
    {
        value.Constant = Constant;
        Fp2.Multiply(in OfX, in place.X, out value.OfX);
        Fp2.Multiply(in OfY, in place.Y, out value.OfY);
    }

    /// <summary>
    /// The product of two lines' values, by six products (Karatsuba); the coefficient at w is zero.
    /// </summary>
    [SkipLocalsInit]
    public static void Multiply(in BlsLine left, in BlsLine right, out Fp12 product)
    {
        Fp2.Multiply(in left.Constant, in right.Constant, out var constants);
        Fp2.Multiply(in left.OfX, in right.OfX, out product.C0.C2);
        Fp2.Multiply(in left.OfY, in right.OfY, out var ys);
        MultiplySums(in left.Constant, in left.OfX, in right.Constant, in right.OfX, in constants, in product.C0.C2, out product.C0.C1);
        MultiplySums(in left.Constant, in left.OfY, in right.Constant, in right.OfY, in constants, in ys, out product.C1.C1);
        MultiplySums(in left.OfX, in left.OfY, in right.OfX, in right.OfY, in product.C0.C2, in ys, out product.C1.C2);
        // (v w)² is v³, 1 + u.
        Fp6.AddXi(in constants, in ys, default, out product.C0.C0);
        product.C1.C0 = default;
    }

    /// <summary>a d + b c, from the products a c and b d.</summary>
    private static void MultiplySums(in Fp2 a, in Fp2 b, in Fp2 c, in Fp2 d, in Fp2 ac, in Fp2 bd, out Fp2 product)
    {
        Fp2.Add(in a, in b, out var left);
        Fp2.Add(in c, in d, out var right);
        Fp2.Multiply(in left, in right, out product);
        Fp2.Add(in ac, in bd, out var sum);
        Fp2.Subtract(in product, in sum, out product);
    }
}
