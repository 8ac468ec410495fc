using Marketplace.Engine.Decode;

namespace Marketplace.Engine.Emit;

/// <summary>
/// What must be known of a function before its first instruction is emitted: the fuel of each segment and what the
/// function uses. Segments are defined in WASM-TO-IL.md, "Fuel"; every engine that meters must count by this class.
/// </summary>
internal sealed class FunctionPlan
{
    private readonly List<int> costs = [];

    /// <summary>Fuel of each segment, in the order in which the code begins them.</summary>
    public IReadOnlyList<int> SegmentCosts => costs;

    public bool UsesMemory { get; private set; }

    public static FunctionPlan Of(ModuleContent content, FunctionBody body, EngineLimits limits)
    {
        var plan = new FunctionPlan();
        var reader = new InstructionReader(content.Bytes.Span, body.Offset, body.End, limits);
        var loops = new Stack<bool>();
        var cost = 0;
        while (!reader.AtEnd)
        {
            reader.Read(out var instruction);
            cost += OpcodeTable.CostOf(instruction.Opcode);
            plan.UsesMemory |= OpcodeTable.ImmediateOf(instruction.Opcode) == Immediate.Memory;
            switch (instruction.Opcode)
            {
                case Opcode.Block or Opcode.Loop or Opcode.If:
                    loops.Push(instruction.Opcode == Opcode.Loop);
                    break;
                case Opcode.End when loops.Count > 0 && loops.Pop():
                    // Nothing branches to the end of a loop, so the segment before it goes on.
                    continue;
            }

            if (EndsSegment(instruction.Opcode))
            {
                plan.costs.Add(cost);
                cost = 0;
            }
        }

        return plan;
    }

    /// <summary>Whether the next segment begins after an instruction; not asked for the end of a loop.</summary>
    public static bool EndsSegment(Opcode opcode) => opcode is Opcode.Loop or Opcode.If or Opcode.Else or Opcode.End
        or Opcode.Br or Opcode.BrIf or Opcode.BrTable or Opcode.Return or Opcode.Unreachable;
}
