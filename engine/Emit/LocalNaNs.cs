using Marketplace.Engine.Decode;

namespace Marketplace.Engine.Emit;

/// <summary>
/// In which lanes a NaN in a local can only come from arithmetic, so that it need not be canonical before it leaves the local. The
/// instruction before a write usually made the value; if it did not, there is no such lane. A local to which only arithmetic and numbers
/// are written is the same everywhere. If other values are written to it too, <see cref="NaNFlow"/> finds which writes each read can see:
/// if each read sees writes of one kind alone, the kinds need not agree.
/// </summary>
/// <param name="locals">How many there are, parameters included.</param>
/// <param name="parameters">How many of them come from callers, who may give any bits.</param>
internal sealed class LocalNaNs(int locals, int parameters)
{
    /// <summary>The bits of a word. Locals beyond are canonical at each write.</summary>
    private const int MixedMax = 64;

    private readonly NaNSource[] _sources = [.. Enumerable.Repeat(NaNSource.Other, parameters), .. new NaNSource[locals - parameters]];
    private NaNFlow? _flow;

    public void AddWrite(in Instruction before, in Instruction write) => _sources[write.Index] |= SourceOf(in before);

    /// <summary>When all writes are known.</summary>
    public void Finish(Func<InstructionReader> read)
    {
        var mixed = new Dictionary<int, int>();
        for (var local = 0; local < _sources.Length && mixed.Count < MixedMax; local++)
        {
            if (_sources[local] is not (NaNSource.None or NaNSource.F32 or NaNSource.F64 or NaNSource.Other))
            {
                mixed.Add(local, mixed.Count);
            }
        }

        if (mixed.Count > 0)
        {
            _flow = NaNFlow.Of(mixed, parameters, read);
        }
    }

    /// <summary>What a read of a local, or a write of it, leaves to the instructions that use the value.</summary>
    public NaNLanes At(in Instruction instruction) => _flow?.At(in instruction) ?? LanesOf(_sources[instruction.Index]);

    /// <summary>None where it is a number.</summary>
    public static NaNSource SourceOf(in Instruction writer)
    {
        if (NaNRules.GivesNumber(in writer))
        {
            return NaNSource.None;
        }

        return (NaNRules.Made(writer.Opcode), writer.Opcode) switch
        {
            (NaNLanes.F32, _) => NaNSource.F32,
            (NaNLanes.F64, _) => NaNSource.F64,

            // These lanes hold numbers, but read as lanes of the other size they may look like a NaN.
            (_, Opcode.F32x4ConvertI32x4S or Opcode.F32x4ConvertI32x4U) => NaNSource.F32,
            (_, Opcode.F64x2ConvertLowI32x4S or Opcode.F64x2ConvertLowI32x4U) => NaNSource.F64,
            _ => NaNSource.Other,
        };
    }

    public static NaNLanes LanesOf(NaNSource sources) =>
        sources switch
        {
            NaNSource.F32 => NaNLanes.F32,
            NaNSource.F64 => NaNLanes.F64,
            _ => NaNLanes.None,
        };
}

/// <summary>Where the NaNs in a local may come from.</summary>
[Flags]
internal enum NaNSource : byte
{
    None = 0,

    /// <summary>Arithmetic on f32, or on f32 lanes.</summary>
    F32 = 1,

    /// <summary>Arithmetic on f64, or on f64 lanes.</summary>
    F64 = 2,

    /// <summary>Anything else: the NaN may be of the guest's own making, and its bits must stay.</summary>
    Other = 4,
}
