using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Marketplace.Crypto;

/// <summary>
/// Secret numbers modulo the order r of the groups. Divisions go bit by bit with masks, as the processor's take a time that depends on the
/// numbers: a few thousand steps beside a signature's millions.
/// </summary>
internal static class BlsScalar
{
    public const int Size = 32;

    private const int WordCount = Size / sizeof(ulong);

    /// <summary>r, the lowest word first.</summary>
    private static ReadOnlySpan<ulong> Order => [0xffffffff00000001, 0x53bda402fffe5bfe, 0x3339d80809a1d805, 0x73eda753299d7d48];

    /// <summary>Whether 32 bytes, big-endian, are from 1 to r - 1; only the answer is branched on.</summary>
    public static bool IsSecretKey(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
        {
            return false;
        }
        Span<ulong> words = stackalloc ulong[WordCount],
            difference = stackalloc ulong[WordCount];
        Read(bytes, words);
        var isBelow = Subtract(words, difference);
        var any = words[0] | words[1] | words[2] | words[3];
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(words));
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(difference));
        return (isBelow != 0) & (any != 0);
    }

    /// <summary>A longer number, big-endian, modulo r.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Reduce(ReadOnlySpan<byte> number, Span<byte> reduced)
    {
        Span<ulong> rest = stackalloc ulong[WordCount],
            difference = stackalloc ulong[WordCount];
        rest.Clear();
        foreach (var digit in number)
        {
            for (var bit = 7; bit >= 0; bit--)
            {
                // r is below 2^255, so the doubled rest is below 2^256.
                rest[3] = rest[3] << 1 | rest[2] >> 63;
                rest[2] = rest[2] << 1 | rest[1] >> 63;
                rest[1] = rest[1] << 1 | rest[0] >> 63;
                rest[0] = rest[0] << 1 | ((ulong)digit >> bit & 1);
                var keep = 0 - Subtract(rest, difference);
                for (var i = 0; i < WordCount; i++)
                {
                    rest[i] = difference[i] ^ (keep & (difference[i] ^ rest[i]));
                }
            }
        }
        for (var i = 0; i < WordCount; i++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(reduced[(8 * i)..], rest[WordCount - 1 - i]);
        }
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(rest));
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(difference));
    }

    /// <summary>The four digits, lowest first, of a number below r to the base |x|.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Split(ReadOnlySpan<byte> scalar, Span<ulong> digits)
    {
        Span<ulong> words = stackalloc ulong[WordCount];
        Read(scalar, words);
        for (var i = 0; i < digits.Length; i++)
        {
            var rest = 0UL;
            for (var bit = (64 * WordCount) - 1; bit >= 0; bit--)
            {
                ref var word = ref words[bit >> 6];
                var over = rest >> 63;
                rest = rest << 1 | (word >> bit & 1);
                var fits = over | (rest >= BlsGroups.MinusX ? 1UL : 0);
                rest -= (0 - fits) & BlsGroups.MinusX;
                word = (word & ~(1UL << bit)) | fits << bit;
            }
            digits[i] = rest;
        }
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(words));
    }

    private static void Read(ReadOnlySpan<byte> bytes, Span<ulong> words)
    {
        for (var i = 0; i < WordCount; i++)
        {
            words[i] = BinaryPrimitives.ReadUInt64BigEndian(bytes[(8 * (WordCount - 1 - i))..]);
        }
    }

    /// <returns>1 where the number is below r, else 0.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static ulong Subtract(ReadOnlySpan<ulong> words, Span<ulong> difference)
    {
        var borrow = 0UL;
        for (var i = 0; i < WordCount; i++)
        {
            var part = words[i] - Order[i];
            var next = (words[i] < Order[i] ? 1UL : 0) | (part < borrow ? 1UL : 0);
            difference[i] = part - borrow;
            borrow = next;
        }
        return borrow;
    }
}
