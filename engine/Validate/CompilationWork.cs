using Marketplace.Engine.Decode;

namespace Marketplace.Engine.Validate;

/// <summary>
/// What each instruction is to the machine-code compiler, in units of about 2 KB of the memory that it holds until a function is done
/// (RATIONALE.md). Measured with functions of 20,000 times the same; where an instruction has several forms, the worst.
/// </summary>
internal static class CompilationWork
{
    private const int Set = 1;
    private const int FloatSet = 2;

    /// <summary>Of what is written to a local: a float may be a NaN that must become the canonical one.</summary>
    public static int OfSet(WasmType local) => local is WasmType.F32 or WasmType.F64 or WasmType.V128 ? FloatSet : Set;

    public static int Of(Opcode opcode) =>
        opcode switch
        {
            // The instruction that uses a value or a place pays for what only names it; local.set pays by its type.
            Opcode.Nop or Opcode.Block or Opcode.Else or Opcode.End or Opcode.Drop or Opcode.Unreachable => 0,
            >= Opcode.LocalGet and <= Opcode.LocalTee or >= Opcode.I32Const and <= Opcode.F64Const => 0,

            // A place where the guest can be stopped.
            Opcode.Loop => 6,
            Opcode.CallIndirect or Opcode.ReturnCallIndirect => 11,

            // Tests for what does not fit.
            >= Opcode.I32TruncF32S and <= Opcode.I32TruncF64U or >= Opcode.I64TruncF32S and <= Opcode.I64TruncF64U => 5,
            >= Opcode.I32Load and <= Opcode.MemoryGrow => 2,
            Opcode.TableGet
            or Opcode.TableSet
            or Opcode.GlobalGet
            or Opcode.GlobalSet
            or Opcode.Select
            or Opcode.SelectTyped
            or Opcode.BrTable => 2,
            > (Opcode)0xFF => 3,
            _ => 1,
        };
}
