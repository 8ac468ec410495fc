using Marketplace.GrainHost.Calls;
using Marketplace.GrainHost.Hosting;
using Marketplace.GrainHost.Turns;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;

namespace Marketplace.GrainHost.Activations;

/// <summary>One activation of a grain: its mailbox, and which of its calls run. The other files hold its life.</summary>
internal sealed partial class Activation : TurnQueue, ICallReceiver, IGrainContext
{
    private readonly HostCore _host;
    private readonly StatelessWorkers? _group;
    private CallList _mailbox;
    private CallList _running;

    /// <summary>How many waiting calls may run beside which running ones, so that the mailbox is searched only where it pays.</summary>
    private int _alwaysWaiting,
        _readOnlyWaiting,
        _chainWaiting;

    /// <summary>The running call that keeps the others waiting; null when none runs or all that run interleave with everything.</summary>
    private GrainCall? _blocking;
    private GrainCall? _executing;
    private Dictionary<Guid, int>? _reentrantSections;
    private TaskCompletionSource? _whenIdle;
    private bool _watched;

    public Activation(HostCore host, GrainClass grainClass, GrainId id, StatelessWorkers? group)
        : base(host.Scheduler)
    {
        _host = host;
        _group = group;
        GrainClass = grainClass;
        GrainId = id;
        Number = host.Directory.NextNumber();
    }

    public GrainClass GrainClass { get; }

    public GrainId GrainId { get; }

    /// <summary>Counts the activations of the host.</summary>
    public long Number { get; }

    public IReadOnlyList<IIncomingGrainCallFilter> Filters => _host.Filters;

    public bool HasFilters => _host.Filters.Count > 0 || GrainClass.IsFilter;

    /// <summary>Calls that wait or run. A guess when read from outside: good enough to choose a worker.</summary>
    public int Load => _mailbox.Count + _running.Count;

    /// <summary>Calls that wait. A guess when read from outside, as is <see cref="RunningCalls"/>.</summary>
    public int WaitingCalls => _mailbox.Count;

    public int RunningCalls => _running.Count;

    /// <summary>The call that outgoing calls are most likely made for.</summary>
    public GrainCall? CurrentCall => _executing ?? _blocking ?? (_running.Count == 1 ? _running.First : null);

    protected override string Name => GrainId.ToString();

    protected override string CurrentMethod => CurrentCall?.Name ?? "";

    public bool TryReceive(GrainCall call)
    {
        var watch = false;
        var schedule = false;
        var waiting = 0;
        lock (Gate)
        {
            if (_stage == Stage.Ended)
            {
                return false;
            }
            if (_mailbox.Count < _host.Options.MailboxMax || call.IsTick)
            {
                call.Receiver = this;
                _mailbox.Append(call);
                Count(call, 1);
                IsUsed |= call.CountsAsUse;
                watch = !_watched;
                _watched = true;
                schedule = MarkScheduled();
            }
            else
            {
                waiting = _mailbox.Count;
            }
        }

        if (waiting > 0)
        {
            if (call.IsOneWay)
            {
                HostLog.OneWayRefused(_host.Logger, GrainId, call.Name, waiting);
            }
            const string limit = $"{nameof(GrainHostOptions)}.{nameof(GrainHostOptions.MailboxMax)}";
            call.TryFail(new LimitExceededException(limit, waiting, _host.Options.MailboxMax, $"{GrainId} {call.Name}"));
            call.Release();
            return true;
        }

        if (watch)
        {
            _host.Sweep.Add(this);
        }
        if (schedule)
        {
            Scheduler.Schedule(this);
        }
        return true;
    }

    public void AddTo(List<Activation> activations) => activations.Add(this);

    public override void EnterReentrantSection(Guid id)
    {
        lock (Gate)
        {
            _reentrantSections ??= [];
            _reentrantSections[id] = _reentrantSections.GetValueOrDefault(id) + 1;
        }
    }

    public override void ExitReentrantSection(Guid id)
    {
        lock (Gate)
        {
            if (_reentrantSections is null || !_reentrantSections.TryGetValue(id, out var depth))
            {
                return;
            }
            if (depth == 1)
            {
                _reentrantSections.Remove(id);
            }
            else
            {
                _reentrantSections[id] = depth - 1;
            }
        }
    }

    /// <summary>Runs before the caller learns the outcome, so that the caller's next call already finds the consequences.</summary>
    public void BeforeOutcome(GrainCall call, Exception? error)
    {
        call.Meter?.Invoke(_host.Time.GetElapsedTime(call.BeganAt), error);
        if (error is InconsistentStateException { IsSourceActivation: true } conflict)
        {
            conflict.IsSourceActivation = false;
            Deactivate(new(DeactivationReasonCode.ApplicationError, conflict, $"{call.Name} found that its state is out of date."));
        }

        if (Scheduler.ObservesSteps)
        {
            Scheduler.Observe(new TurnStep(TurnStepKind.Ended, Name, call.Name, error?.GetType().Name ?? ""));
        }
    }

