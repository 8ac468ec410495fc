using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Marketplace.Engine.Runtime;

/// <summary>
/// Instructions for which IL has no code, named as their opcodes (core specification, 4.3). None traps: compiled code has
/// checked before.
/// </summary>
internal static class Arithmetic
{
    /// <summary>
    /// An x86 without TZCNT has BSF, whose flag for zero is that of its operand; the machine-code compiler of .NET 10 takes it for that of
    /// the result and branches on it.
    /// </summary>
    private static bool ScansForward
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => !Bmi1.IsSupported && !ArmBase.IsSupported;
    }

    public const int CanonicalNaN32 = 0x7FC0_0000;
    public const long CanonicalNaN64 = 0x7FF8_0000_0000_0000;

    /// <summary>A number, or the canonical NaN, which the caller keeps.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Canonical32(float value, Vector128<float> nan)
    {
        var scalar = Vector128.CreateScalarUnsafe(value);
        return Vector128.ConditionalSelect(~Vector128.Equals(scalar, scalar), nan, scalar).ToScalar();
    }

    /// <inheritdoc cref="Canonical32"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Canonical64(double value, Vector128<double> nan)
    {
        var scalar = Vector128.CreateScalarUnsafe(value);
        return Vector128.ConditionalSelect(~Vector128.Equals(scalar, scalar), nan, scalar).ToScalar();
    }

    /// <summary>Not inlined: see <c>FunctionLocals.EmitConstant</c>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static float NaN32(int bits) => BitConverter.Int32BitsToSingle(bits);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static double NaN64(long bits) => BitConverter.Int64BitsToDouble(bits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int I32RemS(int dividend, int divisor) => divisor == -1 ? 0 : dividend % divisor;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long I64RemS(long dividend, long divisor) => divisor == -1 ? 0 : dividend % divisor;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int I32Clz(int value) => BitOperations.LeadingZeroCount((uint)value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int I32Ctz(int value) =>
        ScansForward ? BitOperations.PopCount(~(uint)value & (uint)(value - 1)) : BitOperations.TrailingZeroCount(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int I32Popcnt(int value) => BitOperations.PopCount((uint)value);

    // As shifts, which become one instruction all the same: the library's rotations of a constant by a constant come out of the
    // machine-code compiler of .NET 10 as numbers above the greatest int, and are greater than 0 even where they are -1.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int I32Rotl(int value, int count) => (int)(((uint)value << count) | ((uint)value >> (32 - count)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int I32Rotr(int value, int count) => (int)(((uint)value >> count) | ((uint)value << (32 - count)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long I64Clz(long value) => BitOperations.LeadingZeroCount((ulong)value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long I64Ctz(long value) =>
        ScansForward ? BitOperations.PopCount(~(ulong)value & (ulong)(value - 1)) : BitOperations.TrailingZeroCount(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long I64Popcnt(long value) => BitOperations.PopCount((ulong)value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long I64Rotl(long value, long count) => (long)BitOperations.RotateLeft((ulong)value, (int)count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long I64Rotr(long value, long count) => (long)BitOperations.RotateRight((ulong)value, (int)count);

    // Not the library's minimum and maximum: the optimised code of .NET 10 for a minimum with the constant -0 gives 0 for 0 and -0.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float F32Min(float first, float second)
    {
        if (!Sse.IsSupported)
        {
            return first == second
                    ? BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(first) | BitConverter.SingleToInt32Bits(second))
                : first < second ? first
                : second < first ? second
                : first + second;
        }

        // The processor's minimum gives its second operand for a NaN and for two zeros, so both orders together show both.
        var (a, b) = (Vector128.CreateScalarUnsafe(first), Vector128.CreateScalarUnsafe(second));
        return (Sse.MinScalar(a, b) | Sse.MinScalar(b, a)).ToScalar();
    }

    /// <inheritdoc cref="F32Min"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double F64Min(double first, double second)
    {
        if (!Sse2.IsSupported)
        {
            return first == second
                    ? BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(first) | BitConverter.DoubleToInt64Bits(second))
                : first < second ? first
                : second < first ? second
                : first + second;
        }

        var (a, b) = (Vector128.CreateScalarUnsafe(first), Vector128.CreateScalarUnsafe(second));
        return (Sse2.MinScalar(a, b) | Sse2.MinScalar(b, a)).ToScalar();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float F32Max(float first, float second)
    {
        if (!Sse.IsSupported)
        {
            return first == second
                    ? BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(first) & BitConverter.SingleToInt32Bits(second))
                : first > second ? first
                : second > first ? second
                : first + second;
        }

        // Where the orders differ there is a NaN, which stays one, or a zero of each sign: -0 less -0 is 0.
        var (a, b) = (Vector128.CreateScalarUnsafe(first), Vector128.CreateScalarUnsafe(second));
        var one = Sse.MaxScalar(a, b);
        var differing = one ^ Sse.MaxScalar(b, a);
        return Sse.SubtractScalar(one | differing, differing).ToScalar();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double F64Max(double first, double second)
    {
        if (!Sse2.IsSupported)
        {
            return first == second
                    ? BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(first) & BitConverter.DoubleToInt64Bits(second))
                : first > second ? first
                : second > first ? second
                : first + second;
        }

        var (a, b) = (Vector128.CreateScalarUnsafe(first), Vector128.CreateScalarUnsafe(second));
        var one = Sse2.MaxScalar(a, b);
        var differing = one ^ Sse2.MaxScalar(b, a);
        return Sse2.SubtractScalar(one | differing, differing).ToScalar();
    }

    /// <summary>
    /// Not <see cref="BitConverter"/>: behind a load of one or two bytes the machine-code compiler of .NET 10 makes one load of four
    /// from both, which takes bytes that the bounds check has not seen. A vector's first lane it fills from the register.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float F32ReinterpretI32(int bits) => Vector128.CreateScalarUnsafe(bits).AsSingle().ToScalar();

    /// <summary>The upper half has no float of its own: halve, keeping the lost bit for the rounding, and double.</summary>
    public static float F32ConvertI64U(long value) => value >= 0 ? value : (float)(long)(((ulong)value >> 1) | ((ulong)value & 1)) * 2.0f;

    /// <inheritdoc cref="F32ConvertI64U"/>
    public static double F64ConvertI64U(long value) => value >= 0 ? value : (double)(long)(((ulong)value >> 1) | ((ulong)value & 1)) * 2.0;

    // Since .NET 9 the language's conversions saturate and turn NaN into zero, on every machine.
    public static int I32TruncSatF32S(float value) => (int)value;

    public static int I32TruncSatF32U(float value) => (int)(uint)value;

    public static int I32TruncSatF64S(double value) => (int)value;

    public static int I32TruncSatF64U(double value) => (int)(uint)value;

    public static long I64TruncSatF32S(float value) => (long)value;

    public static long I64TruncSatF32U(float value) => (long)(ulong)value;

    public static long I64TruncSatF64S(double value) => (long)value;

    public static long I64TruncSatF64U(double value) => (long)(ulong)value;
}
