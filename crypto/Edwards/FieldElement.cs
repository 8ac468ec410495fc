using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Marketplace.Crypto;

/// <summary>
/// A number modulo p = 2^255 - 19 in five limbs of 51 bits, least significant first. Limbs may be larger between steps: products take
/// limbs below 2^54, and products, squares, differences and negations give limbs below 2^52, so two sums may be chained before a
/// product. No operation branches or indexes by a value; the methods that handle secrets are always compiled optimised, because the
/// first tier of compilation turns carries into branches.
/// </summary>
internal struct FieldElement
{
    public const int Size = 32;

    private const int LimbBits = 51;
    private const ulong Mask = (1UL << LimbBits) - 1;

    private ulong _0,
        _1,
        _2,
        _3,
        _4;

    public FieldElement(ulong limb0, ulong limb1, ulong limb2, ulong limb3, ulong limb4) =>
        (_0, _1, _2, _3, _4) = (limb0, limb1, limb2, limb3, limb4);

    public static FieldElement One => new(1, 0, 0, 0, 0);

    /// <summary>
    /// Reads 255 bits, little-endian; the highest bit is not the number's. Values from p on are read as they are, not refused.
    /// </summary>
    public static FieldElement FromBytes(ReadOnlySpan<byte> bytes)
    {
        var a = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        var b = BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]);
        var c = BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]);
        var d = BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]);
        return new FieldElement(
            a & Mask,
            (a >> 51 | b << 13) & Mask,
            (b >> 38 | c << 26) & Mask,
            (c >> 25 | d << 39) & Mask,
            d >> 12 & Mask
        );
    }

    /// <summary>Writes the one number below p, 32 bytes little-endian.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void ToBytes(Span<byte> bytes)
    {
        var f = this;
        Carry(ref f);
        // The quotient by p, 0 or 1: the carry out of the top when 19 is added.
        var q = (f._0 + 19) >> LimbBits;
        q = (f._1 + q) >> LimbBits;
        q = (f._2 + q) >> LimbBits;
        q = (f._3 + q) >> LimbBits;
        q = (f._4 + q) >> LimbBits;
        f._0 += 19 * q;
        f._1 += f._0 >> LimbBits;
        f._2 += f._1 >> LimbBits;
        f._3 += f._2 >> LimbBits;
        f._4 += f._3 >> LimbBits;
        ulong l0 = f._0 & Mask,
            l1 = f._1 & Mask,
            l2 = f._2 & Mask,
            l3 = f._3 & Mask,
            l4 = f._4 & Mask;
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, l0 | l1 << 51);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], l1 >> 13 | l2 << 38);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], l2 >> 26 | l3 << 25);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[24..], l3 >> 39 | l4 << 12);
    }

    /// <summary>Limbs are added without carrying.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(in FieldElement f, in FieldElement g, out FieldElement h)
    {
        h._0 = f._0 + g._0;
        h._1 = f._1 + g._1;
        h._2 = f._2 + g._2;
        h._3 = f._3 + g._3;
        h._4 = f._4 + g._4;
    }

    /// <summary>16p is added first, so that no limb goes below zero for limbs of <paramref name="g"/> below 2^54.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Subtract(in FieldElement f, in FieldElement g, out FieldElement h)
    {
        const ulong low = 16 * (Mask - 18),
            other = 16 * Mask;
        h._0 = f._0 + low - g._0;
        h._1 = f._1 + other - g._1;
        h._2 = f._2 + other - g._2;
        h._3 = f._3 + other - g._3;
        h._4 = f._4 + other - g._4;
        Carry(ref h);
    }

    public static void Negate(in FieldElement f, out FieldElement h) => Subtract(default, in f, out h);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(in FieldElement f, in FieldElement g, out FieldElement h)
    {
        ulong a0 = f._0,
            a1 = f._1,
            a2 = f._2,
            a3 = f._3,
            a4 = f._4;
        ulong b0 = g._0,
            b1 = g._1,
            b2 = g._2,
            b3 = g._3,
            b4 = g._4;
        // 2^255 = 19 modulo p: what overflows the top limb comes back at the bottom, times 19.
        ulong w1 = 19 * b1,
            w2 = 19 * b2,
            w3 = 19 * b3,
            w4 = 19 * b4;
        var c0 = Math.BigMul(a0, b0) + Math.BigMul(a4, w1) + Math.BigMul(a3, w2) + Math.BigMul(a2, w3) + Math.BigMul(a1, w4);
        var c1 = Math.BigMul(a1, b0) + Math.BigMul(a0, b1) + Math.BigMul(a4, w2) + Math.BigMul(a3, w3) + Math.BigMul(a2, w4);
        var c2 = Math.BigMul(a2, b0) + Math.BigMul(a1, b1) + Math.BigMul(a0, b2) + Math.BigMul(a4, w3) + Math.BigMul(a3, w4);
        var c3 = Math.BigMul(a3, b0) + Math.BigMul(a2, b1) + Math.BigMul(a1, b2) + Math.BigMul(a0, b3) + Math.BigMul(a4, w4);
        var c4 = Math.BigMul(a4, b0) + Math.BigMul(a3, b1) + Math.BigMul(a2, b2) + Math.BigMul(a1, b3) + Math.BigMul(a0, b4);
        CarryWide(c0, c1, c2, c3, c4, out h);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Square(in FieldElement f, out FieldElement h)
    {
        ulong a0 = f._0,
            a1 = f._1,
            a2 = f._2,
            a3 = f._3,
            a4 = f._4;
        ulong d0 = 2 * a0,
            d1 = 2 * a1,
            d2 = 2 * a2,
            d3 = 2 * a3,
            w3 = 19 * a3,
            w4 = 19 * a4;
        var c0 = Math.BigMul(a0, a0) + Math.BigMul(d1, w4) + Math.BigMul(d2, w3);
        var c1 = Math.BigMul(a3, w3) + Math.BigMul(d0, a1) + Math.BigMul(d2, w4);
        var c2 = Math.BigMul(a1, a1) + Math.BigMul(d0, a2) + Math.BigMul(d3, w4);
        var c3 = Math.BigMul(a4, w4) + Math.BigMul(d0, a3) + Math.BigMul(d1, a2);
        var c4 = Math.BigMul(a2, a2) + Math.BigMul(d0, a4) + Math.BigMul(d1, a3);
        CarryWide(c0, c1, c2, c3, c4, out h);
    }

    /// <summary>The square of the square ... <paramref name="times"/> times.</summary>
    public static void SquareRepeatedly(in FieldElement f, int times, out FieldElement h)
    {
        h = f;
        for (var i = 0; i < times; i++)
        {
            Square(in h, out h);
        }
    }

    /// <summary>
    /// Every limb keeps 51 bits and hands the rest, below 2^60, to the next one, the top one to the bottom times 19, which is below 2^64;
    /// then the same once more in 64 bits. No carry waits for another.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CarryWide(UInt128 c0, UInt128 c1, UInt128 c2, UInt128 c3, UInt128 c4, out FieldElement h)
    {
        h._0 = ((ulong)c0 & Mask) + 19 * (ulong)(c4 >> LimbBits);
        h._1 = ((ulong)c1 & Mask) + (ulong)(c0 >> LimbBits);
        h._2 = ((ulong)c2 & Mask) + (ulong)(c1 >> LimbBits);
        h._3 = ((ulong)c3 & Mask) + (ulong)(c2 >> LimbBits);
        h._4 = ((ulong)c4 & Mask) + (ulong)(c3 >> LimbBits);
        Carry(ref h);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Carry(ref FieldElement h)
    {
        ulong c0 = h._0 >> LimbBits,
            c1 = h._1 >> LimbBits,
            c2 = h._2 >> LimbBits,
            c3 = h._3 >> LimbBits,
            c4 = h._4 >> LimbBits;
        h._0 = (h._0 & Mask) + 19 * c4;
        h._1 = (h._1 & Mask) + c0;
        h._2 = (h._2 & Mask) + c1;
        h._3 = (h._3 & Mask) + c2;
        h._4 = (h._4 & Mask) + c3;
    }
}
