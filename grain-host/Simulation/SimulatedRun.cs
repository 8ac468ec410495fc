using System.Runtime.ExceptionServices;
using Marketplace.GrainHost.Turns;

namespace Marketplace.GrainHost.Simulation;

/// <summary>
/// Runs a host and everything around it on one thread, in an order that a seed decides, under a clock that moves only when
/// nothing else can run. The same seed gives the same run, step by step; <see cref="TraceHash"/> proves it.
/// </summary>
/// <remarks>
/// Give <see cref="Scheduler"/> and <see cref="Time"/> to the host's options, and do everything, also its start and stop, inside
/// <see cref="Run"/>. May assume: one run at a time. Must not assume: real threads, time, or input and output inside of it.
/// </remarks>
public sealed class SimulatedRun
{
    /// <summary>Far more steps than a scenario of a test needs: a run that gets here goes round in circles.</summary>
    public const long StepsMax = 50_000_000;

    /// <summary>A run that gets here waits for something that never happens, while timers keep its clock going.</summary>
    public static readonly TimeSpan TimeMax = TimeSpan.FromDays(100);

    /// <summary>A date that is easy to recognise in traces, and whole in all units.</summary>
    public static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly SeededScheduler _scheduler;
    private readonly SimulatedTime _time = new(Start);

    public SimulatedRun(ulong seed)
    {
        Seed = seed;
        Chance = new SeededChance(seed);
        _scheduler = new SeededScheduler(Chance.Fork(), _time);
    }

    public ulong Seed { get; }

    /// <summary>For the faults and choices of the scenario; the scheduler draws from a source of its own.</summary>
    public SeededChance Chance { get; }

    public ITurnScheduler Scheduler => _scheduler;

    public TimeProvider Time => _time;

    /// <summary>Over every step so far: time, kind, grain, method and outcome, in order.</summary>
    public ulong TraceHash => _scheduler.TraceHash;

    /// <summary>How many steps there were.</summary>
    public long Steps => _scheduler.Steps;

    /// <summary>Called for each step, so that a test can read a run.</summary>
    public Action<TurnStep>? OnStep
    {
        get => _scheduler.OnStep;
        set => _scheduler.OnStep = value;
    }

    /// <summary>Runs the scenario to its end. The clock goes on from where an earlier scenario has left it.</summary>
    /// <exception cref="GrainThreadViolationException">Something left the simulated thread.</exception>
    /// <exception cref="SimulationStuckException">
    /// The scenario has not ended and nothing can run, or it took longer than <see cref="TimeMax"/>.
    /// </exception>
    public void Run(Func<Task> scenario)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        ExceptionDispatchInfo? failure = null;

        // A thread of its own: work that grain code sends to the thread pool then always leaves this thread.
        var thread = new Thread(() =>
        {
            try
            {
                _scheduler.Drive(scenario);
            }
            catch (Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }
        })
        {
            Name = $"simulation of seed {Seed}",
            IsBackground = true,
        };
        thread.Start();
        thread.Join();
        failure?.Throw();
    }

    /// <summary>Runs the scenario to its end and gives its result.</summary>
    public T Run<T>(Func<Task<T>> scenario)
    {
        T? result = default;
        Run(async () =>
        {
            result = await scenario();
        });
        return result!;
    }
}
