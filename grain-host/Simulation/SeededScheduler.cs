using Marketplace.GrainHost.Turns;

namespace Marketplace.GrainHost.Simulation;

/// <summary>Chooses, by a seed, which of the turns that could run does; one at a time, on the thread that drives it.</summary>
internal sealed class SeededScheduler : ITurnScheduler
{
    /// <summary>How long a busy thread pool may take to show that nothing of the run is on it.</summary>
    private static readonly TimeSpan StrangerWait = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly List<IThreadPoolWorkItem> _runnable = [];
    private readonly TraceHash _trace = new();
    private readonly IChance _chance;
    private readonly SimulatedTime _time;

    /// <summary>Flows wherever the code of a step flows, and calls back on the thread where it arrives.</summary>
    private readonly AsyncLocal<Step?> _mark;
    private Step? _violation;
    private int _driver;

    public SeededScheduler(IChance chance, SimulatedTime time)
    {
        _chance = chance;
        _time = time;
        _mark = new AsyncLocal<Step?>(OnMarkArrived);
    }

    /// <summary>One, so that the seed decides after every step.</summary>
    public int StepsPerTurn => 1;

    public bool ObservesSteps => true;

    public ulong TraceHash => _trace.Value;

    public long Steps { get; private set; }

    public Action<TurnStep>? OnStep { get; set; }

    public void Schedule(IThreadPoolWorkItem turn)
    {
        CheckArrival("", "");
        lock (_gate)
            _runnable.Add(turn);
    }

    public void Observe(in TurnStep step)
    {
        Steps++;
        _trace.Add((ulong)_time.GetTimestamp());
        _trace.Add((ulong)step.Kind);
        _trace.Add(step.Grain);
        _trace.Add(step.Method);
        _trace.Add(step.Outcome);
        if (step.Kind is TurnStepKind.Began or TurnStepKind.Continued)
            _mark.Value = new Step(step.Grain, step.Method);
        OnStep?.Invoke(step);
    }

    public bool FlipCoin() => _chance.Below(2) == 0;

    public void CheckArrival(string grain, string method)
    {
        if (Environment.CurrentManagedThreadId != Volatile.Read(ref _driver))
            Report(new Step(grain, method));
    }

    public void Drive(Func<Task> scenario)
    {
        Volatile.Write(ref _driver, Environment.CurrentManagedThreadId);
        SynchronizationContext.SetSynchronizationContext(new OutsideContext(this));
        try
        {
            var ending = scenario();
            while (!ending.IsCompleted)
            {
                if (TakeAny() is { } turn)
                    Execute(turn);
                else
                    Advance();
                if (Volatile.Read(ref _violation) is not null)
                    break;
                if (Steps > SimulatedRun.StepsMax)
                    throw new SimulationStuckException($"The scenario has not ended after {SimulatedRun.StepsMax} steps.");
            }

            WaitForStrangers();
            ThrowViolation();
            ending.GetAwaiter().GetResult();
        }
        finally
        {
            Volatile.Write(ref _driver, 0);
        }
    }

    private IThreadPoolWorkItem? TakeAny()
    {
        lock (_gate)
        {
            if (_runnable.Count == 0)
                return null;
            var index = _chance.Below(_runnable.Count);
            var turn = _runnable[index];
            _runnable[index] = _runnable[^1];
            _runnable.RemoveAt(_runnable.Count - 1);
            return turn;
        }
    }

    private void Execute(IThreadPoolWorkItem turn)
    {
        turn.Execute();
        if (_mark.Value is not null)
            _mark.Value = null;
    }

    private void Advance()
    {
        // What a grain has sent to the thread pool must be seen before time goes by, or timeouts would hide it.
        WaitForStrangers();
        if (Volatile.Read(ref _violation) is not null)
            return;
        if (_time.GetUtcNow() - SimulatedRun.Start > SimulatedRun.TimeMax)
            throw new SimulationStuckException($"The scenario has not ended within {SimulatedRun.TimeMax} of simulated time.");
        if (_time.AdvanceToNextTimer())
            return;
        bool isEmpty;
        lock (_gate)
            isEmpty = _runnable.Count == 0;
        if (isEmpty)
            throw new SimulationStuckException("The scenario has not ended, but no turn can run and no timer is set: everybody waits.");
    }

    /// <summary>
    /// The queue of the thread pool is first in, first out for work from this thread: when the marker runs, everything that was
    /// sent there before has begun, and its mark has called back.
    /// </summary>
    private static void WaitForStrangers()
    {
        using var reached = new ManualResetEventSlim(false);
        ThreadPool.UnsafeQueueUserWorkItem(static reached => reached.Set(), reached, preferLocal: false);
        if (!reached.Wait(StrangerWait))
            throw new SimulationStuckException($"The thread pool has not run a work item within {StrangerWait}.");
    }

    private void OnMarkArrived(AsyncLocalValueChangedArgs<Step?> change)
    {
        // This runs on whatever thread the context has arrived at, and an exception here would end the process.
        if (change is { ThreadContextChanged: true, CurrentValue: { } step }
            && Volatile.Read(ref _driver) is not 0 and var driver
            && Environment.CurrentManagedThreadId != driver)
        {
            Report(step);
        }
    }

    private void Report(Step step) => Interlocked.CompareExchange(ref _violation, step, null);

    private void ThrowViolation()
    {
        if (Volatile.Read(ref _violation) is { } step)
            throw new GrainThreadViolationException(step.Grain, step.Method);
    }

    private sealed record Step(string Grain, string Method);

    /// <summary>Where the scenario itself and the host's own loops continue.</summary>
    private sealed class OutsideContext(SeededScheduler scheduler) : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) => scheduler.Schedule(new Continuation(d, state));

        public override void Send(SendOrPostCallback d, object? state) =>
            throw new NotSupportedException("Waiting would block the only thread of the simulation: use Post.");

        public override SynchronizationContext CreateCopy() => this;
    }

    private sealed class Continuation(SendOrPostCallback callback, object? state) : IThreadPoolWorkItem
    {
        public void Execute() => callback(state);
    }
}
