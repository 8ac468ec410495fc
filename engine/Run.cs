using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Marketplace.Engine.Runtime;

namespace Marketplace.Engine;

/// <summary>
/// Fuel, time and stack of one run. All instances of a run share it. Not thread-safe: from its first instance on, or the first
/// look at its time, when that begins, a run stays on one thread; only the cancellation token may be signalled from elsewhere.
/// Dispose it when no instance of it runs any more.
/// </summary>
public sealed class Run : IDisposable
{
    private readonly RunLimits _limits;
    private readonly TimeProvider _clock;
    private CancellationTokenRegistration _cancelled;
    private ITimer? _timer;
    private long _startTicks;
    private TimeSpan _compilationMax;
    private TimeSpan _compilation;
    private long? _compilingSinceTicks;
    private bool _begun;
    private long _codeBytes;

    private readonly Lock _gate = new();
    private readonly List<Instance> _instances = new(1);
    private Run? _stopped;

    /// <summary>Ends the guest's wait for machine code when the run is stopped.</summary>
    private CancellationTokenSource? _wait;

    /// <summary>What is left of the slice; compiled code takes it into a local and writes it back. Negative: refill.</summary>
    internal long Fuel;

    /// <summary>Slices of <see cref="EnginePolicy.FuelSlice"/> that are not granted yet.</summary>
    internal long Slices;

    /// <summary>Why the guest must stop at its next refill or call; 0: go on. Written by other threads.</summary>
    internal volatile TrapKind Stop;

    /// <summary>Stack slots left for the next call into an instance; set before each call of a host function.</summary>
    internal int StackSlots;

    /// <summary>Elements of the tables that the run's instances have made.</summary>
    internal int TableElements;

    /// <summary>Zero, which the machine-code compiler does not know.</summary>
    internal readonly int Zero = 0;

    /// <summary>The canonical NaN, which the machine-code compiler would load at each use if it knew it.</summary>
    internal readonly Vector128<float> NaN32 = Vector128.Create(Arithmetic.CanonicalNaN32).AsSingle();

    /// <inheritdoc cref="NaN32"/>
    internal readonly Vector128<double> NaN64 = Vector128.Create(Arithmetic.CanonicalNaN64).AsDouble();

    /// <summary>Second and later results of the call that just returned.</summary>
    internal Cell[] ResultCells = [];

