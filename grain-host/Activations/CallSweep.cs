using System.Collections.Concurrent;
using Marketplace.GrainHost.Calls;

namespace Marketplace.GrainHost.Activations;

/// <summary>
/// Finds the calls whose callers have waited long enough, and those that wait for each other. Only activations that got a call
/// are looked at, and while there is none there is no timer; a call itself costs neither a timer nor a look at a clock.
/// </summary>
internal sealed class CallSweep(HostCore host) : IDisposable
{
    /// <summary>Timeouts come at most a twentieth late; looking more often than every 10 ms would cost more than the calls.</summary>
    private const int StepsPerTimeout = 20;
    private static readonly TimeSpan PeriodMin = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan PeriodMax = TimeSpan.FromSeconds(1);

    private readonly ConcurrentQueue<Activation> _added = new();
    private readonly List<Activation> _watched = [];
    private readonly List<GrainCall> _expired = [];
    private readonly List<PendingCall> _pending = [];
    private readonly DeadlockSearch _deadlocks = new();
    private ITimer? _timer;
    private TimeSpan _period = PeriodMax;
    private int _armed;

    public void Start()
    {
        var wanted = host.Proxies.ShortestTimeout() / StepsPerTimeout;
        _period =
            wanted < PeriodMin ? PeriodMin
            : wanted > PeriodMax ? PeriodMax
            : wanted;
        _timer = host.Time.CreateTimer(static sweep => ((CallSweep)sweep!).Run(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        if (!_added.IsEmpty)
        {
            Arm();
        }
    }

    public void Add(Activation activation)
    {
        _added.Enqueue(activation);
        if (Volatile.Read(ref _armed) == 0)
        {
            Arm();
        }
    }

    public void Dispose() => _timer?.Dispose();

    private void Arm()
    {
        if (_timer is not null && Interlocked.Exchange(ref _armed, 1) == 0)
        {
            _timer.Change(_period, Timeout.InfiniteTimeSpan);
        }
    }

    private void Run()
    {
        while (_added.TryDequeue(out var activation))
        {
            _watched.Add(activation);
        }
        var now = host.Time.GetTimestamp();
        var kept = 0;
        for (var index = 0; index < _watched.Count; index++)
        {
            if (_watched[index].Look(now, _expired, _pending))
            {
                _watched[kept++] = _watched[index];
            }
        }

        _watched.RemoveRange(kept, _watched.Count - kept);
        try
        {
            ReportDeadlocks();
        }
        finally
        {
            FailExpired();
            Volatile.Write(ref _armed, 0);
            if (_watched.Count > 0 || !_added.IsEmpty)
            {
                Arm();
            }
        }
    }

    private void ReportDeadlocks()
    {
        var found = _deadlocks.Look(_pending);
        _pending.Clear();
        foreach (var report in found)
        {
            HostLog.Deadlock(host.Logger, report.ToString());
            host.Options.OnDeadlock?.Invoke(report);
        }
    }

    private void FailExpired()
    {
        // A context of its own keeps the continuations of those who wait from running here, inside the sweep.
        var outer = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(NotHere.Instance);
        try
        {
            foreach (var call in _expired)
            {
                var circle = _deadlocks.Known(call.Id) is { } report ? $" Calls wait for each other: {report}." : "";
                call.DeliverFailure(
                    new TimeoutException(
                        $"{call.Name} of {call.Target.GrainId} has not answered within {call.Timeout}. It may still have its "
                            + $"effect.{circle}"
                    )
                );
                call.CancelCallee();
                call.Release();
            }
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outer);
            _expired.Clear();
        }
    }

    private sealed class NotHere : SynchronizationContext
    {
        public static readonly NotHere Instance = new();
    }
}
