using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Marketplace.Crypto;

/// <summary>
/// Numbers modulo the order of the base point, L = 2^252 + 27742317777372353535851937790883648493, in 64-bit words, least significant
/// first. Only <see cref="IsCanonical"/> and <see cref="ToWindows"/> take a time that depends on the values; they are for public ones.
/// </summary>
internal static class Scalar
{
    public const int Size = 32;

    /// <summary>A digit a bit; the highest is never used by a number below 2^253.</summary>
    public const int WindowDigits = 256;

    public const int Radix16Digits = 64;

    private const int Words = 4;

    private static ReadOnlySpan<ulong> Order => [0x5812631a5cf5d3ed, 0x14def9dea2f79cd6, 0, 0x1000000000000000];

    /// <summary>2^512 / L, rounded down.</summary>
    private static ReadOnlySpan<ulong> Reciprocal => [0xed9ce5a30a2c131b, 0x2106215d086329a7, 0xffffffffffffffeb, 0xffffffffffffffff, 0xf];

    /// <summary>Whether the number is below L: RFC 8032, 5.1.7 demands it, else every signature would have a second form.</summary>
    public static bool IsCanonical(ReadOnlySpan<byte> bytes)
    {
        for (var i = Words - 1; i >= 0; i--)
        {
            var word = BinaryPrimitives.ReadUInt64LittleEndian(bytes[(i * 8)..]);
            if (word != Order[i])
            {
                return word < Order[i];
            }
        }
        return false;
    }

    /// <summary>64 bytes modulo L.</summary>
    public static void Reduce(ReadOnlySpan<byte> wide, Span<byte> result)
    {
        Span<ulong> words = stackalloc ulong[2 * Words];
        Read(wide, words);
        Reduce(words, result);
        Wipe(words);
    }

    /// <summary>a * b + c modulo L.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MultiplyAdd(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, ReadOnlySpan<byte> c, Span<byte> result)
    {
        Span<ulong> left = stackalloc ulong[Words],
            right = stackalloc ulong[Words],
            wide = stackalloc ulong[2 * Words];
        Read(a, left);
        Read(b, right);
        wide.Clear();
        Read(c, wide[..Words]);
        MultiplyInto(left, right, wide);
        Reduce(wide, result);
        Wipe(left);
        Wipe(right);
        Wipe(wide);
    }

    /// <summary>
    /// Barrett's reduction (Handbook of Applied Cryptography, 14.42, with b = 2^64 and k = 4): the estimated quotient is at most two too
    /// small, so L is subtracted twice, each time only by a mask.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Reduce(ReadOnlySpan<ulong> wide, Span<byte> result)
    {
        Span<ulong> estimate = stackalloc ulong[2 * Words + 2],
            product = stackalloc ulong[Words + 1],
            rest = stackalloc ulong[Words + 1];
        estimate.Clear();
        product.Clear();
        MultiplyInto(wide[(Words - 1)..], Reciprocal, estimate);
        MultiplyInto(estimate[(Words + 1)..], Order, product);
        var borrow = 0UL;
        for (var i = 0; i < rest.Length; i++)
        {
            rest[i] = SubtractWithBorrow(wide[i], product[i], ref borrow);
        }
        for (var round = 0; round < 2; round++)
        {
            SubtractOrderIfNotBelow(rest);
        }
        for (var i = 0; i < Words; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(result[(i * 8)..], rest[i]);
        }
        Wipe(estimate);
        Wipe(product);
        Wipe(rest);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SubtractOrderIfNotBelow(Span<ulong> rest)
    {
        Span<ulong> reduced = stackalloc ulong[Words + 1];
        var borrow = 0UL;
        for (var i = 0; i < reduced.Length; i++)
        {
            reduced[i] = SubtractWithBorrow(rest[i], i < Words ? Order[i] : 0, ref borrow);
        }
        var keep = 0 - borrow;
        for (var i = 0; i < reduced.Length; i++)
        {
            rest[i] = (rest[i] & keep) | (reduced[i] & ~keep);
        }
        Wipe(reduced);
    }

    /// <summary>sum += a * b, schoolbook; what is carried out of the last word of <paramref name="sum"/> is dropped.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyInto(ReadOnlySpan<ulong> a, ReadOnlySpan<ulong> b, Span<ulong> sum)
    {
        for (var i = 0; i < a.Length; i++)
        {
            var carry = 0UL;
            var at = i;
            for (var j = 0; j < b.Length && at < sum.Length; j++, at++)
            {
                var part = Math.BigMul(a[i], b[j]) + sum[at] + carry;
                sum[at] = (ulong)part;
                carry = (ulong)(part >> 64);
            }
            for (; at < sum.Length; at++)
            {
                var part = (UInt128)sum[at] + carry;
                sum[at] = (ulong)part;
                carry = (ulong)(part >> 64);
            }
        }
    }

    /// <summary>Digits of -8 to 8 (only the last can be 8) with number = sum of digit i times 16^i, for numbers below 2^255.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ToRadix16(ReadOnlySpan<byte> bytes, Span<sbyte> digits)
    {
        for (var i = 0; i < Size; i++)
        {
            digits[2 * i] = (sbyte)(bytes[i] & 15);
            digits[2 * i + 1] = (sbyte)(bytes[i] >> 4);
        }
        var carry = 0;
        for (var i = 0; i < Radix16Digits - 1; i++)
        {
            var digit = digits[i] + carry;
            carry = (digit + 8) >> 4;
            digits[i] = (sbyte)(digit - (carry << 4));
        }
        digits[Radix16Digits - 1] += (sbyte)carry;
    }

    /// <summary>
    /// The non-adjacent form of a width: digits odd or zero, below 2^(width-1) in size, at least width - 1 zeros after each. For numbers
    /// below L.
    /// </summary>
    public static void ToWindows(ReadOnlySpan<byte> bytes, int width, Span<sbyte> digits)
    {
        digits.Clear();
        Span<ulong> words = stackalloc ulong[Words + 1];
        Read(bytes, words[..Words]);
        words[Words] = 0;
        var carry = 0;
        for (var at = 0; at < WindowDigits; )
        {
            var low = words[at / 64] >> (at % 64);
            if (at % 64 != 0)
            {
                low |= words[at / 64 + 1] << (64 - at % 64);
            }
            var window = carry + (int)(low & ((1UL << width) - 1));
            if ((window & 1) == 0)
            {
                at++;
                continue;
            }
            carry = window >> (width - 1);
            digits[at] = (sbyte)(window - (carry << width));
            at += width;
        }
    }

    private static void Read(ReadOnlySpan<byte> bytes, Span<ulong> words)
    {
        for (var i = 0; i < words.Length; i++)
        {
            words[i] = BinaryPrimitives.ReadUInt64LittleEndian(bytes[(i * 8)..]);
        }
    }

    /// <summary>The borrow is computed from the bits, not by a comparison that could become a branch.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong SubtractWithBorrow(ulong a, ulong b, ref ulong borrow)
    {
        var difference = a - b - borrow;
        borrow = ((~a & b) | ((~a | b) & difference)) >> 63;
        return difference;
    }

    private static void Wipe(Span<ulong> words) => CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(words));
}
