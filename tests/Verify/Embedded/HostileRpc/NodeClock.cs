namespace Marketplace.Verify.HostileRpc;

/// <summary>
/// The clock of a client whose nodes stall. Pauses are over at once, and the clock jumps to their end. A limit of a request runs out when a
/// node stalls: of the whole request where the client has that node alone, else the one that begins when enough others have answered.
/// </summary>
internal sealed class NodeClock(bool isAlone) : TimeProvider
{
    /// <summary>A longer time is a request's limit; see <see cref="Chain.RpcPolicy"/>.</summary>
    private static readonly TimeSpan PauseMax = Chain.RpcPolicy.PauseMax;

    private static readonly DateTimeOffset Began = new(2026, 11, 21, 0, 0, 0, TimeSpan.Zero);

    private readonly Lock _gate = new();
    private readonly HashSet<Limit> _limits = [];
    private TimeSpan _now;
    private int _stalls;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => Began + Now;

    public override long GetTimestamp() => Now.Ticks;

    private TimeSpan Now
    {
        get
        {
            lock (_gate)
            {
                return _now;
            }
        }
    }

    /// <summary>To be called while no request is under way.</summary>
    public void Advance(TimeSpan time)
    {
        lock (_gate)
        {
            _now += time;
        }
    }

    /// <summary>A node begins to stall; it ends when its client has gone.</summary>
    public IDisposable Stall()
    {
        Limit[] over;
        lock (_gate)
        {
            _stalls++;
            over = [.. _limits.Where(RunsOut)];
            _limits.ExceptWith(over);
        }
        Fire(over);
        return new Stalling(this);
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var limit = new Limit(this, callback, state);
        if (dueTime >= TimeSpan.Zero && dueTime <= PauseMax)
        {
            Advance(dueTime);
            Fire([limit]);
        }
        else
        {
            limit.Change(dueTime, period);
        }
        return limit;
    }

    private bool RunsOut(Limit limit) => _stalls > 0 && (isAlone || limit.Due <= PauseMax);

    private void Arm(Limit limit, TimeSpan due)
    {
        lock (_gate)
        {
            _limits.Remove(limit);
            if (due < TimeSpan.Zero)
            {
                return;
            }
            limit.Due = due;
            if (!RunsOut(limit))
            {
                _limits.Add(limit);
                return;
            }
        }
        Fire([limit]);
    }

    private static void Fire(Limit[] over) =>
        Array.ForEach(over, limit => ThreadPool.UnsafeQueueUserWorkItem(static limit => limit.Fire(), limit, preferLocal: false));

    private sealed class Stalling(NodeClock clock) : IDisposable
    {
        public void Dispose()
        {
            lock (clock._gate)
            {
                clock._stalls--;
            }
        }
    }

    private sealed class Limit(NodeClock clock, TimerCallback callback, object? state) : ITimer
    {
        public TimeSpan Due { get; set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            clock.Arm(this, dueTime);
            return true;
        }

        public void Fire() => callback(state);

        public void Dispose() => clock.Arm(this, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
