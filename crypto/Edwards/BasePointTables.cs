using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Marketplace.Crypto;

/// <summary>
/// Multiples of the base point, computed once when first needed (about a millisecond) instead of being 40 KiB of constants in the source.
/// </summary>
internal static class BasePointTables
{
    public const int Rows = 32;
    public const int RowSize = 8;

    /// <summary>Odd multiples for verification: a window of 8 bits, 1B to 127B.</summary>
    private const int OddMultiples = 64;

    /// <summary>Row i holds 1 to 8 times 256^i B: digits of four bits with a sign, two digits a row.</summary>
    private static readonly AffinePoint[] Signing = BuildSigning();

    private static readonly AffinePoint[] Odd = BuildOdd();

    public static ref readonly AffinePoint OddMultiple(int multiple) => ref Odd[multiple / 2];

    /// <summary>
    /// <paramref name="digit"/>, -8 to 8, times 256^<paramref name="row"/> B. Reads the whole row and keeps one entry by masks, so neither
    /// the time nor the addresses tell the digit.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Select(int row, int digit, out AffinePoint point)
    {
        var sign = digit >> 31;
        var size = (ulong)((digit ^ sign) - sign);
        point = AffinePoint.Identity;
        ref var to = ref Unsafe.As<AffinePoint, ulong>(ref point);
        ref var from = ref Unsafe.As<AffinePoint, ulong>(ref MemoryMarshal.GetArrayDataReference(Signing));
        from = ref Unsafe.Add(ref from, row * RowSize * AffinePoint.WordCount);
        Vector256<ulong> w0 = Vector256.LoadUnsafe(ref to),
            w1 = Vector256.LoadUnsafe(ref to, 4);
        Vector256<ulong> w2 = Vector256.LoadUnsafe(ref to, 8),
            w3 = Vector256.LoadUnsafe(ref to, 12);
        var wanted = Vector256.Create(size);
        for (nuint i = 0; i < RowSize; i++)
        {
            var hit = Vector256.Equals(wanted, Vector256.Create((ulong)i + 1));
            var at = i * AffinePoint.WordCount;
            w0 = Vector256.ConditionalSelect(hit, Vector256.LoadUnsafe(ref from, at), w0);
            w1 = Vector256.ConditionalSelect(hit, Vector256.LoadUnsafe(ref from, at + 4), w1);
            w2 = Vector256.ConditionalSelect(hit, Vector256.LoadUnsafe(ref from, at + 8), w2);
            w3 = Vector256.ConditionalSelect(hit, Vector256.LoadUnsafe(ref from, at + 12), w3);
        }
        w0.StoreUnsafe(ref to);
        w1.StoreUnsafe(ref to, 4);
        w2.StoreUnsafe(ref to, 8);
        w3.StoreUnsafe(ref to, 12);
        NegateIf((ulong)(long)sign, ref point);
    }

    /// <summary>-(x, y) is (-x, y): the first two fields change places, the third its sign. The mask is all ones or zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void NegateIf(ulong mask, ref AffinePoint point)
    {
        const int limbs = 5;
        FieldElement.Negate(in point.Xy2D, out var negative);
        ref var plus = ref Unsafe.As<FieldElement, ulong>(ref point.YPlusX);
        ref var minus = ref Unsafe.As<FieldElement, ulong>(ref point.YMinusX);
        ref var product = ref Unsafe.As<FieldElement, ulong>(ref point.Xy2D);
        ref var negated = ref Unsafe.As<FieldElement, ulong>(ref negative);
        for (var i = 0; i < limbs; i++)
        {
            var swap = mask & (Unsafe.Add(ref plus, i) ^ Unsafe.Add(ref minus, i));
            Unsafe.Add(ref plus, i) ^= swap;
            Unsafe.Add(ref minus, i) ^= swap;
            Unsafe.Add(ref product, i) ^= mask & (Unsafe.Add(ref product, i) ^ Unsafe.Add(ref negated, i));
        }
    }

    private static AffinePoint[] BuildSigning()
    {
        var points = new EdwardsPoint[Rows * RowSize];
        var row = BasePoint();
        for (var i = 0; i < Rows; i++)
        {
            FillMultiples(points.AsSpan(i * RowSize, RowSize), in row, in row);
            for (var doubling = 0; doubling < 8; doubling++)
            {
                EdwardsPoint.Double(ref row);
            }
        }
        return ToAffine(points);
    }

    private static AffinePoint[] BuildOdd()
    {
        var points = new EdwardsPoint[OddMultiples];
        EdwardsPoint one = BasePoint(),
            two = one;
        EdwardsPoint.Double(ref two);
        FillMultiples(points, in one, in two);
        return ToAffine(points);
    }

    /// <summary>first, first + step, first + 2 step ...</summary>
    private static void FillMultiples(Span<EdwardsPoint> points, in EdwardsPoint first, in EdwardsPoint step)
    {
        CachedPoint.From(in step, out var cached);
        points[0] = first;
        for (var i = 1; i < points.Length; i++)
        {
            EdwardsPoint.AddOpen(in points[i - 1], in cached, out var sum);
            sum.Close(ref points[i]);
        }
    }

    /// <summary>One inversion for all: the inverse of the product of all Z, peeled off one Z after the other.</summary>
    private static AffinePoint[] ToAffine(EdwardsPoint[] points)
    {
        var products = new FieldElement[points.Length];
        var product = FieldElement.One;
        for (var i = 0; i < points.Length; i++)
        {
            products[i] = product;
            FieldElement.Multiply(in product, in points[i].Z, out product);
        }
        FieldPowers.Invert(in product, out var inverse);
        var affine = new AffinePoint[points.Length];
        for (var i = points.Length - 1; i >= 0; i--)
        {
            FieldElement.Multiply(in inverse, in products[i], out var inverseZ);
            FieldElement.Multiply(in inverse, in points[i].Z, out inverse);
            AffinePoint.From(in points[i], in inverseZ, out affine[i]);
        }
        return affine;
    }

    /// <summary>y = 4/5 with even x (RFC 8032, 5.1).</summary>
    private static EdwardsPoint BasePoint()
    {
        Span<byte> bytes = stackalloc byte[FieldElement.Size];
        bytes.Fill(0x66);
        bytes[0] = 0x58;
        return EdwardsPoint.TryDecode(bytes, out var point)
            ? point
            : throw new InvalidOperationException("This is a bug in Marketplace.Crypto: the base point does not decode.");
    }
}
