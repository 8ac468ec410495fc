using Marketplace.GrainHost.Calls;
using Marketplace.GrainHost.Storage;
using Marketplace.GrainHost.Timers;
using Marketplace.GrainHost.Turns;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;

namespace Marketplace.GrainHost.Activations;

/// <summary>How an activation begins and ends.</summary>
internal sealed partial class Activation
{
    private static readonly object ActivateStep = new();
    private static readonly object EndStep = new();

    private Stage _stage;
    private DeactivationReason? _endReason;
    private object? _instance;
    private AsyncServiceScope? _scope;
    private GrainReference? _reference;
    private TaskCompletionSource? _deactivated;
    private List<GrainTimer>? _timers;
    private List<ILoadedState>? _states;

    private enum Stage
    {
        New,
        Activating,
        Active,
        Ending,
        Ended,
    }

    /// <summary>Whether there was a call since the idle collection looked last.</summary>
    public bool IsUsed { get; set; }

    public object? GrainInstance => _instance;

    public HostCore Host => _host;

    public IServiceProvider ActivationServices => (_scope ??= _host.Services.CreateAsyncScope()).ServiceProvider;

    IWorkItemScheduler IGrainContext.Scheduler => this;

    public GrainReference GrainReference => _reference ??= _host.Proxies.Create(GrainClass.Interfaces[0], GrainId);

    public Task Deactivated
    {
        get
        {
            lock (Gate)
            {
                if (_stage == Stage.Ended && _deactivated is null)
                {
                    return Task.CompletedTask;
                }
                _deactivated ??= new TaskCompletionSource();
                return _deactivated.Task;
            }
        }
    }

