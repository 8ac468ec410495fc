using Marketplace.Engine.Decode;

namespace Marketplace.Engine.Emit;

/// <summary>Which lanes of a value may hold a NaN that arithmetic made, whose bits differ between machines.</summary>
internal enum NaNLanes : byte
{
    None,

    /// <summary>An f32, or each f32 lane of a vector.</summary>
    F32,

    /// <summary>An f64, or each f64 lane of a vector.</summary>
    F64,
}

/// <summary>
/// What instructions do with the bits of a NaN (core specification, 4.3.3; WASM-TO-IL.md, "NaN"). If the emitter defers making a
/// NaN canonical by these rules, the result must be the same as with a canonical NaN right behind each instruction that makes one.
/// </summary>
internal static class NaNRules
{
    /// <summary>The bits of a NaN result are left open by the specification.</summary>
    public static NaNLanes Made(Opcode opcode) =>
        opcode switch
        {
            >= Opcode.F32Ceil and <= Opcode.F32Max or Opcode.F32DemoteF64 => NaNLanes.F32,
            >= Opcode.F64Ceil and <= Opcode.F64Max or Opcode.F64PromoteF32 => NaNLanes.F64,
            >= Opcode.F32x4Ceil and <= Opcode.F32x4Nearest or >= Opcode.F32x4Sqrt and <= Opcode.F32x4Max or Opcode.F32x4DemoteF64x2Zero =>
                NaNLanes.F32,
            Opcode.F64x2Ceil
            or Opcode.F64x2Floor
            or Opcode.F64x2Trunc
            or Opcode.F64x2Nearest
            or >= Opcode.F64x2Sqrt
            and <= Opcode.F64x2Max
            or Opcode.F64x2PromoteLowF32x4 => NaNLanes.F64,
            _ => NaNLanes.None,
        };

    /// <summary>The result is as open as the operands, if all of them are: it is one of them, or one without its sign.</summary>
    public static NaNLanes Kept(Opcode opcode) =>
        opcode switch
        {
            Opcode.F32Abs or Opcode.F32x4Abs or Opcode.F32x4Splat or Opcode.F32x4ExtractLane or Opcode.F32x4Pmin or Opcode.F32x4Pmax =>
                NaNLanes.F32,
            Opcode.F64Abs or Opcode.F64x2Abs or Opcode.F64x2Splat or Opcode.F64x2ExtractLane or Opcode.F64x2Pmin or Opcode.F64x2Pmax =>
                NaNLanes.F64,
            _ => NaNLanes.None,
        };

    /// <summary>Operands of which only the values count: the bits of a NaN do not change the result.</summary>
    public static NaNLanes Read(Opcode opcode) =>
        opcode switch
        {
            Opcode.F64PromoteF32 or Opcode.F64x2PromoteLowF32x4 => NaNLanes.F32,
            Opcode.F32DemoteF64 or Opcode.F32x4DemoteF64x2Zero => NaNLanes.F64,
            >= Opcode.F32Eq
            and <= Opcode.F32Ge
            or >= Opcode.F32x4Eq
            and <= Opcode.F32x4Ge
            or Opcode.I32x4TruncSatF32x4S
            or Opcode.I32x4TruncSatF32x4U
            or Opcode.I32TruncSatF32S
            or Opcode.I32TruncSatF32U
            or Opcode.I64TruncSatF32S
            or Opcode.I64TruncSatF32U => NaNLanes.F32,
            >= Opcode.F64Eq
            and <= Opcode.F64Ge
            or >= Opcode.F64x2Eq
            and <= Opcode.F64x2Ge
            or Opcode.I32x4TruncSatF64x2SZero
            or Opcode.I32x4TruncSatF64x2UZero
            or Opcode.I32TruncSatF64S
            or Opcode.I32TruncSatF64U
            or Opcode.I64TruncSatF64S
            or Opcode.I64TruncSatF64U => NaNLanes.F64,
            _ => Made(opcode),
        };

    /// <summary>The result is a number for every operand.</summary>
    public static bool GivesNumber(in Instruction instruction) =>
        instruction.Opcode switch
        {
            Opcode.F32Const => IsNumber32(instruction.Bits),
            Opcode.F64Const => IsNumber64(instruction.Bits),
            Opcode.V128Const => IsNumber64(instruction.Bits)
                && IsNumber64(instruction.HighBits)
                && IsNumber32(instruction.Bits)
                && IsNumber32(instruction.Bits >> 32)
                && IsNumber32(instruction.HighBits)
                && IsNumber32(instruction.HighBits >> 32),
            >= Opcode.F32ConvertI32S and <= Opcode.F32ConvertI64U or >= Opcode.F64ConvertI32S and <= Opcode.F64ConvertI64U => true,
            _ => false,
        };

    private static bool IsNumber32(long bits) => !float.IsNaN(BitConverter.Int32BitsToSingle((int)bits));

    private static bool IsNumber64(long bits) => !double.IsNaN(BitConverter.Int64BitsToDouble(bits));
}
