using Marketplace.Engine.Decode;
using Marketplace.Engine.Runtime;

namespace Marketplace.Engine.Interpret;

/// <summary>
/// Numeric instructions on the bits of cells, a number of 32 bits zero-extended (core specification, 4.3). Every NaN that arithmetic makes
/// is the canonical one at once.
/// </summary>
internal static class Numbers
{
    public static int Binary32(Opcode opcode, int a, int b) =>
        opcode switch
        {
            Opcode.I32Eq => Of(a == b),
            Opcode.I32Ne => Of(a != b),
            Opcode.I32LtS => Of(a < b),
            Opcode.I32LtU => Of((uint)a < (uint)b),
            Opcode.I32GtS => Of(a > b),
            Opcode.I32GtU => Of((uint)a > (uint)b),
            Opcode.I32LeS => Of(a <= b),
            Opcode.I32LeU => Of((uint)a <= (uint)b),
            Opcode.I32GeS => Of(a >= b),
            Opcode.I32GeU => Of((uint)a >= (uint)b),
            Opcode.I32Add => a + b,
            Opcode.I32Sub => a - b,
            Opcode.I32Mul => a * b,
            Opcode.I32And => a & b,
            Opcode.I32Or => a | b,
            Opcode.I32Xor => a ^ b,
            Opcode.I32Shl => a << b,
            Opcode.I32ShrS => a >> b,
            Opcode.I32ShrU => (int)((uint)a >> b),
            Opcode.I32Rotl => Arithmetic.I32Rotl(a, b),
            Opcode.I32Rotr => Arithmetic.I32Rotr(a, b),
            _ => throw Unknown(opcode),
        };

    public static long Binary64(Opcode opcode, long a, long b) =>
        opcode switch
        {
            Opcode.I64Eq => Of(a == b),
            Opcode.I64Ne => Of(a != b),
            Opcode.I64LtS => Of(a < b),
            Opcode.I64LtU => Of((ulong)a < (ulong)b),
            Opcode.I64GtS => Of(a > b),
            Opcode.I64GtU => Of((ulong)a > (ulong)b),
            Opcode.I64LeS => Of(a <= b),
            Opcode.I64LeU => Of((ulong)a <= (ulong)b),
            Opcode.I64GeS => Of(a >= b),
            Opcode.I64GeU => Of((ulong)a >= (ulong)b),
            Opcode.I64Add => a + b,
            Opcode.I64Sub => a - b,
            Opcode.I64Mul => a * b,
            Opcode.I64And => a & b,
            Opcode.I64Or => a | b,
            Opcode.I64Xor => a ^ b,
            Opcode.I64Shl => a << (int)b,
            Opcode.I64ShrS => a >> (int)b,
            Opcode.I64ShrU => (long)((ulong)a >> (int)b),
            Opcode.I64Rotl => Arithmetic.I64Rotl(a, b),
            Opcode.I64Rotr => Arithmetic.I64Rotr(a, b),
            _ => throw Unknown(opcode),
        };

    public static long BinaryF32(Opcode opcode, long first, long second)
    {
        var (a, b) = (Single(first), Single(second));
        return opcode switch
        {
            Opcode.F32Eq => Of(a == b),
            Opcode.F32Ne => Of(a != b),
            Opcode.F32Lt => Of(a < b),
            Opcode.F32Gt => Of(a > b),
            Opcode.F32Le => Of(a <= b),
            Opcode.F32Ge => Of(a >= b),
            Opcode.F32Add => Bits(a + b),
            Opcode.F32Sub => Bits(a - b),
            Opcode.F32Mul => Bits(a * b),
            Opcode.F32Div => Bits(a / b),
            Opcode.F32Min => Bits(Arithmetic.F32Min(a, b)),
            Opcode.F32Max => Bits(Arithmetic.F32Max(a, b)),
            Opcode.F32Copysign => (first & int.MaxValue) | (second & Sign32),
            _ => throw Unknown(opcode),
        };
    }

    public static long BinaryF64(Opcode opcode, long first, long second)
    {
        var (a, b) = (BitConverter.Int64BitsToDouble(first), BitConverter.Int64BitsToDouble(second));
        return opcode switch
        {
            Opcode.F64Eq => Of(a == b),
            Opcode.F64Ne => Of(a != b),
            Opcode.F64Lt => Of(a < b),
            Opcode.F64Gt => Of(a > b),
            Opcode.F64Le => Of(a <= b),
            Opcode.F64Ge => Of(a >= b),
            Opcode.F64Add => Bits(a + b),
            Opcode.F64Sub => Bits(a - b),
            Opcode.F64Mul => Bits(a * b),
            Opcode.F64Div => Bits(a / b),
            Opcode.F64Min => Bits(Arithmetic.F64Min(a, b)),
            Opcode.F64Max => Bits(Arithmetic.F64Max(a, b)),
            Opcode.F64Copysign => (first & long.MaxValue) | (second & long.MinValue),
            _ => throw Unknown(opcode),
        };
    }

