using Marketplace.Engine.Decode;
using Marketplace.Engine.Emit;

namespace Marketplace.Engine.Interpret;

/// <summary>What must be known of a function before its first instruction is translated. Reads the code once.</summary>
internal sealed class TranslationPlan
{
    private readonly FuelSegments _segments = new();

    private TranslationPlan() { }

    /// <summary>
    /// Whether the interpreter runs the function: it knows numbers of 32 and 64 bits. What has vectors, references, atomic instructions or
    /// tail calls becomes machine code when it is first called.
    /// </summary>
    public bool IsInterpreted { get; private set; } = true;

    /// <inheritdoc cref="FuelSegments.Pieces"/>
    public IReadOnlyList<PieceFuel> Pieces => _segments.Pieces;

    /// <summary>What the frame takes from the stack budget: the same as of machine code.</summary>
    public int FrameSlots { get; private set; }

    public static TranslationPlan Of(ModuleContent content, FunctionType type, FunctionBody body)
    {
        var plan = new TranslationPlan();
        var locals = type.Parameters.Length + body.LocalCount;
        if (!IsNumeric(type) || !body.Locals.All(run => IsNumeric(run.Type)) || locals + body.OperandSlotsMax > ushort.MaxValue)
        {
            plan.IsInterpreted = false;
            return plan;
        }

        var instructionSlots = 0;
        var reader = new InstructionReader(content.Bytes.Span, body.Offset, body.End, content.Limits);
        while (!reader.AtEnd)
        {
            reader.Read(out var instruction);
            if (!IsKnown(in instruction, content))
            {
                plan.IsInterpreted = false;
                return plan;
            }

            plan._segments.Read(in instruction);
            instructionSlots += OpcodeTable.FrameSlotsOf(instruction.Opcode);
        }

        plan.FrameSlots = EnginePolicy.FrameSlotsOf(body.End - body.Offset, locals, body.OperandSlotsMax, instructionSlots);
        return plan;
    }

    private static bool IsKnown(in Instruction instruction, ModuleContent content) =>
        instruction.Opcode switch
        {
            Opcode.Block or Opcode.Loop or Opcode.If => IsNumeric(BlockTypes.Of(instruction.Block, content)),
            Opcode.Call => IsNumeric(content.TypeOfFunction(instruction.Index)),
            Opcode.CallIndirect => IsNumeric(content.Types[instruction.Index]),
            Opcode.GlobalGet or Opcode.GlobalSet => IsNumeric(content.Globals[instruction.Index].Content),
            Opcode.SelectTyped => IsNumeric(instruction.Type),
            Opcode.TableGet or Opcode.TableSet or Opcode.ReturnCall or Opcode.ReturnCallIndirect => false,
            <= Opcode.I64Extend32S => true,
            >= Opcode.I32TruncSatF32S and <= Opcode.MemoryFill => true,
            _ => false,
        };

    /// <summary>Whether the interpreter can call functions of the type.</summary>
    public static bool IsNumeric(FunctionType type)
    {
        foreach (var parameter in type.Parameters)
        {
            if (!IsNumeric(parameter))
            {
                return false;
            }
        }

        foreach (var result in type.Results)
        {
            if (!IsNumeric(result))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsNumeric(WasmType type) => type is WasmType.I32 or WasmType.I64 or WasmType.F32 or WasmType.F64;
}
