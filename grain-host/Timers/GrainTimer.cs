using Marketplace.GrainHost.Activations;
using Orleans.Runtime;

namespace Marketplace.GrainHost.Timers;

/// <summary>A timer of an activation. Its ticks are calls without a waiting caller, so they obey the same rules of interleaving.</summary>
internal abstract class GrainTimer : IGrainTimer
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stopped = new();
    private ITimer? _timer;
    private TimeSpan _dueTime;
    private TimeSpan _period;
    private bool _isTicking;
    private bool _isStopped;
    private bool _isChanged;

    protected GrainTimer(Activation activation, GrainTimerCreationOptions options)
    {
        Activation = activation;
        Options = options;
        Check(options.DueTime, options.Period);
        _dueTime = options.DueTime;
        _period = options.Period;
    }

    public Activation Activation { get; }

    public GrainTimerCreationOptions Options { get; }

    /// <summary>Separate from the constructor, so that no tick finds a timer that its activation does not know yet.</summary>
    public void Start()
    {
        Activation.AddTimer(this);
        lock (_gate)
        {
            _timer = Activation.Host.Time.CreateTimer(
                static timer => ((GrainTimer)timer!).Fire(),
                this,
                _dueTime,
                Timeout.InfiniteTimeSpan
            );
        }
    }

    public void Change(TimeSpan dueTime, TimeSpan period)
    {
        Check(dueTime, period);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isStopped, this);
            _dueTime = dueTime;
            _period = period;
            _isChanged = true;
            if (!_isTicking)
            {
                _timer?.Change(dueTime, Timeout.InfiniteTimeSpan);
            }
        }
    }

    public void Dispose()
    {
        Stop();
        Activation.RemoveTimer(this);
    }

    public void Stop()
    {
        lock (_gate)
        {
            if (_isStopped)
            {
                return;
            }
            _isStopped = true;
            _timer?.Dispose();
        }

        _stopped.Cancel();
    }

    /// <summary>Runs the callback, in a turn of the activation.</summary>
    /// <returns>What it threw, for the activation. It has been logged already.</returns>
    public async Task<Exception?> Tick()
    {
        lock (_gate)
        {
            if (_isStopped)
            {
                return null;
            }
            _isChanged = false;
        }

        Exception? error = null;
        try
        {
            await Run(_stopped.Token);
        }
        catch (Exception exception)
        {
            error = exception;
            HostLog.TimerFailed(Activation.Host.Logger, exception, Activation.GrainId);
        }

        lock (_gate)
        {
            _isTicking = false;
            if (_isStopped)
            {
                return error;
            }

            // A callback that changed its own timer means the new due time; else the period counts from here.
            _timer?.Change(_isChanged ? _dueTime : _period, Timeout.InfiniteTimeSpan);
        }

        return error;
    }

    protected abstract Task Run(CancellationToken cancellation);

    private static void Check(TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime != Timeout.InfiniteTimeSpan)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(dueTime, TimeSpan.Zero);
        }
        if (period != Timeout.InfiniteTimeSpan)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(period, TimeSpan.Zero);
        }
    }

    private void Fire()
    {
        lock (_gate)
        {
            if (_isStopped || _isTicking)
            {
                return;
            }
            _isTicking = true;
        }

        var tick = new TimerCall(this);
        if (!Activation.TryReceive(tick))
        {
            Stop();
        }
    }
}

/// <summary>A timer with the state that its callback gets.</summary>
internal sealed class GrainTimer<TState>(
    Activation activation,
    Func<TState, CancellationToken, Task> callback,
    TState state,
    GrainTimerCreationOptions options
) : GrainTimer(activation, options)
{
    protected override Task Run(CancellationToken cancellation) => callback(state, cancellation);
}
