namespace Marketplace.Crypto;

/// <summary>A line through points of G2, whose value at (x, y) of G1 is Constant + OfX x v + OfY y v w.</summary>
internal struct BlsLine
{
    public Fp2 Constant,
        OfX,
        OfY;

    public readonly void MultiplyInto(in BlsAffinePoint<Fp> place, ref Fp12 product)
    {
        Fp2.Multiply(in OfX, in place.X, out var x);
        Fp2.Multiply(in OfY, in place.Y, out var y);
        Fp12.MultiplyByLine(in product, in Constant, in x, in y, out product);
    }
}
