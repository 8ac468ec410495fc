using System.Runtime.InteropServices;

namespace Marketplace.Crypto;

/// <summary>
/// A point of a fixed table: y + x, y - x and 2dxy with Z = 1. One word of padding makes it 16 words, so vectors select it.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = WordCount * sizeof(ulong))]
internal struct AffinePoint
{
    public const int WordCount = 16;

    public FieldElement YPlusX,
        YMinusX,
        Xy2D;

    public static AffinePoint Identity => new() { YPlusX = FieldElement.One, YMinusX = FieldElement.One };

    /// <summary>Needs 1/Z of the point, which the caller computes for many points at once.</summary>
    public static void From(in EdwardsPoint point, in FieldElement inverseZ, out AffinePoint affine)
    {
        affine = default;
        FieldElement.Multiply(in point.X, in inverseZ, out var x);
        FieldElement.Multiply(in point.Y, in inverseZ, out var y);
        FieldElement.Add(in y, in x, out affine.YPlusX);
        FieldElement.Subtract(in y, in x, out affine.YMinusX);
        FieldElement.Multiply(in x, in y, out affine.Xy2D);
        FieldElement.Multiply(in affine.Xy2D, FieldPowers.TwiceD, out affine.Xy2D);
    }
}