    public void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default)
    {
        bool schedule;
        lock (Gate)
        {
            if (_endReason is not null || _stage is Stage.Ending or Stage.Ended)
            {
                return;
            }
            _endReason = deactivationReason;
            schedule = MarkScheduled();
        }

        if (schedule)
        {
            Scheduler.Schedule(this);
        }
    }

    public bool Equals(IGrainContext? other) => ReferenceEquals(this, other);

    public override bool Equals(object? obj) => ReferenceEquals(this, obj);

    public override int GetHashCode() => Number.GetHashCode();

    public override string ToString() => $"{GrainId} (activation {Number})";

    /// <summary>The state is read before the grain is activated.</summary>
    public void AddState(ILoadedState state)
    {
        if (_stage != Stage.Activating)
        {
            throw new InvalidOperationException($"{GrainId} asked for a persistent state after its construction.");
        }
        (_states ??= []).Add(state);
    }

    public void AddTimer(GrainTimer timer)
    {
        lock (Gate)
        {
            ObjectDisposedException.ThrowIf(_stage == Stage.Ended, this);
            (_timers ??= []).Add(timer);
        }
    }

    public void RemoveTimer(GrainTimer timer)
    {
        lock (Gate)
        {
            _timers?.Remove(timer);
        }
    }

    // Async void: what escapes here despite the catch is posted to this queue and so reported by it.
    private async void Activate()
    {
        Exception? failure = null;
        if (Scheduler.ObservesSteps)
        {
            Scheduler.Observe(new TurnStep(TurnStepKind.Began, Name, nameof(IGrainBase.OnActivateAsync), ""));
        }
        try
        {
            _instance = GrainClass.Create(this);
            foreach (var state in _states ?? [])
            {
                await state.ReadStateAsync();
            }
            if (_instance is IGrainBase grain && GrainClass.HasOnActivate)
            {
                await Within(_host.Options.ActivationTimeout, grain.OnActivateAsync, "OnActivateAsync");
            }
        }
        catch (Exception exception)
        {
            failure = exception;
        }

        if (Scheduler.ObservesSteps)
        {
            Scheduler.Observe(new TurnStep(TurnStepKind.Activated, Name, "", failure?.GetType().Name ?? ""));
        }
        if (failure is null)
        {
            lock (Gate)
            {
                _stage = Stage.Active;
            }
            return;
        }

        HostLog.ActivationFailed(_host.Logger, failure, GrainId);
        var waiting = Leave();
        while (waiting.First is { } call)
        {
            waiting.Remove(call);
            call.TryFail(failure);
            call.Release();
        }

        await DisposeParts();
        _deactivated?.SetResult();
    }

    private async void End()
    {
        var reason = _endReason!.Value;
        var outcome = "";
        StopTimers();
        if (Scheduler.ObservesSteps)
        {
            Scheduler.Observe(new TurnStep(TurnStepKind.Began, Name, nameof(IGrainBase.OnDeactivateAsync), ""));
        }
        try
        {
            if (_instance is IGrainBase grain && GrainClass.HasOnDeactivate)
            {
                await Within(_host.Options.DeactivationTimeout, token => grain.OnDeactivateAsync(reason, token), "OnDeactivateAsync");
            }
        }
        catch (Exception exception)
        {
            outcome = exception.GetType().Name;
            HostLog.DeactivationFailed(_host.Logger, exception, GrainId, reason.ReasonCode);
        }

        if (Scheduler.ObservesSteps)
        {
            Scheduler.Observe(new TurnStep(TurnStepKind.Deactivated, Name, reason.ReasonCode.ToString(), outcome));
        }
        await DisposeParts();
        var waiting = Leave();
        while (waiting.First is { } call)
        {
            waiting.Remove(call);
            if (!call.IsTick && reason.ReasonCode != DeactivationReasonCode.ShuttingDown)
            {
                _host.Dispatcher.Deliver(call);
                continue;
            }

            call.TryFail(new SiloUnavailableException("The grain host has shut down before the call began."));
            call.Release();
        }

        _deactivated?.SetResult();
    }

    /// <summary>Leaves the directory; gives the calls that still waited.</summary>
    private CallList Leave()
    {
        CallList waiting;
        TaskCompletionSource? whenIdle;
        lock (Gate)
        {
            _stage = Stage.Ended;
            waiting = _mailbox;
            _mailbox = default;
            _alwaysWaiting = _readOnlyWaiting = _chainWaiting = 0;
            (whenIdle, _whenIdle) = (_whenIdle, null);
        }

        LeaveDirectory();
        whenIdle?.SetResult();
        return waiting;
    }

    private async Task Within(TimeSpan limit, Func<CancellationToken, Task> step, string name)
    {
        using var expired = new CancellationTokenSource();
        var running = step(expired.Token);
        if (running.IsCompletedSuccessfully)
        {
            return;
        }
        try
        {
            await running.WaitAsync(limit, _host.Time);
        }
        catch (TimeoutException) when (!running.IsCompleted)
        {
            expired.Cancel();
            throw new TimeoutException($"{name} of {GrainId} has not ended within {limit}.");
        }
    }

    /// <summary>Ends in the middle of everything; its callers hear of it.</summary>
    public void Kill()
    {
        var orphans = new List<GrainCall>();
        lock (Gate)
        {
            if (_stage == Stage.Ended)
            {
                return;
            }
            _stage = Stage.Ended;
            Die();
            TakeOrphans(ref _mailbox, orphans);
            TakeOrphans(ref _running, orphans);
        }

        LeaveDirectory();
        StopTimers();
        foreach (var call in orphans)
        {
            call.TryFail(new SiloUnavailableException("The grain host was killed. The call may have had its effect."));
            call.Release();
        }
    }

    /// <summary>The calls that a caller waits for. A killed grain hears nothing any more, also where it has called itself.</summary>
    private static void TakeOrphans(ref CallList calls, List<GrainCall> orphans)
    {
        for (var call = calls.First; call is not null; call = call.Next)
        {
            if (call.IsOneWay)
            {
                continue;
            }
            call.AddOwner();
            orphans.Add(call);
        }

        calls = default;
    }

    private void LeaveDirectory()
    {
        if (_group is not null)
        {
            _group.Remove(this);
        }
        else
        {
            _host.Directory.Remove(GrainId, this);
        }
    }

    private void StopTimers()
    {
        List<GrainTimer>? timers;
        lock (Gate)
        {
            (timers, _timers) = (_timers, null);
        }
        foreach (var timer in timers ?? [])
        {
            timer.Stop();
        }
    }

    private async Task DisposeParts()
    {
        StopTimers();
        var instance = _instance;
        _instance = null;
        _states = null;
        try
        {
            if (instance is IAsyncDisposable asynchronous)
            {
                await asynchronous.DisposeAsync();
            }
            else if (instance is IDisposable disposable)
            {
                disposable.Dispose();
            }
            if (_scope is { } scope)
            {
                await scope.DisposeAsync();
            }
        }
        catch (Exception exception)
        {
            HostLog.DisposalFailed(_host.Logger, exception, GrainId);
        }
    }
}
