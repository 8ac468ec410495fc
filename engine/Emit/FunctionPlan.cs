using Marketplace.Engine.Decode;

namespace Marketplace.Engine.Emit;

/// <summary>
/// What must be known of a function before its first instruction is emitted: the fuel of each segment and what the
/// function uses. Segments are defined in FUEL.md; every engine that meters must count by this class.
/// </summary>
internal sealed class FunctionPlan
{
    private const int NoLoop = -1;

    private readonly List<int> _costs = [];
    private readonly List<int> _callsBefore = [];
    private readonly List<bool> _loopCalls = [];
    private readonly LocalUse[] _locals;

    private FunctionPlan(int localCount) => _locals = new LocalUse[localCount];

    /// <summary>What is written to a float local.</summary>
    [Flags]
    private enum LocalUse : byte
    {
        None = 0,

        /// <summary>A result of arithmetic on f32, or on f32 lanes.</summary>
        F32 = 1,

        /// <summary>A result of arithmetic on f64, or on f64 lanes.</summary>
        F64 = 2,

        /// <summary>Something that may be a NaN of the guest's own making, whose bits must stay.</summary>
        Other = 4,
    }

    /// <summary>Fuel of each segment, in the order in which the code begins them.</summary>
    public IReadOnlyList<int> SegmentCosts => _costs;

    public bool UsesMemory { get; private set; }

    /// <summary>Something in the function may make the memory longer while it runs: a call, or memory.grow.</summary>
    public bool MemoryMayGrow { get; private set; }

    /// <summary>
    /// In which lanes a NaN in this local can only come from arithmetic, so that it need not be canonical before it leaves the
    /// local. Decided by the instruction before each write, which is the one that made the value; where it is not, in none.
    /// </summary>
    public NaNLanes HoldsAnyNaN(int local) => _locals[local] switch
    {
        LocalUse.F32 => NaNLanes.F32,
        LocalUse.F64 => NaNLanes.F64,
        _ => NaNLanes.None,
    };

    /// <summary>Whether the function contains anything that becomes a call.</summary>
    public bool Calls { get; private set; }

    /// <summary>Whether the loop, by its number in the order of the code, contains anything that becomes a call.</summary>
    public bool LoopCalls(int loop) => _loopCalls[loop];

    public static FunctionPlan Of(ModuleContent content, FunctionType type, FunctionBody body)
    {
        var parameters = type.Parameters.Length;
        var plan = new FunctionPlan(parameters + body.LocalCount);
        plan._locals.AsSpan(0, parameters).Fill(LocalUse.Other);
        var reader = new InstructionReader(content.Bytes.Span, body.Offset, body.End, content.Limits);
        var before = default(Instruction);
        var blocks = new Stack<int>();
        var cost = 0;
        var calls = 0;
        while (!reader.AtEnd)
        {
            reader.Read(out var instruction);
            if (instruction.Opcode is Opcode.LocalSet or Opcode.LocalTee && !NaNRules.GivesNumber(in before))
            {
                plan._locals[instruction.Index] |= UseOf(before.Opcode);
            }

            before = instruction;
            cost += OpcodeTable.CostOf(instruction.Opcode);
            plan.UsesMemory |= OpcodeTable.ImmediateOf(instruction.Opcode) is Immediate.Memory or Immediate.MemoryAndLane;
            plan.MemoryMayGrow |= instruction.Opcode is Opcode.Call or Opcode.CallIndirect or Opcode.MemoryGrow;
            calls += BecomesCall(instruction.Opcode) ? 1 : 0;
            plan.Calls = calls > 0;
            switch (instruction.Opcode)
            {
                case Opcode.Loop:
                    blocks.Push(plan._loopCalls.Count);
                    plan._callsBefore.Add(calls);
                    plan._loopCalls.Add(false);
                    break;
                case Opcode.Block or Opcode.If:
                    blocks.Push(NoLoop);
                    break;
                case Opcode.End when blocks.Count > 0 && blocks.Pop() is >= 0 and var loop:
                    // Nothing branches to the end of a loop, so the segment before it goes on.
                    plan._loopCalls[loop] = calls > plan._callsBefore[loop];
                    continue;
            }

            if (EndsSegment(instruction.Opcode))
            {
                plan._costs.Add(cost);
                cost = 0;
            }
        }

        return plan;
    }

    private static bool BecomesCall(Opcode opcode) => opcode
        is Opcode.Call or Opcode.CallIndirect or Opcode.MemorySize or Opcode.MemoryGrow or Opcode.TableGet or Opcode.TableSet
        or Opcode.RefFunc or >= Opcode.MemoryInit and <= Opcode.TableFill;

    private static LocalUse UseOf(Opcode writer) => (NaNRules.Made(writer), writer) switch
    {
        (NaNLanes.F32, _) => LocalUse.F32,
        (NaNLanes.F64, _) => LocalUse.F64,

        // Numbers in these lanes, but they may look like a NaN in lanes of the other size.
        (_, Opcode.F32x4ConvertI32x4S or Opcode.F32x4ConvertI32x4U) => LocalUse.F32,
        (_, Opcode.F64x2ConvertLowI32x4S or Opcode.F64x2ConvertLowI32x4U) => LocalUse.F64,
        _ => LocalUse.Other,
    };

    /// <summary>Whether the next segment begins after an instruction; not asked for the end of a loop.</summary>
    public static bool EndsSegment(Opcode opcode) => opcode is Opcode.Loop or Opcode.If or Opcode.Else or Opcode.End
        or Opcode.Br or Opcode.BrIf or Opcode.BrTable or Opcode.Return or Opcode.Unreachable
        or Opcode.ReturnCall or Opcode.ReturnCallIndirect;
}
