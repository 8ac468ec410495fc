using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Marketplace.Engine.Runtime;

/// <summary>Products of one half's lanes in twice their width, where every product fits.</summary>
internal static partial class Vectors
{
    [MethodImpl(Inline)]
    public static Vector128<short> I16x8ExtmulLowI8x16S(Vector128<sbyte> left, Vector128<sbyte> right) =>
        Vector128.WidenLower(left) * Vector128.WidenLower(right);

    [MethodImpl(Inline)]
    public static Vector128<short> I16x8ExtmulHighI8x16S(Vector128<sbyte> left, Vector128<sbyte> right) =>
        Vector128.WidenUpper(left) * Vector128.WidenUpper(right);

    [MethodImpl(Inline)]
    public static Vector128<ushort> I16x8ExtmulLowI8x16U(Vector128<byte> left, Vector128<byte> right) =>
        Vector128.WidenLower(left) * Vector128.WidenLower(right);

    [MethodImpl(Inline)]
    public static Vector128<ushort> I16x8ExtmulHighI8x16U(Vector128<byte> left, Vector128<byte> right) =>
        Vector128.WidenUpper(left) * Vector128.WidenUpper(right);

    [MethodImpl(Inline)]
    public static Vector128<int> I32x4ExtmulLowI16x8S(Vector128<short> left, Vector128<short> right) =>
        Vector128.WidenLower(left) * Vector128.WidenLower(right);

    [MethodImpl(Inline)]
    public static Vector128<int> I32x4ExtmulHighI16x8S(Vector128<short> left, Vector128<short> right) =>
        Vector128.WidenUpper(left) * Vector128.WidenUpper(right);

    [MethodImpl(Inline)]
    public static Vector128<uint> I32x4ExtmulLowI16x8U(Vector128<ushort> left, Vector128<ushort> right) =>
        Vector128.WidenLower(left) * Vector128.WidenLower(right);

    [MethodImpl(Inline)]
    public static Vector128<uint> I32x4ExtmulHighI16x8U(Vector128<ushort> left, Vector128<ushort> right) =>
        Vector128.WidenUpper(left) * Vector128.WidenUpper(right);

    [MethodImpl(Inline)]
    public static Vector128<long> I64x2ExtmulLowI32x4S(Vector128<int> left, Vector128<int> right) =>
        Multiply(Vector128.WidenLower(left), Vector128.WidenLower(right));

    [MethodImpl(Inline)]
    public static Vector128<long> I64x2ExtmulHighI32x4S(Vector128<int> left, Vector128<int> right) =>
        Multiply(Vector128.WidenUpper(left), Vector128.WidenUpper(right));

    [MethodImpl(Inline)]
    public static Vector128<ulong> I64x2ExtmulLowI32x4U(Vector128<uint> left, Vector128<uint> right) =>
        Multiply(Vector128.WidenLower(left), Vector128.WidenLower(right));

    [MethodImpl(Inline)]
    public static Vector128<ulong> I64x2ExtmulHighI32x4U(Vector128<uint> left, Vector128<uint> right) =>
        Multiply(Vector128.WidenUpper(left), Vector128.WidenUpper(right));

    /// <summary>Processors multiply 32 bits to 64 quicker than 64 bits by 64.</summary>
    [MethodImpl(Inline)]
    private static Vector128<long> Multiply(Vector128<long> left, Vector128<long> right) =>
        Sse41.IsSupported ? Sse41.Multiply(left.AsInt32(), right.AsInt32()) : left * right;

    /// <inheritdoc cref="Multiply(Vector128{long}, Vector128{long})"/>
    [MethodImpl(Inline)]
    private static Vector128<ulong> Multiply(Vector128<ulong> left, Vector128<ulong> right) =>
        Sse2.IsSupported ? Sse2.Multiply(left.AsUInt32(), right.AsUInt32()) : left * right;
}