    internal object?[] ResultReferences = [];

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
        (Slices, Fuel) = Math.DivRem(limits.FuelMax, EnginePolicy.FuelSlice);
    }

    /// <summary>
    /// What takes the place of a run that is stopped: below zero at the first charge, with slices left that a refill does not get to.
    /// </summary>
    private Run(Run original, TrapKind why)
    {
        _limits = original._limits;
        _clock = original._clock;
        _begun = true;
        Stop = why;
        (Slices, Fuel) = (long.MaxValue / EnginePolicy.FuelSlice, -1);
        (StackSlots, ResultCells, ResultReferences) = (_limits.StackSlotsMax, original.ResultCells, original.ResultReferences);
    }

    public RunLimits Limits => _limits;

    /// <summary>Fuel used so far; never more than <see cref="RunLimits.FuelMax"/>. Exact and equal on every machine.</summary>
    public long FuelUsed => Math.Min(_limits.FuelMax - (Slices * EnginePolicy.FuelSlice) - Fuel, _limits.FuelMax);

    /// <summary>
    /// Fuel that the guest has surely used: less than the exact number by up to a slice. May be asked from any thread while it runs.
    /// </summary>
    internal long FuelUsedAtLeast => Math.Max(0, _limits.FuelMax - ((Volatile.Read(ref Slices) + 1) * EnginePolicy.FuelSlice));

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
        Begin();
        if (Stop is not 0 and var stop)
        {
            Trap(stop);
        }
    }

    public void Dispose()
    {
        _timer?.Dispose();
        _cancelled.Dispose();
    }

    /// <summary>
    /// Called for each instance, on the guest's thread: starts the time, makes room for the results of the widest function of the module.
    /// </summary>
    internal void Admit(Instance instance, CompiledModule compiled)
    {
        Begin();
        lock (_gate)
        {
            _instances.Add(instance);
            _compilationMax += compiled.CompilationTimeMax;
            if (_compilationMax > _limits.CompilationTimeMax)
            {
                _compilationMax = _limits.CompilationTimeMax;
            }
        }

        ThrowIfStopped();
        if (compiled.ResultsMax > ResultCells.Length)
        {
            ResultCells = new Cell[compiled.ResultsMax];
            ResultReferences = new object?[compiled.ResultsMax];
        }
    }

    /// <summary>Called for an instance that is not used any more.</summary>
    internal void Dismiss(Instance instance)
    {
        lock (_gate)
        {
            _instances.Remove(instance);
        }
    }

    /// <summary>Takes slices until the fuel is no longer below zero.</summary>
    /// <exception cref="TrapException">Out of fuel, out of time or cancelled.</exception>
    internal void Refill()
    {
        var slices = (-Fuel + EnginePolicy.FuelSlice - 1) / EnginePolicy.FuelSlice;
        if (slices > Slices)
        {
            Trap(TrapKind.OutOfFuel);
        }

        Slices -= slices;
        Fuel += slices * EnginePolicy.FuelSlice;
        ThrowIfStopped();
    }

    private void Begin()
    {
        if (_begun)
        {
            return;
        }

        _begun = true;
        GuestThreads.FreeCompiler(_limits.Cancellation);
        _startTicks = _clock.GetTimestamp();
        _cancelled = _limits.Cancellation.UnsafeRegister(run => ((Run)run!).StopGuest(TrapKind.Cancelled), this);
        if (_limits.TimeMax is { } timeMax)
        {
            _timer = _clock.CreateTimer(run => ((Run)run!).LookAtTime(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer.Change(timeMax, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>
    /// Has code made on the guest's <see cref="CompilerThread"/>. The guest waits, and its time stands still meanwhile, for no longer than
    /// the code of its modules can take; but when it is stopped it does not wait for the function to be done.
    /// </summary>
    /// <exception cref="TrapException">Out of time, cancelled, or more code than a run may have made.</exception>
    internal void Compile(Action work)
    {
        Begin();
        CancellationToken stopped;
        lock (_gate)
        {
            if (_stopped is null)
            {
                _wait ??= new CancellationTokenSource();
                _compilingSinceTicks = _clock.GetTimestamp();
            }

            stopped = _wait?.Token ?? default;
        }

        if (_stopped is { } late)
        {
            Trap(late.Stop);
        }

        var made = GuestThreads.Compiler.Start(work);
        try
        {
            Task.WaitAny([made], stopped);
        }
        catch (OperationCanceledException) when (stopped.IsCancellationRequested)
        {
            Trap(_stopped!.Stop);
        }
        finally
        {
            lock (_gate)
            {
                _compilation = CompilationSoFar();
                _compilingSinceTicks = null;
            }
        }

        made.GetAwaiter().GetResult();
    }

    private TimeSpan CompilationSoFar() =>
        _compilation + (_compilingSinceTicks is { } since ? _clock.GetElapsedTime(since) : TimeSpan.Zero);

    /// <summary>Making machine code is set-up, not the guest's time, up to what the run's own modules can take.</summary>
    private void LookAtTime()
    {
        TimeSpan left;
        lock (_gate)
        {
            var compilation = CompilationSoFar();
            left =
                _limits.TimeMax!.Value
                + (compilation < _compilationMax ? compilation : _compilationMax)
                - _clock.GetElapsedTime(_startTicks);
        }

        if (left > TimeSpan.Zero)
        {
            LookAgain(left);
        }
        else
        {
            StopGuest(TrapKind.TimedOut);
        }
    }

    private void LookAgain(TimeSpan after) =>
        _timer!.Change(TimeSpan.FromMilliseconds(Math.Ceiling(after.TotalMilliseconds)), Timeout.InfiniteTimeSpan);

    /// <summary>
    /// Called by other threads. A refill sees the word; but a guest that spends its time on having new functions compiled uses little fuel,
    /// so each function that begins from now on finds, instead of its run, one that has none left. The numbers of this run stay its own.
    /// </summary>
    private void StopGuest(TrapKind why)
    {
        lock (_gate)
        {
            if (_stopped is not null)
            {
                return;
            }

            Stop = why;
            _stopped = new Run(this, why);
            foreach (var instance in _instances)
            {
                instance.RunField = _stopped;
            }
        }

        _wait?.Cancel();
    }

    /// <summary>
    /// Whether functions of the run may still become machine code that can do without: half of what may be made is for those that cannot.
    /// </summary>
    internal bool MayPromote => _codeBytes <= _limits.CodeBytesMax / 2;

    /// <summary>Counts IL that was made for this run, between two functions.</summary>
    /// <exception cref="TrapException">It is more than a run may have made, or the run was stopped meanwhile.</exception>
    internal void ChargeCode(long bytes)
    {
        _codeBytes += bytes;
        if (_codeBytes > _limits.CodeBytesMax)
        {
            StopGuest(TrapKind.TimedOut);
        }

        if (_stopped is { } stopped)
        {
            Trap(stopped.Stop);
        }
    }

    /// <summary>The one place that traps leave compiled code from.</summary>
    [DoesNotReturn]
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void Trap(TrapKind kind) => throw new TrapException(kind);
}
