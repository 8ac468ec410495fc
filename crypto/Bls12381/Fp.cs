using System.Numerics;
using System.Runtime.CompilerServices;

namespace Marketplace.Crypto;

/// <summary>
/// A number modulo the 381-bit prime p of BLS12-381 in Montgomery's form, v * 2^392 modulo p, in seven limbs of 56 bits, least
/// significant first. Limbs and values may be larger between steps. An element is normal after a product, a difference or a reading: its
/// limbs are at most 2^8 over 2^56 and its value is below 3p. A sum is not carried: operations take sums of two normal elements, and more
/// where they say so. No operation branches or indexes by a value, but for those that say so.
/// </summary>
internal partial struct Fp : ICurveField<Fp>
{
    public const int Size = 48;
    public const int LimbCount = 7;
    public const int LimbBits = 56;

    private const int LimbBytes = 7;
    private const ulong Mask = (1UL << LimbBits) - 1;

    /// <summary>The limbs of p.</summary>
    private const ulong P0 = 0xfeffffffffaaab,
        P1 = 0xfffeb153ffffb9,
        P2 = 0xa0f6b0f6241eab,
        P3 = 0xf38512bf6730d2,
        P4 = 0x4bacd764774b84,
        P5 = 0xe69a4b1ba7b643,
        P6 = 0x1a0111ea397f;

    private ulong _0,
        _1,
        _2,
        _3,
        _4,
        _5,
        _6;

    public static readonly BigInteger Prime = PrimeNumber();

    /// <summary>2^784 modulo p: a product with it brings a plain number to Montgomery's form.</summary>
    private static readonly Fp RadixSquare = FromPlain(BigInteger.Pow(2, 2 * LimbCount * LimbBits) % Prime);

    /// <summary>(p - 3) / 4: p is 3 modulo 4, so this power of a square is the inverse of a root of it.</summary>
    private static readonly byte[] RootWindows = Windows((Prime - 3) / 4);

    private static readonly Fp PlainOne = FromPlain(BigInteger.One);

    private static readonly Fp OneInForm = FromNumber(BigInteger.One);

    public static ReadOnlySpan<ulong> PrimeLimbs => [P0, P1, P2, P3, P4, P5, P6];

    public static int EncodedSize => Size;

    public static Fp One => OneInForm;

    /// <summary>A public number of either sign.</summary>
    public static Fp FromNumber(BigInteger number)
    {
        var rest = number % Prime;
        Multiply(FromPlain(rest.Sign < 0 ? rest + Prime : rest), in RadixSquare, out var element);
        return element;
    }

    /// <summary>Adds limb by limb.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(in Fp left, in Fp right, out Fp sum)
    {
        sum._0 = left._0 + right._0;
        sum._1 = left._1 + right._1;
        sum._2 = left._2 + right._2;
        sum._3 = left._3 + right._3;
        sum._4 = left._4 + right._4;
        sum._5 = left._5 + right._5;
        sum._6 = left._6 + right._6;
    }

