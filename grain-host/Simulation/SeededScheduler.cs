using Marketplace.GrainHost.Turns;

namespace Marketplace.GrainHost.Simulation;

/// <summary>Chooses, by a seed, which of the turns that could run does; one at a time, on the thread that drives it.</summary>
internal sealed class SeededScheduler : ITurnScheduler
{
    /// <summary>How long a run that looks stuck waits for a real timer or thread that its code may have started.</summary>
    private static readonly TimeSpan StrangerWait = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly List<IThreadPoolWorkItem> _runnable = [];
    private readonly TraceHash _trace = new();
    private readonly IChance _chance;
    private readonly SimulatedTime _time;
    private readonly ManualResetEventSlim _violated = new(false);
    private Step _current = Step.Outside;
    private Step? _violation;
    private int _driver;

    public SeededScheduler(IChance chance, SimulatedTime time)
    {
        _chance = chance;
        _time = time;
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
        {
            _runnable.Add(turn);
        }
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
        {
            _current = new Step(step.Grain, step.Method);
        }
        OnStep?.Invoke(step);
    }

    public bool FlipCoin() => _chance.Below(2) == 0;

    public void CheckArrival(string grain, string method)
    {
        if (Environment.CurrentManagedThreadId != Volatile.Read(ref _driver))
        {
            Report(new Step(grain, method));
        }
    }

    public void Drive(Func<Task> scenario)
    {
        Volatile.Write(ref _driver, Environment.CurrentManagedThreadId);
        SynchronizationContext.SetSynchronizationContext(new OutsideContext(this));
        ThreadPoolWatch.Report(() => Report(_current));
        try
        {
            var ending = scenario();
            while (!ending.IsCompleted)
            {
                if (TakeAny() is { } turn)
                {
                    Execute(turn);
                }
                else
                {
                    Advance();
                }
                if (Volatile.Read(ref _violation) is not null)
                {
                    break;
                }
                if (Steps > SimulatedRun.StepsMax)
                {
                    throw new SimulationStuckException($"The scenario has not ended after {SimulatedRun.StepsMax} steps.");
                }
            }

            ThrowViolation();
            ending.GetAwaiter().GetResult();
        }
        finally
        {
            ThreadPoolWatch.Report(null);
            Volatile.Write(ref _driver, 0);
        }
    }

    private IThreadPoolWorkItem? TakeAny()
    {
        lock (_gate)
        {
            if (_runnable.Count == 0)
            {
                return null;
            }
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
        _current = Step.Outside;
    }

    private void Advance()
    {
        if (_time.GetUtcNow() - SimulatedRun.Start > SimulatedRun.TimeMax)
        {
            throw new SimulationStuckException($"The scenario has not ended within {SimulatedRun.TimeMax} of simulated time.");
        }
        if (_time.AdvanceToNextTimer())
        {
            return;
        }
        if (!_violated.Wait(StrangerWait))
        {
            throw new SimulationStuckException("The scenario has not ended, but no turn can run and no timer is set: all turns wait.");
        }
    }

    private void Report(Step step)
    {
        Interlocked.CompareExchange(ref _violation, step, null);
        _violated.Set();
    }

    private void ThrowViolation()
    {
        if (Volatile.Read(ref _violation) is { } step)
        {
            throw new GrainThreadViolationException(step.Grain, step.Method);
        }
    }

    private sealed record Step(string Grain, string Method)
    {
        public static readonly Step Outside = new("", "");
    }

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