    public void AfterCall(GrainCall call)
    {
        TaskCompletionSource? whenIdle = null;
        lock (Gate)
        {
            // A kill has forgotten the call already.
            if (_stage == Stage.Ended)
            {
                return;
            }
            _running.Remove(call);
            call.IsRunning = false;
            if (_blocking == call)
            {
                _blocking = NextBlocking();
            }
            if (_running.Count == 0 && _mailbox.Count == 0)
            {
                (whenIdle, _whenIdle) = (_whenIdle, null);
            }
        }

        whenIdle?.SetResult();
    }

    /// <summary>Ends when no call waits or runs; null when that is so now.</summary>
    public Task? WhenIdle()
    {
        lock (Gate)
        {
            if (_stage == Stage.Ended || (_running.Count == 0 && _mailbox.Count == 0))
            {
                return null;
            }
            _whenIdle ??= new TaskCompletionSource();
            return _whenIdle.Task;
        }
    }

    protected override object? TakeWork()
    {
        switch (_stage)
        {
            case Stage.New:
                _stage = Stage.Activating;
                return ActivateStep;
            case Stage.Active when _endReason is null:
                return TakeCall();
            case Stage.Active when _running.Count > 0:
                // What runs may wait for a call that is allowed back in; everything else goes to the successor.
                return TakeCall();
            case Stage.Active:
                _stage = Stage.Ending;
                return EndStep;
            default:
                return null;
        }
    }

    protected override void RunWork(object work)
    {
        if (work == ActivateStep)
        {
            Activate();
            return;
        }

        if (work == EndStep)
        {
            End();
            return;
        }

        var call = (GrainCall)work;
        _executing = call;
        try
        {
            if (call.Context is not null || RequestContext.Current is not null)
            {
                RequestContext.Current = call.Context;
            }
            if (Scheduler.ObservesSteps)
            {
                Scheduler.Observe(new TurnStep(TurnStepKind.Began, Name, call.Name, ""));
            }
            if (call.Meter is not null)
            {
                call.BeganAt = _host.Time.GetTimestamp();
            }
            call.Run(_instance!);
        }
        finally
        {
            _executing = null;
        }
    }

    protected override void OnEscaped(Exception exception) => HostLog.Escaped(_host.Logger, exception, GrainId, CurrentMethod);

    private static Guid ChainOf(GrainCall call) => call.Context?.ReentrancyId ?? Guid.Empty;

    /// <summary>Whether a call behind the first one might start although the first one may not.</summary>
    private bool IsSearchWorthwhile =>
        _alwaysWaiting > 0
        || (_readOnlyWaiting > 0 && _blocking is { IsReadOnly: true })
        || (_chainWaiting > 0 && _reentrantSections is { Count: > 0 });

    private void Count(GrainCall call, int change)
    {
        if (call.AlwaysInterleaves)
        {
            _alwaysWaiting += change;
        }
        if (call.IsReadOnly)
        {
            _readOnlyWaiting += change;
        }
        if (ChainOf(call) != Guid.Empty)
        {
            _chainWaiting += change;
        }
    }

    private GrainCall? TakeCall()
    {
        var next = _mailbox.First;
        while (next is not null)
        {
            var call = next;
            next = call.Next;
            if (call.HasEnded && !call.IsOneWay)
            {
                // Its caller has stopped waiting and would not learn what it did.
                Drop(call);
                continue;
            }

            if (MayStart(call))
            {
                TakeOut(call);
                _running.Append(call);
                call.IsRunning = true;
                if (!call.AlwaysInterleaves)
                {
                    _blocking ??= call;
                }
                return call;
            }

            if (!IsSearchWorthwhile)
            {
                break;
            }
        }

        if (_whenIdle is not null && _running.Count + _mailbox.Count == 0)
        {
            // Only calls whose callers have stopped waiting were left. Posted, because the gate is held here.
            Post(static whenIdle => ((TaskCompletionSource)whenIdle!).SetResult(), _whenIdle);
            _whenIdle = null;
        }

        return null;
    }

    private void TakeOut(GrainCall call)
    {
        _mailbox.Remove(call);
        Count(call, -1);
    }

    private void Drop(GrainCall call)
    {
        TakeOut(call);
        call.Release();
    }

    private bool MayStart(GrainCall call)
    {
        if (_blocking is null)
        {
            return _endReason is null;
        }
        if (_endReason is null && (GrainClass.IsReentrant || call.AlwaysInterleaves || (call.IsReadOnly && _blocking.IsReadOnly)))
        {
            return true;
        }
        var chain = ChainOf(call);
        return chain != Guid.Empty && _reentrantSections is not null && _reentrantSections.ContainsKey(chain);
    }

    private GrainCall? NextBlocking()
    {
        for (var call = _running.First; call is not null; call = call.Next)
        {
            if (!call.AlwaysInterleaves)
            {
                return call;
            }
        }

        return null;
    }
}
