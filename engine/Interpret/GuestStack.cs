using System.Runtime.InteropServices;

namespace Marketplace.Engine.Interpret;

/// <summary>
/// Where interpreted functions have their cells and their callers, one for each guest thread. It is as long as the stack budget of a run
/// allows, so that a guest's slots end before it does; only what was touched takes memory. What guests left in it is overwritten before
/// it is read, since valid code reads no operand before it was made and locals are cleared.
/// </summary>
internal sealed unsafe class GuestStack : IDisposable
{
    private const int FramesMax = (EnginePolicy.StackSlotsMax / EnginePolicy.FrameSlots) + 1;

    private readonly long* _cells;
    private readonly Caller* _callers;
    private Cell[] _arguments = [];

    public GuestStack()
    {
        _cells = (long*)NativeMemory.Alloc(EnginePolicy.StackSlotsMax, sizeof(long));
        _callers = (Caller*)NativeMemory.Alloc(FramesMax, (nuint)sizeof(Caller));
        Use(_cells, _callers);
        CellsEnd = _cells + EnginePolicy.StackSlotsMax;
        CallersEnd = _callers + FramesMax;
    }

    /// <summary>Where an interpreted function that waits for a callee goes on.</summary>
    public struct Caller
    {
        public int Function;
        public int Step;
        public int StackSlots;
        public long* Cells;
    }

    /// <summary>What was in use at a moment.</summary>
    public readonly struct Place(long* cells, Caller* callers, int depth)
    {
        public long* Cells { get; } = cells;

        public Caller* Callers { get; } = callers;

        public int Depth { get; } = depth;
    }

    /// <summary>The first cell that no function uses that waits for the host or for machine code.</summary>
    public long* Cells { get; private set; }

    public long* CellsEnd { get; }

    /// <summary>The same of callers.</summary>
    public Caller* Callers { get; private set; }

    public Caller* CallersEnd { get; }

    /// <summary>What the indirect call in hand has found in its table.</summary>
    public Function? Found { get; set; }

    /// <summary>What the call in hand of machine code is to interpret.</summary>
    public InterpretedFunction? Entered { get; set; }

    /// <summary>Interpreters that machine code has entered and that have not ended, each within the one before.</summary>
    public int Depth { get; set; }

    /// <summary>
    /// For one call at a time of machine code, or of the host: arguments are read before the callee begins, and results are written when
    /// it has ended.
    /// </summary>
    public Cell[] Arguments(int count)
    {
        if (_arguments.Length < count)
        {
            _arguments = new Cell[count];
        }

        return _arguments;
    }

    /// <summary>What comes now may use these and what is behind them.</summary>
    public void Use(long* cells, Caller* callers)
    {
        Cells = cells;
        Callers = callers;
    }

    /// <summary>For the host, which comes back here however its call of a guest ends.</summary>
    public Place Mark() => new(Cells, Callers, Depth);

    /// <summary>Takes the stack back to where it was marked. It lives longer than the module, so it keeps nothing of it.</summary>
    public void Restore(Place place)
    {
        Found = null;
        Entered = null;
        Use(place.Cells, place.Callers);
        Depth = place.Depth;
    }

    public void Dispose()
    {
        NativeMemory.Free(_cells);
        NativeMemory.Free(_callers);
    }
}
