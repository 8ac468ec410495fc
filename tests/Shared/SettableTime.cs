namespace Marketplace.Tests;

/// <summary>
/// Another clock's time, whose time of day can be set as an operator or NTP does; its timestamps and timers take no notice.
/// </summary>
internal sealed class SettableTime(TimeProvider inner) : TimeProvider
{
    private TimeSpan _ahead;
    private TimeSpan _still;

    public override long TimestampFrequency => inner.TimestampFrequency;

    public override TimeZoneInfo LocalTimeZone => inner.LocalTimeZone;

    /// <summary>Moves the time of day.</summary>
    public void Set(TimeSpan by) => _ahead += by;

    /// <summary>The process stands still for so long: all clocks go on, and timers that are due come late.</summary>
    public void Stand(TimeSpan still) => _still += still;

    public override DateTimeOffset GetUtcNow() => inner.GetUtcNow() + _ahead + _still;

    public override long GetTimestamp() => inner.GetTimestamp() + (long)(_still.TotalSeconds * TimestampFrequency);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        inner.CreateTimer(callback, state, dueTime, period);
}
