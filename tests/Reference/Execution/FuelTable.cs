using Marketplace.Engine;
using Marketplace.Engine.Decode;

namespace Marketplace.Reference.Execution;

/// <summary>What engine/FUEL.md says about costs and segments, written down a second time.</summary>
internal static class FuelTable
{
    public const int FrameSlots = 12;
    public const int VectorFunctionSlots = 64;
    public const int SlotsOfVectorStep = 2;
    public const int BodyBytesPerSlot = 8;
    public const int BytesPerFuel = 8;
    public const long JoinedFuelMax = 32;

    public static long CostOf(Opcode opcode) =>
        opcode switch
        {
            Opcode.Nop or Opcode.Drop or Opcode.Block or Opcode.Loop or Opcode.Else or Opcode.End => 0,
            _ => 1,
        };

    /// <summary>Slots of the frame for one instruction.</summary>
    public static int SlotsOf(Instruction instruction, WasmType[] locals) =>
        instruction.Opcode switch
        {
            Opcode.LocalGet or Opcode.LocalSet or Opcode.LocalTee => locals[instruction.Index] == WasmType.V128 ? SlotsOfVectorStep : 0,
            Opcode.V128Load or Opcode.V128Store or Opcode.V128Const => 0,
            >= Opcode.V128Load and <= Opcode.F64x2ConvertLowI32x4U => SlotsOfVectorStep,
            Opcode.I64TruncF32U or Opcode.I64TruncF64U => 1,
            _ => 0,
        };

    /// <summary>Moves of bytes: one for each eight that are begun.</summary>
    public static long OfBytes(uint count) => ((long)count + BytesPerFuel - 1) / BytesPerFuel;

    /// <summary>Whether a piece ends with this instruction. The end of a loop is asked for separately.</summary>
    public static bool Cuts(Opcode opcode) =>
        opcode switch
        {
            Opcode.Loop or Opcode.If or Opcode.Else or Opcode.End => true,
            Opcode.Br or Opcode.BrIf or Opcode.BrTable or Opcode.Return or Opcode.Unreachable => true,
            Opcode.ReturnCall or Opcode.ReturnCallIndirect => true,
            _ => false,
        };
}
