using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Marketplace.Crypto;

/// <summary>
/// Secret multiples of points. The same additions are made whatever the number is, with complete formulas; entries of tables are chosen by
/// reading all of them.
/// </summary>
internal static class BlsSecretMultiple
{
    private const int WindowBits = 4;
    private const int Window = 1 << WindowBits;
    private const int Dimensions = 4;

    /// <summary>scalar * point, in 64 windows of four bits.</summary>
    /// <param name="scalar">32 bytes, big-endian.</param>
    public static void Multiply<TField>(in BlsPoint<TField> point, ReadOnlySpan<byte> scalar, out BlsPoint<TField> product)
        where TField : unmanaged, ICurveField<TField>
    {
        Span<BlsPoint<TField>> table = stackalloc BlsPoint<TField>[Window];
        table[0] = BlsPoint<TField>.Infinity;
        for (var i = 1; i < Window; i++)
        {
            BlsPoint<TField>.Add(in table[i - 1], in point, out table[i]);
        }
        var sum = BlsPoint<TField>.Infinity;
        BlsPoint<TField> entry = default;
        foreach (var digits in scalar)
        {
            for (var shift = WindowBits; shift >= 0; shift -= WindowBits)
            {
                for (var i = 0; i < WindowBits; i++)
                {
                    BlsPoint<TField>.Double(in sum, out sum);
                }
                Select(table, ((ulong)digits >> shift) & (Window - 1), ref entry);
                BlsPoint<TField>.Add(in sum, in entry, out sum);
            }
        }
        product = sum;
        Wipe(ref sum);
        Wipe(ref entry);
    }

    /// <summary>
    /// scalar * point for a point of G2: with the digits d of the scalar to the base |x|, d0 P0 + d1 P1 + d2 P2 + d3 P3, where each P is
    /// -psi of the one before; 64 doublings and additions instead of 256 (<see href="https://eprint.iacr.org/2008/194">Galbraith, Lin,
    /// Scott</see>).
    /// </summary>
    public static void MultiplyInSubgroup(in BlsPoint<Fp2> point, ReadOnlySpan<byte> scalar, out BlsPoint<Fp2> product)
    {
        Span<BlsPoint<Fp2>> table = stackalloc BlsPoint<Fp2>[1 << Dimensions];
        table[0] = BlsPoint<Fp2>.Infinity;
        var image = point;
        for (var i = 1; i < table.Length; i *= 2)
        {
            table[i] = image;
            for (var j = 1; j < i; j++)
            {
                BlsPoint<Fp2>.Add(in table[j], in image, out table[i + j]);
            }
            BlsGroups.Psi(in image, out image);
            BlsPoint<Fp2>.Negate(in image, out image);
        }

        Span<ulong> digits = stackalloc ulong[Dimensions];
        BlsScalar.Split(scalar, digits);
        var sum = BlsPoint<Fp2>.Infinity;
        BlsPoint<Fp2> entry = default;
        for (var bit = 63; bit >= 0; bit--)
        {
            BlsPoint<Fp2>.Double(in sum, out sum);
            var index = (digits[0] >> bit & 1) | (digits[1] >> bit & 1) << 1 | (digits[2] >> bit & 1) << 2 | (digits[3] >> bit & 1) << 3;
            Select(table, index, ref entry);
            BlsPoint<Fp2>.Add(in sum, in entry, out sum);
        }
        product = sum;
        Wipe(ref sum);
        Wipe(ref entry);
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(digits));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Select<TField>(ReadOnlySpan<BlsPoint<TField>> table, ulong index, ref BlsPoint<TField> entry)
        where TField : unmanaged, ICurveField<TField>
    {
        for (var i = 0; i < table.Length; i++)
        {
            // All ones where i is the index: only then is the difference 0, and 0 - 1 negative.
            var mask = (ulong)((long)(((ulong)i ^ index) - 1) >> 63);
            BlsPoint<TField>.Choose(mask, in table[i], ref entry);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Wipe<TField>(ref BlsPoint<TField> point)
        where TField : unmanaged, ICurveField<TField> =>
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(new Span<BlsPoint<TField>>(ref point)));
}
