using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Marketplace.Crypto;

/// <summary>A secret number times the base point.</summary>
internal static class BasePointMultiple
{
    /// <summary>Writes the encoding of <paramref name="scalar"/> (below 2^255) times B. Constant time.</summary>
    public static void Encode(ReadOnlySpan<byte> scalar, Span<byte> encoded)
    {
        Span<sbyte> digits = stackalloc sbyte[Scalar.Radix16Digits];
        Scalar.ToRadix16(scalar, digits);
        var point = EdwardsPoint.Identity;
        AffinePoint addend = default;
        // The odd digits first, then times 16, then the even ones: half the table serves both.
        for (var i = 1; i < digits.Length; i += 2)
        {
            Add(ref point, i / 2, digits[i], ref addend);
        }
        for (var i = 0; i < 4; i++)
        {
            EdwardsPoint.Double(ref point);
        }
        for (var i = 0; i < digits.Length; i += 2)
        {
            Add(ref point, i / 2, digits[i], ref addend);
        }
        point.Encode(encoded);

        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(digits));
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(new Span<EdwardsPoint>(ref point)));
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(new Span<AffinePoint>(ref addend)));
    }

    private static void Add(ref EdwardsPoint point, int row, int digit, ref AffinePoint addend)
    {
        BasePointTables.Select(row, digit, out addend);
        EdwardsPoint.AddOpen(in point, in addend, out var sum);
        sum.Close(ref point);
    }
}
