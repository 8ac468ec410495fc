using Marketplace.Engine.Decode;

namespace Marketplace.Engine.Emit;

/// <summary>
/// Tells from which sources the NaNs that a read of a local sees may come, by following the writes along all ways through a function. Each
/// source has a word with a bit for each local. Every write in a loop is assumed to reach the loop's head, so that one pass in the order of
/// the code is enough.
/// </summary>
internal sealed class NaNFlow
{
    private const int NoLoop = -1;

    private readonly Dictionary<int, int> _bits;

    /// <summary>By the place of a read or write.</summary>
    private readonly Dictionary<int, NaNSource> _at = [];

    /// <summary>Locals of which a read was found that may see NaNs from several sources.</summary>
    private readonly HashSet<int> _ambiguous = [];

    /// <summary>What is written in each loop, in the order of their beginnings.</summary>
    private readonly List<Sources> _written = [];
    private readonly List<Block> _blocks = [];
    private Sources _now;

    private NaNFlow(Dictionary<int, int> bits) => _bits = bits;

    /// <summary>Those of each local: the bits of locals whose NaNs may come from there.</summary>
    private readonly record struct Sources(ulong F32, ulong F64, ulong Other)
    {
        public static Sources operator |(Sources a, Sources b) => new(a.F32 | b.F32, a.F64 | b.F64, a.Other | b.Other);

        /// <summary>After a write.</summary>
        public Sources With(int bit, NaNSource source)
        {
            var mask = 1UL << bit;
            return new(
                source == NaNSource.F32 ? F32 | mask : F32 & ~mask,
                source == NaNSource.F64 ? F64 | mask : F64 & ~mask,
                source == NaNSource.Other ? Other | mask : Other & ~mask
            );
        }

        public NaNSource Of(int bit) =>
            (NaNSource)(
                (((F32 >> bit) & 1) * (int)NaNSource.F32)
                | (((F64 >> bit) & 1) * (int)NaNSource.F64)
                | (((Other >> bit) & 1) * (int)NaNSource.Other)
            );
    }

    /// <summary>An open block.</summary>
    private sealed class Block(Opcode opcode, Sources entry)
    {
        /// <summary>Block, Loop, If or Else.</summary>
        public Opcode Opcode { get; set; } = opcode;

        /// <summary>At its beginning.</summary>
        public Sources Entry { get; } = entry;

        /// <summary>At its end, as far as that is reached by branches.</summary>
        public Sources Left { get; set; }
    }

    /// <param name="bits">A number below 64 for each local that is to be followed.</param>
    /// <param name="parameters">The number of locals that begin with any value; the others begin with 0.</param>
    /// <param name="read">The function's code from its first instruction.</param>
    public static NaNFlow Of(Dictionary<int, int> bits, int parameters, Func<InstructionReader> read)
    {
        var flow = new NaNFlow(bits);
        foreach (var (local, bit) in bits)
        {
            flow._now |= default(Sources).With(bit, local < parameters ? NaNSource.Other : NaNSource.None);
        }

        flow.FindWrites(read());
        flow.Follow(read());
        return flow;
    }

    /// <returns>Null for locals that were not followed.</returns>
    public NaNLanes? At(in Instruction instruction)
    {
        if (!_bits.ContainsKey(instruction.Index))
        {
            return null;
        }

        return _ambiguous.Contains(instruction.Index) ? NaNLanes.None : LocalNaNs.LanesOf(_at[instruction.Offset]);
    }

    private void FindWrites(InstructionReader reader)
    {
        var open = new Stack<int>();
        var before = default(Instruction);
        while (!reader.AtEnd)
        {
            reader.Read(out var instruction);
            switch (instruction.Opcode)
            {
                case Opcode.Block or Opcode.If:
                    open.Push(open.TryPeek(out var around) ? around : NoLoop);
                    break;
                case Opcode.Loop:
                    open.Push(_written.Count);
                    _written.Add(default);
                    break;
                case Opcode.End when open.Count > 0:
                    var inner = open.Pop();
                    if (inner != NoLoop && open.TryPeek(out var outer) && outer != NoLoop)
                    {
                        _written[outer] |= _written[inner];
                    }

                    break;
                case Opcode.LocalSet
                or Opcode.LocalTee when _bits.TryGetValue(instruction.Index, out var bit) && open.TryPeek(out var loop) && loop != NoLoop:
                    _written[loop] |= default(Sources).With(bit, LocalNaNs.SourceOf(in before));
                    break;
            }

            before = instruction;
        }
    }

    private void Follow(InstructionReader reader)
    {
        var loops = 0;
        var before = default(Instruction);
        while (!reader.AtEnd)
        {
            reader.Read(out var instruction);
            switch (instruction.Opcode)
            {
                case Opcode.LocalGet or Opcode.LocalSet or Opcode.LocalTee when _bits.TryGetValue(instruction.Index, out var bit):
                    Use(in before, in instruction, bit);
                    break;
                case Opcode.Loop:
                    _now |= _written[loops++];
                    _blocks.Add(new Block(Opcode.Loop, _now));
                    break;
                case Opcode.Block or Opcode.If:
                    _blocks.Add(new Block(instruction.Opcode, _now));
                    break;
                case Opcode.Else:
                    _blocks[^1].Left |= _now;
                    _blocks[^1].Opcode = Opcode.Else;
                    _now = _blocks[^1].Entry;
                    break;
                case Opcode.End when _blocks.Count > 0:
                    var block = _blocks[^1];
                    _blocks.RemoveAt(_blocks.Count - 1);
                    _now |= block.Opcode == Opcode.If ? block.Left | block.Entry : block.Left;
                    break;
                default:
                    Branch(in instruction);
                    break;
            }

            before = instruction;
        }
    }

    private void Use(in Instruction before, in Instruction instruction, int bit)
    {
        if (instruction.Opcode != Opcode.LocalGet)
        {
            var source = LocalNaNs.SourceOf(in before);
            _now = _now.With(bit, source);
            _at[instruction.Offset] = source;
            return;
        }

        var sources = _now.Of(bit);
        _at[instruction.Offset] = sources;
        if (sources is not (NaNSource.None or NaNSource.F32 or NaNSource.F64 or NaNSource.Other))
        {
            _ambiguous.Add(instruction.Index);
        }
    }

    private void Branch(in Instruction instruction)
    {
        switch (instruction.Opcode)
        {
            case Opcode.BrIf:
                LeaveTo(instruction.Index);
                return;
            case Opcode.Br:
                LeaveTo(instruction.Index);
                break;
            case Opcode.BrTable:
                foreach (var depth in instruction.Labels.Span)
                {
                    LeaveTo(depth);
                }

                LeaveTo(instruction.Index);
                break;
            case Opcode.Return or Opcode.ReturnCall or Opcode.ReturnCallIndirect or Opcode.Unreachable:
                break;
            default:
                return;
        }

        // Control never reaches the next instruction from here.
        _now = default;
    }

    private void LeaveTo(int depth)
    {
        // The function's own label belongs to no block, and a loop's head is covered by its assumption.
        if (depth < _blocks.Count && _blocks[^(1 + depth)] is { Opcode: not Opcode.Loop } block)
        {
            block.Left |= _now;
        }
    }
}
