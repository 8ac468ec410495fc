using Marketplace.Engine;
using Marketplace.Engine.Decode;

namespace Marketplace.Reference.Execution;

/// <summary>One instruction of a body. Positions are indices into <see cref="Body.Steps"/>.</summary>
internal sealed class Step(Instruction instruction)
{
    public Opcode Opcode => Instruction.Opcode;

    /// <summary>With everything but <see cref="Decode.Instruction.Labels"/>, which are valid only while they are read.</summary>
    public readonly Instruction Instruction = instruction;

    /// <summary>Of br_table, without the default.</summary>
    public int[] Labels { get; } = instruction.Labels.ToArray();

    /// <summary>Of block, loop and if: parameters and results.</summary>
    public FunctionType? BlockType { get; init; }

    /// <summary>Of block, loop, if and else: the end that closes them.</summary>
    public int End { get; set; } = -1;

    /// <summary>Of an if that has one.</summary>
    public int Else { get; set; } = -1;

    /// <summary>Whether a segment begins here.</summary>
    public bool BeginsSegment { get; set; }

    /// <summary>Fuel of the segment that begins here.</summary>
    public long SegmentCost { get; set; }

    /// <summary>
    /// Whether the segment is one at whose beginning the guest can be stopped: a function's first, or that of a loop which does not call.
    /// </summary>
    public bool ChecksFuel { get; set; }
}

/// <summary>A function's code, ready to run.</summary>
/// <param name="Type">Of the function.</param>
/// <param name="Locals">Types of the declared locals, behind the parameters.</param>
/// <param name="FrameSlots">What a call takes from the stack budget (engine/FUEL.md, "Stack").</param>
internal sealed record Body(FunctionType Type, IReadOnlyList<WasmType> Locals, IReadOnlyList<Step> Steps, int FrameSlots);
