using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Marketplace.Engine.Runtime;

/// <summary>Vector instructions on floats.</summary>
internal static partial class Vectors
{
    /// <summary>Replaces each NaN by the canonical one (core specification, 4.3.3).</summary>
    [MethodImpl(Inline)]
    public static Vector128<float> CanonicalF32(Vector128<float> value) =>
        Vector128.ConditionalSelect(Vector128.Equals(value, value), value, Vector128.Create(Arithmetic.CanonicalNaN32).AsSingle());

    /// <inheritdoc cref="CanonicalF32"/>
    [MethodImpl(Inline)]
    public static Vector128<double> CanonicalF64(Vector128<double> value) =>
        Vector128.ConditionalSelect(Vector128.Equals(value, value), value, Vector128.Create(Arithmetic.CanonicalNaN64).AsDouble());

    // Not the library's: the optimised code of .NET 10 for a minimum or maximum with a constant is wrong where lanes of it are NaN or -0.
    // See Arithmetic.F64Min and F64Max for what is done here.
    [MethodImpl(Inline)]
    public static Vector128<float> F32x4Min(Vector128<float> first, Vector128<float> second) =>
        Sse.IsSupported
            ? Sse.Min(first, second) | Sse.Min(second, first)
            : Vector128.ConditionalSelect(Vector128.Equals(first, second), first | second, Less(first, second));

    [MethodImpl(Inline)]
    public static Vector128<float> F32x4Max(Vector128<float> first, Vector128<float> second)
    {
        if (!Sse.IsSupported)
        {
            return Vector128.ConditionalSelect(Vector128.Equals(first, second), first & second, -Less(-first, -second));
        }

        var one = Sse.Max(first, second);
        var differing = one ^ Sse.Max(second, first);
        return (one | differing) - differing;
    }

    [MethodImpl(Inline)]
    public static Vector128<double> F64x2Min(Vector128<double> first, Vector128<double> second) =>
        Sse2.IsSupported
            ? Sse2.Min(first, second) | Sse2.Min(second, first)
            : Vector128.ConditionalSelect(Vector128.Equals(first, second), first | second, Less(first, second));

    [MethodImpl(Inline)]
    public static Vector128<double> F64x2Max(Vector128<double> first, Vector128<double> second)
    {
        if (!Sse2.IsSupported)
        {
            return Vector128.ConditionalSelect(Vector128.Equals(first, second), first & second, -Less(-first, -second));
        }

        var one = Sse2.Max(first, second);
        var differing = one ^ Sse2.Max(second, first);
        return (one | differing) - differing;
    }

    /// <summary>The lesser of numbers that are not equal; a NaN where one is a NaN.</summary>
    [MethodImpl(Inline)]
    private static Vector128<T> Less<T>(Vector128<T> first, Vector128<T> second) =>
        Vector128.ConditionalSelect(
            Vector128.LessThan(first, second),
            first,
            Vector128.ConditionalSelect(Vector128.LessThan(second, first), second, first + second)
        );

    // One operand, bit for bit: the second where it is less (pmin) or greater (pmax), else the first, also with NaNs and zeros. The
    // processor's minimum is that of the operands in the other order.
    [MethodImpl(Inline)]
    public static Vector128<float> F32x4Pmin(Vector128<float> first, Vector128<float> second) =>
        Sse.IsSupported ? Sse.Min(second, first) : Vector128.ConditionalSelect(Vector128.LessThan(second, first), second, first);

    [MethodImpl(Inline)]
    public static Vector128<float> F32x4Pmax(Vector128<float> first, Vector128<float> second) =>
        Sse.IsSupported ? Sse.Max(second, first) : Vector128.ConditionalSelect(Vector128.LessThan(first, second), second, first);

    [MethodImpl(Inline)]
    public static Vector128<double> F64x2Pmin(Vector128<double> first, Vector128<double> second) =>
        Sse2.IsSupported ? Sse2.Min(second, first) : Vector128.ConditionalSelect(Vector128.LessThan(second, first), second, first);

    [MethodImpl(Inline)]
    public static Vector128<double> F64x2Pmax(Vector128<double> first, Vector128<double> second) =>
        Sse2.IsSupported ? Sse2.Max(second, first) : Vector128.ConditionalSelect(Vector128.LessThan(first, second), second, first);

    [MethodImpl(Inline)]
    public static Vector128<float> F32x4DemoteF64x2Zero(Vector128<double> value) => Vector128.Narrow(value, Vector128<double>.Zero);

    [MethodImpl(Inline)]
    public static Vector128<double> F64x2PromoteLowF32x4(Vector128<float> value) => Vector128.WidenLower(value);

    // Since .NET 9 the language's conversions saturate and turn NaN into zero, on every machine.
    [MethodImpl(Inline)]
    public static Vector128<int> I32x4TruncSatF64x2SZero(Vector128<double> value) =>
        Vector128.Create((int)value.GetElement(0), (int)value.GetElement(1), 0, 0);

    [MethodImpl(Inline)]
    public static Vector128<uint> I32x4TruncSatF64x2UZero(Vector128<double> value) =>
        Vector128.Create((uint)value.GetElement(0), (uint)value.GetElement(1), 0, 0);

    // A 32-bit integer in the lower half of 2^52 as a double is 2^52 more than itself, exactly; a signed one is first made 2^31 more.
    [MethodImpl(Inline)]
    public static Vector128<double> F64x2ConvertLowI32x4U(Vector128<uint> value) =>
        OverTwoTo52(value) - Vector128.Create(4503599627370496.0);

    [MethodImpl(Inline)]
    public static Vector128<double> F64x2ConvertLowI32x4S(Vector128<int> value) =>
        OverTwoTo52(value.AsUInt32() ^ Vector128.Create(0x8000_0000)) - Vector128.Create(4503599627370496.0 + 2147483648.0);

    [MethodImpl(Inline)]
    private static Vector128<double> OverTwoTo52(Vector128<uint> value) =>
        (Vector128.WidenLower(value) | Vector128.Create(0x4330_0000_0000_0000ul)).AsDouble();
}
