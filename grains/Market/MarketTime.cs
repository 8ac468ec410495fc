namespace Marketplace.Grains;

/// <summary>
/// A moment on both of the market's clocks. Leases, pauses and rounds of maintenance count <see cref="Running"/>, which no change of the
/// wall clock moves; what is stored, and outlives the market, counts <see cref="Wall"/>.
/// </summary>
/// <param name="Wall">The time of day.</param>
/// <param name="Running">Since the market's activation.</param>
internal readonly record struct MarketTime(DateTimeOffset Wall, TimeSpan Running)
{
    public static TimeSpan Earlier(TimeSpan one, TimeSpan other) => one < other ? one : other;

    public static TimeSpan Later(TimeSpan one, TimeSpan other) => one > other ? one : other;
}

/// <summary>The clock of one activation of a market.</summary>
internal sealed class MarketClock(TimeProvider time)
{
    private readonly long _activatedAt = time.GetTimestamp();

    public MarketTime Now => new(time.GetUtcNow(), time.GetElapsedTime(_activatedAt));
}
