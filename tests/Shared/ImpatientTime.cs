namespace Marketplace.Tests;

/// <summary>
/// A clock on which short waits are over at once: a timer due within <paramref name="patience"/> fires right away and the clock jumps to
/// its time. Longer ones, such as time limits that must not pass, never fire. Keeps the waits it was asked for.
/// </summary>
internal sealed class ImpatientTime(TimeSpan patience) : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<TimeSpan> _waits = [];
    private DateTimeOffset _now = new(2026, 11, 21, 0, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>The waits that were over at once, in order.</summary>
    public IReadOnlyList<TimeSpan> Waits
    {
        get
        {
            lock (_gate)
            {
                return [.. _waits];
            }
        }
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return _now;
        }
    }

    public override long GetTimestamp() => GetUtcNow().Ticks;

    public void Advance(TimeSpan time)
    {
        lock (_gate)
        {
            _now += time;
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private bool IsOver(TimeSpan wait)
    {
        if (wait < TimeSpan.Zero || wait > patience)
        {
            return false;
        }
        lock (_gate)
        {
            _now += wait;
            _waits.Add(wait);
        }
        return true;
    }

    private sealed class Timer(ImpatientTime time, TimerCallback callback, object? state) : ITimer
    {
        private volatile bool _disposed;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (_disposed)
            {
                return false;
            }
            if (time.IsOver(dueTime))
            {
                ThreadPool.UnsafeQueueUserWorkItem(static timer => timer.Fire(), this, preferLocal: false);
            }
            return true;
        }

        public void Dispose() => _disposed = true;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Fire()
        {
            if (!_disposed)
            {
                callback(state);
            }
        }
    }
}
