namespace Marketplace.Tests;

/// <summary>
/// Another clock's time, whose time of day can be set as an operator or NTP does; its timestamps and timers take no notice.
/// </summary>
internal sealed class SettableTime(TimeProvider inner) : TimeProvider
{
    private TimeSpan _ahead;

    public override long TimestampFrequency => inner.TimestampFrequency;

    public override TimeZoneInfo LocalTimeZone => inner.LocalTimeZone;

    /// <summary>Moves the time of day.</summary>
    public void Set(TimeSpan by) => _ahead += by;

    public override DateTimeOffset GetUtcNow() => inner.GetUtcNow() + _ahead;

    public override long GetTimestamp() => inner.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        inner.CreateTimer(callback, state, dueTime, period);
}