    /// <summary>Both may be sums of up to sixteen normal elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Subtract(in Fp left, in Fp right, out Fp difference)
    {
        Reduce(
            left._0 - right._0,
            left._1 - right._1,
            left._2 - right._2,
            left._3 - right._3,
            left._4 - right._4,
            left._5 - right._5,
            left._6 - right._6,
            out difference
        );
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Negate(in Fp value, out Fp negative) =>
        Reduce(0 - value._0, 0 - value._1, 0 - value._2, 0 - value._3, 0 - value._4, 0 - value._5, 0 - value._6, out negative);

    /// <summary>Makes a sum of up to sixteen normal elements normal.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Normalize(in Fp sum, out Fp normal) => Reduce(sum._0, sum._1, sum._2, sum._3, sum._4, sum._5, sum._6, out normal);

    /// <summary>A small multiple, at most 16, of a normal element.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MultiplySmall(in Fp value, ulong factor, out Fp product) =>
        Reduce(
            value._0 * factor,
            value._1 * factor,
            value._2 * factor,
            value._3 * factor,
            value._4 * factor,
            value._5 * factor,
            value._6 * factor,
            out product
        );

    /// <summary>value / 2: p is added where the value is odd.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Halve(in Fp value, out Fp half)
    {
        var mask = 0 - (value._0 & 1);
        ulong t0 = value._0 + (mask & P0),
            t1 = value._1 + (mask & P1),
            t2 = value._2 + (mask & P2),
            t3 = value._3 + (mask & P3),
            t4 = value._4 + (mask & P4),
            t5 = value._5 + (mask & P5),
            t6 = value._6 + (mask & P6);
        const int top = LimbBits - 1;
        half._0 = (t0 >> 1) + ((t1 & 1) << top);
        half._1 = (t1 >> 1) + ((t2 & 1) << top);
        half._2 = (t2 >> 1) + ((t3 & 1) << top);
        half._3 = (t3 >> 1) + ((t4 & 1) << top);
        half._4 = (t4 >> 1) + ((t5 & 1) << top);
        half._5 = (t5 >> 1) + ((t6 & 1) << top);
        half._6 = t6 >> 1;
    }

    public static void MultiplyByThreeB(in Fp value, out Fp product) => MultiplySmall(in value, 12, out product);

    public static bool IsZero(in Fp value)
    {
        var plain = value.ToPlain();
        return (plain._0 | plain._1 | plain._2 | plain._3 | plain._4 | plain._5 | plain._6) == 0;
    }

    public static bool AreEqual(in Fp left, in Fp right)
    {
        Subtract(in left, in right, out var difference);
        return IsZero(in difference);
    }

    /// <summary>The parity of RFC 9380, sgn0: 1 for odd numbers.</summary>
    public static ulong Parity(in Fp value) => value.ToPlain()._0 & 1;

    /// <summary>Takes a time that depends on the value.</summary>
    public static bool IsLarger(in Fp value)
    {
        // v > p - v for the plain number v: twice v is over p, and never p, which is odd.
        Add(in value, in value, out var twice);
        return Parity(in twice) != 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Choose(ulong mask, in Fp other, ref Fp value)
    {
        value._0 ^= mask & (value._0 ^ other._0);
        value._1 ^= mask & (value._1 ^ other._1);
        value._2 ^= mask & (value._2 ^ other._2);
        value._3 ^= mask & (value._3 ^ other._3);
        value._4 ^= mask & (value._4 ^ other._4);
        value._5 ^= mask & (value._5 ^ other._5);
        value._6 ^= mask & (value._6 ^ other._6);
    }

    public static bool TryRead(ReadOnlySpan<byte> bytes, out Fp value)
    {
        var plain = ReadLimbs(bytes);
        Multiply(in plain, in RadixSquare, out value);
        return plain.IsBelowPrime();
    }

    /// <summary>Reads 64 bytes, big-endian, modulo p.</summary>
    public static Fp ReadWide(ReadOnlySpan<byte> bytes)
    {
        const int lowSize = 32;
        Span<byte> padded = stackalloc byte[Size];
        padded.Clear();
        bytes[..lowSize].CopyTo(padded[(Size - lowSize)..]);
        Multiply(ReadLimbs(padded), in RadixSquare, out var high);
        bytes[lowSize..].CopyTo(padded[(Size - lowSize)..]);
        Multiply(ReadLimbs(padded), in RadixSquare, out var low);
        Multiply(in high, in TwoTo256, out high);
        Add(in high, in low, out high);
        Normalize(in high, out high);
        return high;
    }

    public static void Write(in Fp value, Span<byte> bytes)
    {
        var plain = value.ToPlain();
        for (var i = 0; i < Size; i++)
        {
            bytes[Size - 1 - i] = (byte)(plain.Limb(i / LimbBytes) >> (8 * (i % LimbBytes)));
        }
    }

    private static readonly Fp TwoTo256 = FromNumber(BigInteger.Pow(2, 256));

    /// <summary>
    /// Makes a difference or a sum normal; words are numbers with a sign, of at most 2^61, and the whole is below 64p. The quotient by p is
    /// estimated from the highest limb and made a quarter lower, so that the rest, from 0.2p to 1.3p, is not below zero. Then 2^62 is lent
    /// to each limb by the one above, so that none is below zero, and each hands on what is over 56 bits; no carry waits for another.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Reduce(ulong w0, ulong w1, ulong w2, ulong w3, ulong w4, ulong w5, ulong w6, out Fp value)
    {
        // 2520 is 2^420 / p * 2^-28, near enough for quotients up to 64: the highest limb counts 2^336.
        const long inverse = 2520;
        const int shift = 56;
        const ulong lent = 1UL << 62,
            taken = lent >> LimbBits;
        var quotient = (ulong)((((long)w6 * inverse) - (1L << (shift - 2))) >> shift);
        w0 += lent - (quotient * P0);
        w1 += lent - taken - (quotient * P1);
        w2 += lent - taken - (quotient * P2);
        w3 += lent - taken - (quotient * P3);
        w4 += lent - taken - (quotient * P4);
        w5 += lent - taken - (quotient * P5);
        w6 -= taken + (quotient * P6);
        value._0 = w0 & Mask;
        value._1 = (w1 & Mask) + (w0 >> LimbBits);
        value._2 = (w2 & Mask) + (w1 >> LimbBits);
        value._3 = (w3 & Mask) + (w2 >> LimbBits);
        value._4 = (w4 & Mask) + (w3 >> LimbBits);
        value._5 = (w5 & Mask) + (w4 >> LimbBits);
        value._6 = w6 + (w5 >> LimbBits);
    }

    /// <summary>The one plain number below p, with limbs below 2^56.</summary>
    private readonly Fp ToPlain()
    {
        // At most p, and p for no number but zero.
        Multiply(in this, in PlainOne, out var plain);
        var below = plain.IsBelowPrime() ? ulong.MaxValue : 0;
        Fp zero = default;
        Choose(~below, in zero, ref plain);
        return plain;
    }

    private readonly bool IsBelowPrime()
    {
        const int sign = 63;
        var borrow = (_0 - P0) >> sign;
        borrow = (_1 - P1 - borrow) >> sign;
        borrow = (_2 - P2 - borrow) >> sign;
        borrow = (_3 - P3 - borrow) >> sign;
        borrow = (_4 - P4 - borrow) >> sign;
        borrow = (_5 - P5 - borrow) >> sign;
        return (_6 - P6 - borrow) >> sign != 0;
    }

    private readonly ulong Limb(int index) => Unsafe.Add(ref Unsafe.AsRef(in _0), index);

    private static Fp ReadLimbs(ReadOnlySpan<byte> bytes)
    {
        Fp value = default;
        for (var i = 0; i < Size; i++)
        {
            Unsafe.Add(ref value._0, i / LimbBytes) |= (ulong)bytes[Size - 1 - i] << (8 * (i % LimbBytes));
        }
        return value;
    }

    private static Fp FromPlain(BigInteger number)
    {
        Span<byte> bytes = stackalloc byte[Size];
        bytes.Clear();
        number.TryWriteBytes(bytes[(Size - number.GetByteCount(isUnsigned: true))..], out _, isUnsigned: true, isBigEndian: true);
        return ReadLimbs(bytes);
    }

    private static BigInteger PrimeNumber()
    {
        var limbs = PrimeLimbs;
        var number = BigInteger.Zero;
        for (var i = LimbCount - 1; i >= 0; i--)
        {
            number = (number << LimbBits) + limbs[i];
        }
        return number;
    }
}