    /// <summary>Of any type, and the conversions that cannot trap.</summary>
    public static long Unary(Opcode opcode, long value) =>
        opcode switch
        {
            Opcode.I32Eqz => Of((int)value == 0),
            Opcode.I32Clz => Arithmetic.I32Clz((int)value),
            Opcode.I32Ctz => Arithmetic.I32Ctz((int)value),
            Opcode.I32Popcnt => Arithmetic.I32Popcnt((int)value),
            Opcode.I32Extend8S => (uint)(sbyte)value,
            Opcode.I32Extend16S => (uint)(short)value,
            Opcode.I64Eqz => Of(value == 0),
            Opcode.I64Clz => Arithmetic.I64Clz(value),
            Opcode.I64Ctz => Arithmetic.I64Ctz(value),
            Opcode.I64Popcnt => Arithmetic.I64Popcnt(value),
            Opcode.I64Extend8S => (sbyte)value,
            Opcode.I64Extend16S => (short)value,
            Opcode.I64Extend32S or Opcode.I64ExtendI32S => (int)value,
            Opcode.I32WrapI64 or Opcode.I64ExtendI32U => (uint)value,
            Opcode.I32ReinterpretF32 or Opcode.F32ReinterpretI32 or Opcode.I64ReinterpretF64 or Opcode.F64ReinterpretI64 => value,
            >= Opcode.F32Abs and <= Opcode.F32Sqrt => UnaryF32(opcode, value),
            >= Opcode.F64Abs and <= Opcode.F64Sqrt => UnaryF64(opcode, value),
            Opcode.F32ConvertI32S => Bits((float)(int)value),
            Opcode.F32ConvertI32U => Bits((float)(long)(uint)value),
            Opcode.F32ConvertI64S => Bits((float)value),
            Opcode.F32ConvertI64U => Bits(Arithmetic.F32ConvertI64U(value)),
            Opcode.F32DemoteF64 => Bits((float)BitConverter.Int64BitsToDouble(value)),
            Opcode.F64ConvertI32S => Bits((double)(int)value),
            Opcode.F64ConvertI32U => Bits((double)(long)(uint)value),
            Opcode.F64ConvertI64S => Bits((double)value),
            Opcode.F64ConvertI64U => Bits(Arithmetic.F64ConvertI64U(value)),
            Opcode.F64PromoteF32 => Bits((double)Single(value)),
            _ => throw Unknown(opcode),
        };

    /// <summary>The float's value, exactly.</summary>
    public static double Double(bool isDouble, long bits) => isDouble ? BitConverter.Int64BitsToDouble(bits) : Single(bits);

    /// <param name="wide">The result has 64 bits.</param>
    public static long Saturate(double value, bool wide, bool signed) =>
        (wide, signed) switch
        {
            (false, true) => (uint)Arithmetic.I32TruncSatF64S(value),
            (false, false) => (uint)Arithmetic.I32TruncSatF64U(value),
            (true, true) => Arithmetic.I64TruncSatF64S(value),
            _ => Arithmetic.I64TruncSatF64U(value),
        };

    private const long Sign32 = 0x8000_0000;

    private static long UnaryF32(Opcode opcode, long value) =>
        opcode switch
        {
            Opcode.F32Abs => value & int.MaxValue,
            Opcode.F32Neg => value ^ Sign32,
            Opcode.F32Ceil => Bits(MathF.Ceiling(Single(value))),
            Opcode.F32Floor => Bits(MathF.Floor(Single(value))),
            Opcode.F32Trunc => Bits(MathF.Truncate(Single(value))),
            Opcode.F32Nearest => Bits(MathF.Round(Single(value))),
            _ => Bits(MathF.Sqrt(Single(value))),
        };

    private static long UnaryF64(Opcode opcode, long bits)
    {
        var value = BitConverter.Int64BitsToDouble(bits);
        return opcode switch
        {
            Opcode.F64Abs => bits & long.MaxValue,
            Opcode.F64Neg => bits ^ long.MinValue,
            Opcode.F64Ceil => Bits(Math.Ceiling(value)),
            Opcode.F64Floor => Bits(Math.Floor(value)),
            Opcode.F64Trunc => Bits(Math.Truncate(value)),
            Opcode.F64Nearest => Bits(Math.Round(value)),
            _ => Bits(Math.Sqrt(value)),
        };
    }

    private static int Of(bool value) => value ? 1 : 0;

    private static float Single(long bits) => BitConverter.Int32BitsToSingle((int)bits);

    private static long Bits(float value) => float.IsNaN(value) ? Arithmetic.CanonicalNaN32 : BitConverter.SingleToUInt32Bits(value);

    private static long Bits(double value) => double.IsNaN(value) ? Arithmetic.CanonicalNaN64 : BitConverter.DoubleToInt64Bits(value);

    private static InvalidOperationException Unknown(Opcode opcode) =>
        new($"{opcode} is no numeric instruction of its kind; this is a bug in the translator.");
}
