namespace Marketplace.Storage;

/// <summary>A clock that stands still until it is moved, and its timers, which fire one after the other on the caller's thread.</summary>
public sealed class ManualTime : TimeProvider
{
    private readonly List<ManualTimer> _timers = [];

    public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>
    /// Runs a test with a clock of its own, away from the test runner's context and scheduler: what a timer completes then goes on inside
    /// of the timer, and not on another thread.
    /// </summary>
    public static Task<TResult> Run<TResult>(Func<ManualTime, Task<TResult>> test) => Task.Run(() => test(new ManualTime()));

    /// <inheritdoc cref="Run{TResult}"/>
    public static Task Run(Func<ManualTime, Task> test) => Task.Run(() => test(new ManualTime()));

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => Now;

    public override long GetTimestamp() => Now.UtcTicks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        _timers.Add(timer);
        return timer;
    }

    /// <summary>Moves to the next timer and fires it.</summary>
    /// <returns>False where no timer is set.</returns>
    public bool FireNext()
    {
        if (_timers.Where(timer => timer.Due is not null).MinBy(timer => timer.Due) is not { } next)
        {
            return false;
        }
        Now = next.Due!.Value > Now ? next.Due.Value : Now;
        next.Fire();
        return true;
    }

    /// <summary>Fires what is due until the moment, and moves there.</summary>
    public void Advance(TimeSpan span)
    {
        var until = Now + span;
        while (_timers.Any(timer => timer.Due <= until))
        {
            FireNext();
        }
        Now = until;
    }

    private sealed class ManualTimer(ManualTime time, Action callback) : ITimer
    {
        public DateTimeOffset? Due { get; private set; }

        public void Fire()
        {
            Due = null;
            callback();
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Due = dueTime == Timeout.InfiniteTimeSpan ? null : time.Now + dueTime;
            return true;
        }

        public void Dispose()
        {
            Due = null;
            time._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
