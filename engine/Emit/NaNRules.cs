using Marketplace.Engine.Decode;

namespace Marketplace.Engine.Emit;

/// <summary>What instructions do with the bits of a NaN (core specification, 4.3.3; WASM-TO-IL.md, "NaN").</summary>
internal static class NaNRules
{
    /// <summary>The bits of a NaN result are left open by the specification.</summary>
    public static bool MakesNaN(Opcode opcode) => opcode
        is >= Opcode.F32Ceil and <= Opcode.F32Max
        or >= Opcode.F64Ceil and <= Opcode.F64Max
        or Opcode.F32DemoteF64 or Opcode.F64PromoteF32;

    /// <summary>A sign change, defined bit for bit: the result is as open as the operand.</summary>
    public static bool KeepsNaN(Opcode opcode) => opcode is Opcode.F32Abs or Opcode.F32Neg or Opcode.F64Abs or Opcode.F64Neg;

    /// <summary>The operand's bits show in the result.</summary>
    public static bool SeesBits(Opcode opcode) =>
        opcode is Opcode.F32Copysign or Opcode.F64Copysign or Opcode.I32ReinterpretF32 or Opcode.I64ReinterpretF64;

    /// <summary>The result is a number, whatever the operand.</summary>
    public static bool GivesNumber(in Instruction instruction) => instruction.Opcode switch
    {
        Opcode.F32Const => !float.IsNaN(BitConverter.Int32BitsToSingle((int)instruction.Bits)),
        Opcode.F64Const => !double.IsNaN(BitConverter.Int64BitsToDouble(instruction.Bits)),
        >= Opcode.F32ConvertI32S and <= Opcode.F32ConvertI64U or >= Opcode.F64ConvertI32S and <= Opcode.F64ConvertI64U => true,
        _ => false,
    };
}
