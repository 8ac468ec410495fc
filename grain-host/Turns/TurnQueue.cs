using Orleans.Runtime;

namespace Marketplace.GrainHost.Turns;

/// <summary>
/// Runs everything that belongs to one activation one step after the other. It is the synchronisation context of its turns,
/// so an await inside a grain comes back here.
/// </summary>
internal abstract class TurnQueue(ITurnScheduler scheduler) : SynchronizationContext, IThreadPoolWorkItem, IWorkItemScheduler
{
    [ThreadStatic]
    private static TurnQueue? _current;

    private readonly Queue<(SendOrPostCallback? Callback, object? State)> _continuations = new(0);
    private bool _scheduled;
    private bool _isDead;

    /// <summary>Continuations and new work take turns, so that neither keeps the other waiting for ever.</summary>
    private bool _workFirst;

    /// <summary>The queue whose turn the current thread is running.</summary>
    public static new TurnQueue? Current => _current;

    /// <summary>The same as what grain code sees; null where the turn is none of a grain.</summary>
    public static IGrainContext? CurrentContext => _current as IGrainContext;

    protected ITurnScheduler Scheduler { get; } = scheduler;

    /// <summary>Guards the queue and all of the derived class that other threads look at. Never held while grain code runs.</summary>
    protected Lock Gate { get; } = new();

    public sealed override void Post(SendOrPostCallback d, object? state)
    {
        if (Scheduler.ObservesSteps)
        {
            Scheduler.CheckArrival(Name, CurrentMethod);
        }
        bool schedule;
        lock (Gate)
        {
            if (_isDead)
            {
                return;
            }
            _continuations.Enqueue((d, state));
            schedule = MarkScheduled();
        }

        if (schedule)
        {
            Scheduler.Schedule(this);
        }
    }

    public sealed override void Send(SendOrPostCallback d, object? state)
    {
        if (_current != this)
        {
            throw new NotSupportedException($"Waiting for a turn of {Name} would block a thread: use Post.");
        }
        d(state);
    }

    public sealed override SynchronizationContext CreateCopy() => this;

    public void QueueAction(Action action) => Post(static state => ((Action)state!)(), action);

    public void QueueAction(Action<object> action, object state) =>
        Post(
            static both =>
            {
                var (action, state) = ((Action<object>, object))both!;
                action(state);
            },
            (action, state)
        );

    public virtual void EnterReentrantSection(Guid id) { }

    public virtual void ExitReentrantSection(Guid id) { }

    void IThreadPoolWorkItem.Execute()
    {
        var outerQueue = _current;
        var outerContext = SynchronizationContext.Current;
        var outerExecution = ExecutionContext.Capture();
        _current = this;
        SetSynchronizationContext(this);
        try
        {
            for (var steps = Scheduler.StepsPerTurn; steps > 0; steps--)
            {
                if (!RunStep())
                {
                    return;
                }

                // A step may have left its request context behind; the next step belongs to another call.
                if (ExecutionContext.Capture() != outerExecution && outerExecution is not null)
                {
                    ExecutionContext.Restore(outerExecution);
                }
            }

            Scheduler.Schedule(this);
        }
        finally
        {
            _current = outerQueue;
            SetSynchronizationContext(outerContext);
        }
    }

    /// <summary>Nothing runs here any more, and what waited is forgotten. Called under <see cref="Gate"/>.</summary>
    protected void Die()
    {
        _isDead = true;
        _continuations.Clear();
    }

    /// <summary>Name of the queue in messages and traces.</summary>
    protected abstract string Name { get; }

    /// <summary>The method that the current step most likely belongs to.</summary>
    protected abstract string CurrentMethod { get; }

    /// <summary>Takes the next step that is no continuation, and marks it as taken; called under <see cref="Gate"/>.</summary>
    protected abstract object? TakeWork();

    /// <summary>Runs what <see cref="TakeWork"/> gave.</summary>
    protected abstract void RunWork(object work);

    /// <summary>Grain code let an exception escape from a continuation, where no caller can catch it.</summary>
    protected abstract void OnEscaped(Exception exception);

    /// <summary>True when the caller, once it has left <see cref="Gate"/>, must hand this queue to the scheduler.</summary>
    protected bool MarkScheduled()
    {
        if (_scheduled)
        {
            return false;
        }
        _scheduled = true;
        return true;
    }

    private bool RunStep()
    {
        var continuation = default((SendOrPostCallback? Callback, object? State));
        object? work = null;
        lock (Gate)
        {
            if (_isDead)
            {
                return false;
            }
            _workFirst = Scheduler.ObservesSteps ? Scheduler.FlipCoin() : !_workFirst;
            if (_workFirst)
            {
                work = TakeWork();
            }
            if (work is null && !_continuations.TryDequeue(out continuation) && (_workFirst || (work = TakeWork()) is null))
            {
                _scheduled = false;
                return false;
            }
        }

        try
        {
            if (work is not null)
            {
                RunWork(work);
            }
            else
            {
                if (Scheduler.ObservesSteps)
                {
                    Scheduler.Observe(new TurnStep(TurnStepKind.Continued, Name, CurrentMethod, ""));
                }
                continuation.Callback!(continuation.State);
            }
        }
        catch (Exception exception)
        {
            OnEscaped(exception);
        }

        return true;
    }
}
