namespace Marketplace.GrainHost.Simulation;

/// <summary>A clock that stands still until the simulation moves it to the next timer.</summary>
internal sealed class SimulatedTime(DateTimeOffset start) : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly PriorityQueue<SimulatedTimer, (long Due, long Number)> _timers = new();
    private long _now;
    private long _numbers;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow() => start.AddTicks(Volatile.Read(ref _now));

    public override long GetTimestamp() => Volatile.Read(ref _now);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SimulatedTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves to the next timer that is due and runs it; false when there is none.</summary>
    public bool AdvanceToNextTimer()
    {
        SimulatedTimer timer;
        lock (_gate)
        {
            while (true)
            {
                if (!_timers.TryPeek(out timer!, out var place))
                {
                    return false;
                }
                _timers.Dequeue();
                if (!timer.TakeIfCurrent(place.Number))
                {
                    continue;
                }
                _now = Math.Max(_now, place.Due);
                break;
            }
        }

        timer.Fire();
        return true;
    }

    private sealed class SimulatedTimer(SimulatedTime time, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;
        private long _number = -1;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._gate)
            {
                if (_number == long.MinValue)
                {
                    return false;
                }
                _period = period;
                Schedule(dueTime);
                return true;
            }
        }

        public void Dispose()
        {
            lock (time._gate)
            {
                _number = long.MinValue;
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        /// <summary>An entry in the heap counts only if the timer was not changed or disposed since.</summary>
        public bool TakeIfCurrent(long number)
        {
            if (_number != number)
            {
                return false;
            }
            _number = -1;
            return true;
        }

        public void Fire()
        {
            lock (time._gate)
            {
                if (_number == -1 && _period > TimeSpan.Zero)
                {
                    Schedule(_period);
                }
            }

            callback(state);
        }

        private void Schedule(TimeSpan dueTime)
        {
            _number = -1;
            if (dueTime < TimeSpan.Zero)
            {
                return;
            }
            _number = ++time._numbers;
            time._timers.Enqueue(this, (time._now + dueTime.Ticks, _number));
        }
    }
}
