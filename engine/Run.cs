using System.Diagnostics.CodeAnalysis;
using System.Runtime;
using System.Runtime.CompilerServices;

namespace Marketplace.Engine;

/// <summary>
/// Fuel, time and stack of one run. All instances of a run share it. Not thread-safe: from its first instance on, or the first
/// look at its time, when that begins, a run stays on one thread; only the cancellation token may be signalled from elsewhere.
/// </summary>
public sealed class Run
{
    private readonly RunLimits _limits;
    private readonly TimeProvider _clock;
    private long _startTicks;
    private TimeSpan _compilationAtStart;
    private bool _begun;
    private long _granted;

    /// <summary>What is left of the slice; compiled code takes it into a local and writes it back. Negative: refill.</summary>
    internal long Fuel;

    /// <summary>Stack slots left for the next call into an instance; set before each call of a host function.</summary>
    internal int StackSlots;

    /// <summary>Second and later results of the call that just returned.</summary>
    internal Cell[] ResultCells = [];

    internal object?[] ResultReferences = [];

    /// <summary>Where compiled code keeps its locals during a refill.</summary>
    internal Cell[] SavedLocals = [];

    public Run(RunLimits limits, TimeProvider clock)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(limits.FuelMax);
        ArgumentOutOfRangeException.ThrowIfNegative(limits.MemoryPagesMax);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limits.MemoryPagesMax, EnginePolicy.MemoryPagesMax);
        ArgumentOutOfRangeException.ThrowIfNegative(limits.TableElementsMax);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limits.TableElementsMax, EnginePolicy.TableElementsMax);
        ArgumentOutOfRangeException.ThrowIfNegative(limits.StackSlotsMax);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limits.StackSlotsMax, EnginePolicy.StackSlotsMax);
        _limits = limits;
        _clock = clock;
        StackSlots = limits.StackSlotsMax;
        Fuel = _granted = Math.Min(limits.FuelMax, EnginePolicy.FuelSlice);
    }

    public RunLimits Limits => _limits;

    /// <summary>Fuel used so far; never more than <see cref="RunLimits.FuelMax"/>. Exact and equal on every machine.</summary>
    public long FuelUsed => Math.Min(_granted - Fuel, _limits.FuelMax);

    /// <summary>The guest asked for more memory than <see cref="RunLimits.MemoryPagesMax"/> and was told no.</summary>
    public bool MemoryRefused { get; internal set; }

    /// <summary>Charges the guest for work done on its behalf.</summary>
    /// <exception cref="TrapException">Out of fuel, out of time or cancelled.</exception>
    public void ChargeFuel(long fuel)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(fuel);

        // More than there ever is would overflow the counter; it ends the run all the same.
        Fuel -= Math.Min(fuel, long.MaxValue / 4);
        if (Fuel < 0)
        {
            Refill();
        }
    }

    /// <summary>Looks at cancellation and deadline; for host functions that take long.</summary>
    /// <exception cref="TrapException">Out of time or cancelled.</exception>
    public void ThrowIfStopped()
    {
        if (_limits.Cancellation.IsCancellationRequested)
        {
            Trap(TrapKind.Cancelled);
        }

        if (_limits.TimeMax is { } timeMax)
        {
            Begin();

            // Machine code is made on this thread when a function is first called; that is set-up, not the guest's time.
            var compilation = JitInfo.GetCompilationTime(currentThread: true) - _compilationAtStart;
            if (_clock.GetElapsedTime(_startTicks) - compilation > timeMax)
            {
                Trap(TrapKind.TimedOut);
            }
        }
    }

    /// <summary>
    /// Called for each instance, on the guest's thread: starts the time, makes room for the results of the widest function of
    /// the module and for the locals that one of its refills saves.
    /// </summary>
    internal void Admit(int results, int locals)
    {
        Begin();
        if (locals > SavedLocals.Length)
        {
            SavedLocals = new Cell[locals];
        }

        if (results > ResultCells.Length)
        {
            ResultCells = new Cell[results];
            ResultReferences = new object?[results];
        }
    }

    private void Begin()
    {
        if (!_begun)
        {
            _begun = true;
            _startTicks = _clock.GetTimestamp();
            _compilationAtStart = JitInfo.GetCompilationTime(currentThread: true);
        }
    }

    /// <summary>Called by compiled code when the slice is used up.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal void Refill()
    {
        while (Fuel < 0)
        {
            var left = _limits.FuelMax - _granted;
            if (left + Fuel < 0)
            {
                Trap(TrapKind.OutOfFuel);
            }

            var grant = Math.Min(left, Math.Max(EnginePolicy.FuelSlice, -Fuel));
            _granted += grant;
            Fuel += grant;
        }

        ThrowIfStopped();
    }

    /// <summary>The one place that traps leave compiled code from.</summary>
    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void Trap(TrapKind kind) => throw new TrapException(kind);
}
