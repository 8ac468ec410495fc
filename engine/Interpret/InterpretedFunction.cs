namespace Marketplace.Engine.Interpret;

/// <summary>A function as the interpreter runs it. Its runs share it: what changes in it shows in no result.</summary>
internal sealed class InterpretedFunction
{
    /// <summary>This object and the heads of its arrays.</summary>
    private const int ObjectBytes = 160;

    /// <summary>Of the function in its module.</summary>
    public required int Index { get; init; }

    public required FunctionType Type { get; init; }

    /// <summary>Empty where the interpreter does not run the function.</summary>
    public required Step[] Steps { get; init; }

    /// <summary>Of each <see cref="Operation.JumpByTable"/> the steps to go on with; the last is the default.</summary>
    public required int[][] Tables { get; init; }

    /// <summary>Parameters and locals.</summary>
    public required int Locals { get; init; }

    /// <summary>Locals and operands.</summary>
    public required int Cells { get; init; }

    /// <summary>What the frame takes from the stack budget (FUEL.md, "Stack").</summary>
    public required int FrameSlots { get; init; }

    /// <summary>Fuel of the first segment.</summary>
    public required int FirstCharge { get; init; }

    /// <summary>Where <see cref="Heat"/> begins.</summary>
    public required long Patience { get; init; }

    /// <summary>What the process keeps for it.</summary>
    public unsafe long Bytes => ((long)Steps.Length * sizeof(Step)) + Tables.Sum(table => (long)table.Length * sizeof(int)) + ObjectBytes;

    /// <summary>
    /// What may still be interpreted, about in units of fuel, before machine code pays. Threads count it down without waiting for each
    /// other.
    /// </summary>
    public long Heat;

    /// <summary>Loops of the function that machine code was made for to enter at.</summary>
    public int LoopEntries;

    /// <summary>Calls go to machine code, which is there or is made then.</summary>
    public volatile bool IsCompiled;
}
