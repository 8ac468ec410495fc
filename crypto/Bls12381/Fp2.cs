using System.Numerics;
using System.Runtime.CompilerServices;

namespace Marketplace.Crypto;

/// <summary>C0 + C1 u with u² = -1. Sums and normal elements as for <see cref="Fp"/>; no operation branches by a value.</summary>
internal struct Fp2(in Fp c0, in Fp c1) : ICurveField<Fp2>
{
    public Fp C0 = c0,
        C1 = c1;

    public static int EncodedSize => 2 * Fp.Size;

    public static Fp2 One => new(Fp.One, default);

    public static Fp2 FromNumbers(BigInteger c0, BigInteger c1) => new(Fp.FromNumber(c0), Fp.FromNumber(c1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(in Fp2 left, in Fp2 right, out Fp2 sum)
    {
        Fp.Add(in left.C0, in right.C0, out sum.C0);
        Fp.Add(in left.C1, in right.C1, out sum.C1);
    }

    public static void Subtract(in Fp2 left, in Fp2 right, out Fp2 difference)
    {
        Fp.Subtract(in left.C0, in right.C0, out difference.C0);
        Fp.Subtract(in left.C1, in right.C1, out difference.C1);
    }

    public static void Normalize(in Fp2 sum, out Fp2 normal)
    {
        Fp.Normalize(in sum.C0, out normal.C0);
        Fp.Normalize(in sum.C1, out normal.C1);
    }

    public static void Negate(in Fp2 value, out Fp2 negative)
    {
        Fp.Negate(in value.C0, out negative.C0);
        Fp.Negate(in value.C1, out negative.C1);
    }

    public static void Conjugate(in Fp2 value, out Fp2 conjugate)
    {
        conjugate.C0 = value.C0;
        Fp.Negate(in value.C1, out conjugate.C1);
    }

    public static void MultiplySmall(in Fp2 value, ulong factor, out Fp2 product)
    {
        Fp.MultiplySmall(in value.C0, factor, out product.C0);
        Fp.MultiplySmall(in value.C1, factor, out product.C1);
    }

    public static void Halve(in Fp2 value, out Fp2 half)
    {
        Fp.Halve(in value.C0, out half.C0);
        Fp.Halve(in value.C1, out half.C1);
    }

    [SkipLocalsInit]
    public static void Multiply(in Fp2 left, in Fp2 right, out Fp2 product)
    {
        Fp.MultiplyPairs(in left.C0, in left.C1, in right.C0, in right.C1, out product.C0, out product.C1);
    }

    public static void Multiply(in Fp2 left, in Fp right, out Fp2 product)
    {
        Fp.Multiply(in left.C0, in right, out product.C0);
        Fp.Multiply(in left.C1, in right, out product.C1);
    }

    /// <summary>(c0 + c1) (c0 - c1) and 2 c0 c1.</summary>
    [SkipLocalsInit]
    public static void Square(in Fp2 value, out Fp2 square)
    {
        Fp.Add(in value.C0, in value.C1, out var sum);
        Fp.SubtractForProduct(in value.C0, in value.C1, out var difference);
        Fp.Add(in value.C0, in value.C0, out var twice);
        Fp.Multiply(in twice, in value.C1, out square.C1);
        Fp.Multiply(in sum, in difference, out square.C0);
    }

    /// <summary>value * (1 + u), the number whose cube root makes Fp6.</summary>
    [SkipLocalsInit]
    public static void MultiplyByXi(in Fp2 value, out Fp2 product)
    {
        Fp.Add(in value.C0, in value.C1, out var sum);
        Fp.Subtract(in value.C0, in value.C1, out product.C0);
        Fp.Normalize(in sum, out product.C1);
    }

    public static void MultiplyByThreeB(in Fp2 value, out Fp2 product)
    {
        MultiplyByXi(in value, out product);
        MultiplySmall(in product, 12, out product);
    }

    /// <summary>c0² + c1².</summary>
    public static void Norm(in Fp2 value, out Fp norm) => Fp.SumOfProducts(in value.C0, in value.C0, in value.C1, in value.C1, out norm);

    public static void Invert(in Fp2 value, out Fp2 inverse)
    {
        Norm(in value, out var norm);
        Fp.Invert(in norm, out norm);
        Conjugate(in value, out inverse);
        Multiply(in inverse, in norm, out inverse);
    }

    /// <summary>Any power with a public exponent; slow, for constants.</summary>
    public static Fp2 Power(Fp2 value, BigInteger exponent)
    {
        var power = One;
        for (; !exponent.IsZero; exponent >>= 1)
        {
            if (!exponent.IsEven)
            {
                Multiply(in power, in value, out power);
            }
            Square(in value, out value);
        }
        return power;
    }

    public static bool TryRoot(in Fp2 value, out Fp2 root)
    {
        Norm(in value, out var norm);
        Fp.TryRoot(in norm, out var normRoot);
        RootOf(in value, in normRoot, out root);
        Square(in root, out var square);
        return AreEqual(in square, in value);
    }

    /// <summary>
    /// A root of a square c0 + c1 u from a root n of its norm: if (c0 + n) / 2 is a square, its root is x of the root x + y u and y is
    /// c1 / 2x; if not, (n - c0) / 2 with the other n is one, of y (<see href="https://eprint.iacr.org/2012/685">Adj and Rodriguez,
    /// algorithm 8</see>). One power serves root, inverse and question.
    /// </summary>
    public static void RootOf(in Fp2 value, in Fp normRoot, out Fp2 root)
    {
        Fp.Add(in value.C0, in normRoot, out var square);
        Fp.Halve(in square, out square);
        // Zero where c1 is zero and n is -c0: then the other n, which gives c0.
        Fp.Choose(MaskOf(Fp.IsZero(in square)), in value.C0, ref square);
        Fp.InverseRoot(in square, out var inverse);
        Fp.Multiply(in square, in inverse, out var first);
        Fp.Multiply(in value.C1, in inverse, out var second);
        Fp.Halve(in second, out second);
        // first * inverse is 1 where it was a square, else -1: the inverse of the root is then -inverse, and x and y change places.
        Fp.Multiply(in first, in inverse, out var character);
        var isSquare = MaskOf(Fp.AreEqual(in character, Fp.One));
        Fp.Negate(in second, out var negative);
        root.C0 = negative;
        root.C1 = first;
        Fp.Choose(isSquare, in first, ref root.C0);
        Fp.Choose(isSquare, in second, ref root.C1);
    }

    public static ulong MaskOf(bool condition) => condition ? ulong.MaxValue : 0;

    public static bool IsZero(in Fp2 value) => Fp.IsZero(in value.C0) & Fp.IsZero(in value.C1);

    public static bool AreEqual(in Fp2 left, in Fp2 right) => Fp.AreEqual(in left.C0, in right.C0) & Fp.AreEqual(in left.C1, in right.C1);

    public static bool IsLarger(in Fp2 value) => Fp.IsLarger(Fp.IsZero(in value.C1) ? value.C0 : value.C1);

    /// <summary>The sign of RFC 9380, sgn0: the parity of c0, or of c1 where c0 is zero.</summary>
    public static ulong Sign(in Fp2 value) => Fp.Parity(in value.C0) | (MaskOf(Fp.IsZero(in value.C0)) & Fp.Parity(in value.C1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Choose(ulong mask, in Fp2 other, ref Fp2 value)
    {
        Fp.Choose(mask, in other.C0, ref value.C0);
        Fp.Choose(mask, in other.C1, ref value.C1);
    }

    public static bool TryRead(ReadOnlySpan<byte> bytes, out Fp2 value) =>
        Fp.TryRead(bytes[..Fp.Size], out value.C1) & Fp.TryRead(bytes[Fp.Size..], out value.C0);

    public static void Write(in Fp2 value, Span<byte> bytes)
    {
        Fp.Write(in value.C1, bytes);
        Fp.Write(in value.C0, bytes[Fp.Size..]);
    }
}
