using Marketplace.Engine.Decode;

namespace Marketplace.Engine.Emit;

/// <summary>
/// What must be known of a function before its first instruction is emitted: where it pays how much fuel, and what it uses.
/// </summary>
internal sealed class FunctionPlan
{
    private const int NoLoop = -1;

    private readonly FuelSegments _segments = new();
    private readonly List<int> _loopStarts = [];
    private readonly List<int> _loopEnds = [];
    private readonly Dictionary<int, List<int>> _sets = [];
    private readonly CommonChecks _checks = new();
    private readonly LocalNaNs _nans;

    private FunctionPlan(int locals, int parameters) => _nans = new LocalNaNs(locals, parameters);

    /// <inheritdoc cref="FuelSegments.Pieces"/>
    public IReadOnlyList<PieceFuel> Pieces => _segments.Pieces;

    public bool UsesMemory { get; private set; }

    /// <summary>What single instructions add to the frame.</summary>
    public int InstructionSlots { get; private set; }

    /// <summary>Whether comparisons need care, see <see cref="CompilerDefects"/>.</summary>
    public bool Rotates { get; private set; }

    /// <summary>Something in the function may make the memory longer while it runs: a call, or memory.grow.</summary>
    public bool MemoryMayGrow { get; private set; }

    /// <inheritdoc cref="LocalNaNs.At"/>
    public NaNLanes NaNsAt(in Instruction instruction) => _nans.At(in instruction);

    /// <summary>
    /// How far the check of the load at this place in the module reaches; null if not farther than the load itself. A farther one covers
    /// the following loads from the same address, see <see cref="CommonChecks"/>.
    /// </summary>
    public long? CheckedReach(int offset) => _checks.ReachAt(offset);

    /// <summary>Whether anything in the loop, by its number in the order of the code, writes the local.</summary>
    public bool IsSetInLoop(int local, int loop)
    {
        if (!_sets.TryGetValue(local, out var places))
        {
            return false;
        }

        var next = places.BinarySearch(_loopStarts[loop]);
        next = next < 0 ? ~next : next;
        return next < places.Count && places[next] < _loopEnds[loop];
    }

    public static FunctionPlan Of(ModuleContent content, FunctionType type, FunctionBody body)
    {
        var parameters = type.Parameters.Length;
        var plan = new FunctionPlan(parameters + body.LocalCount, parameters);
        var reader = new InstructionReader(content.Bytes.Span, body.Offset, body.End, content.Limits);
        var before = default(Instruction);
        var vectorLocals = VectorLocals(type, body);
        var usesVectors = false;
        var blocks = new Stack<int>();
        while (!reader.AtEnd)
        {
            reader.Read(out var instruction);
            if (instruction.Opcode is Opcode.LocalSet or Opcode.LocalTee)
            {
                plan._nans.AddWrite(in before, in instruction);
                plan.AddSet(instruction.Index, instruction.Offset);
            }

            plan._segments.Read(in instruction);
            var ofVectorLocal =
                vectorLocals is not null
                && instruction.Opcode is >= Opcode.LocalGet and <= Opcode.LocalTee
                && vectorLocals[instruction.Index];
            usesVectors |= ofVectorLocal || OpcodeTable.IsVectorWork(instruction.Opcode);
            plan.InstructionSlots +=
                OpcodeTable.FrameSlotsOf(instruction.Opcode) + (ofVectorLocal ? EnginePolicy.VectorLocalFrameSlots : 0);

            plan.UsesMemory |= OpcodeTable.ImmediateOf(instruction.Opcode) is Immediate.Memory or Immediate.MemoryAndLane;
            plan._checks.Read(in before, in instruction);
            plan.MemoryMayGrow |= instruction.Opcode is Opcode.Call or Opcode.CallIndirect or Opcode.MemoryGrow;
            plan.Rotates |= instruction.Opcode is Opcode.I32Rotl or Opcode.I32Rotr or Opcode.I64Rotl or Opcode.I64Rotr;
            before = instruction;
            switch (instruction.Opcode)
            {
                case Opcode.Loop:
                    blocks.Push(plan._loopEnds.Count);
                    plan._loopEnds.Add(int.MaxValue);
                    plan._loopStarts.Add(instruction.Offset);
                    break;
                case Opcode.Block or Opcode.If:
                    blocks.Push(NoLoop);
                    break;
                case Opcode.End when blocks.Count > 0 && blocks.Pop() is >= 0 and var loop:
                    plan._loopEnds[loop] = instruction.Offset;
                    break;
            }
        }

        plan.InstructionSlots += usesVectors ? EnginePolicy.VectorFunctionSlots : 0;
        plan._nans.Finish(() => new InstructionReader(content.Bytes.Span, body.Offset, body.End, content.Limits));
        return plan;
    }

    /// <returns>By index whether a local holds a vector; null where none does.</returns>
    private static bool[]? VectorLocals(FunctionType type, FunctionBody body)
    {
        if (!type.Parameters.Contains(WasmType.V128) && !body.Locals.Any(run => run.Type == WasmType.V128))
        {
            return null;
        }

        var vectors = new bool[type.Parameters.Length + body.LocalCount];
        var next = 0;
        foreach (var parameter in type.Parameters)
        {
            vectors[next++] = parameter == WasmType.V128;
        }

        foreach (var (count, local) in body.Locals)
        {
            vectors.AsSpan(next, count).Fill(local == WasmType.V128);
            next += count;
        }

        return vectors;
    }

    private void AddSet(int local, int offset)
    {
        if (!_sets.TryGetValue(local, out var places))
        {
            _sets.Add(local, places = []);
        }

        places.Add(offset);
    }
}
