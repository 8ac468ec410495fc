using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Marketplace.Engine.Runtime;

/// <summary>
/// Vector instructions on integers and bits for which <see cref="Vector128"/> has no method of the same meaning, named as their
/// opcodes. Where a processor's own instruction is used, the portable code beside it must give the same bits (SIMD.md).
/// </summary>
internal static partial class Vectors
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    [MethodImpl(Inline)]
    public static int V128AnyTrue(Vector128<byte> value) => value != Vector128<byte>.Zero ? 1 : 0;

    [MethodImpl(Inline)]
    public static int I8x16AllTrue(Vector128<byte> value) => Vector128.EqualsAny(value, Vector128<byte>.Zero) ? 0 : 1;

    [MethodImpl(Inline)]
    public static int I16x8AllTrue(Vector128<short> value) => Vector128.EqualsAny(value, Vector128<short>.Zero) ? 0 : 1;

    [MethodImpl(Inline)]
    public static int I32x4AllTrue(Vector128<int> value) => Vector128.EqualsAny(value, Vector128<int>.Zero) ? 0 : 1;

    [MethodImpl(Inline)]
    public static int I64x2AllTrue(Vector128<long> value) => Vector128.EqualsAny(value, Vector128<long>.Zero) ? 0 : 1;

    // The least integer is its own negation, and so its own absolute value; Vector128.Abs throws for it where it is not accelerated.
    [MethodImpl(Inline)]
    public static Vector128<sbyte> I8x16Abs(Vector128<sbyte> value) => Vector128.Max(value, -value);

    [MethodImpl(Inline)]
    public static Vector128<short> I16x8Abs(Vector128<short> value) => Vector128.Max(value, -value);

    [MethodImpl(Inline)]
    public static Vector128<int> I32x4Abs(Vector128<int> value) => Vector128.Max(value, -value);

    [MethodImpl(Inline)]
    public static Vector128<long> I64x2Abs(Vector128<long> value) => Vector128.Max(value, -value);

    /// <summary>The bits of each half byte by look-up.</summary>
    [MethodImpl(Inline)]
    public static Vector128<byte> I8x16Popcnt(Vector128<byte> value)
    {
        var counts = Vector128.Create((byte)0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
        var half = Vector128.Create((byte)15);
        return Vector128.ShuffleNative(counts, value & half) + Vector128.ShuffleNative(counts, value >>> 4);
    }

    /// <summary>The operands are signed, the result is not, so negative lanes become zero.</summary>
    [MethodImpl(Inline)]
    public static Vector128<byte> I8x16NarrowI16x8U(Vector128<short> low, Vector128<short> high) =>
        Vector128.NarrowWithSaturation(
            Vector128.Max(low, Vector128<short>.Zero).AsUInt16(),
            Vector128.Max(high, Vector128<short>.Zero).AsUInt16()
        );

    /// <inheritdoc cref="I8x16NarrowI16x8U"/>
    [MethodImpl(Inline)]
    public static Vector128<ushort> I16x8NarrowI32x4U(Vector128<int> low, Vector128<int> high) =>
        Vector128.NarrowWithSaturation(
            Vector128.Max(low, Vector128<int>.Zero).AsUInt32(),
            Vector128.Max(high, Vector128<int>.Zero).AsUInt32()
        );

    /// <summary>
    /// Half the sum, rounded up, without a carry that would be lost: what both have and what either has, less half the rest.
    /// </summary>
    [MethodImpl(Inline)]
    public static Vector128<byte> I8x16AvgrU(Vector128<byte> left, Vector128<byte> right) => (left | right) - ((left ^ right) >>> 1);

    /// <inheritdoc cref="I8x16AvgrU"/>
    [MethodImpl(Inline)]
    public static Vector128<ushort> I16x8AvgrU(Vector128<ushort> left, Vector128<ushort> right) => (left | right) - ((left ^ right) >>> 1);

    [MethodImpl(Inline)]
    public static Vector128<short> I16x8ExtaddPairwiseI8x16S(Vector128<short> value) => ((value << 8) >> 8) + (value >> 8);

    [MethodImpl(Inline)]
    public static Vector128<ushort> I16x8ExtaddPairwiseI8x16U(Vector128<ushort> value) =>
        (value & Vector128.Create((ushort)0xFF)) + (value >>> 8);

    [MethodImpl(Inline)]
    public static Vector128<int> I32x4ExtaddPairwiseI16x8S(Vector128<int> value) => ((value << 16) >> 16) + (value >> 16);

    [MethodImpl(Inline)]
    public static Vector128<uint> I32x4ExtaddPairwiseI16x8U(Vector128<uint> value) => (value & Vector128.Create(0xFFFFu)) + (value >>> 16);

    /// <summary>
    /// (left * right + 0x4000) >> 15. Only -1 times -1 does not fit and becomes the greatest number; the processor's instruction
    /// gives the least there, which differs in every bit.
    /// </summary>
    [MethodImpl(Inline)]
    public static Vector128<short> I16x8Q15mulrSatS(Vector128<short> left, Vector128<short> right)
    {
        if (Ssse3.IsSupported)
        {
            var product = Ssse3.MultiplyHighRoundScale(left, right);
            return product ^ Vector128.Equals(product, Vector128.Create(short.MinValue));
        }

        var round = Vector128.Create(0x4000);
        var low = ((Vector128.WidenLower(left) * Vector128.WidenLower(right)) + round) >> 15;
        var high = ((Vector128.WidenUpper(left) * Vector128.WidenUpper(right)) + round) >> 15;
        return Vector128.NarrowWithSaturation(low, high);
    }

    /// <summary>Products of neighbours, added; four times the least number wraps round to the least result.</summary>
    [MethodImpl(Inline)]
    public static Vector128<int> I32x4DotI16x8S(Vector128<short> left, Vector128<short> right)
    {
        var (one, other) = (left.AsInt32(), right.AsInt32());
        return ((one >> 16) * (other >> 16)) + (((one << 16) >> 16) * ((other << 16) >> 16));
    }
}
