namespace Marketplace.Grains;

/// <summary>
/// The draws that a worker let pass: it had a free slot all the while, and took neither the seat nor any other lease. Draws pass it over
/// for a while, so that no panel waits for it again and again; it is not blamed.
/// </summary>
internal sealed class SeatPasses
{
    private int _count;
    private TimeSpan _notedAt = TimeSpan.MinValue;
    private TimeSpan _until = TimeSpan.MinValue;

    /// <summary>It let another draw pass. Those that it let pass at the same time count once.</summary>
    public void Note(SeatDraw draw, TimeSpan now)
    {
        if (draw.At < _notedAt)
        {
            return;
        }
        _notedAt = now;
        _count++;
        if (_count >= PanelPolicy.PassesMax)
        {
            var doublings = Math.Min(_count - PanelPolicy.PassesMax, PanelPolicy.PassedOverDoublingsMax);
            _until = now + (PanelPolicy.PassedOverMin * (1 << doublings));
        }
    }

    /// <summary>It has taken a lease.</summary>
    public void Clear() => (_count, _until) = (0, TimeSpan.MinValue);

    /// <param name="now">Running time.</param>
    public bool IsPassedOver(TimeSpan now) => now < _until;
}

/// <summary>A draw of a worker for a seat.</summary>
/// <param name="At">When, in running time.</param>
/// <param name="LeasesGiven">How many leases the worker had been given in all.</param>
/// <param name="WasFull">All its slots had leases of this market.</param>
internal readonly record struct SeatDraw(TimeSpan At, long LeasesGiven, bool WasFull)
{
    public static SeatDraw Of(MarketOffer offer, TimeSpan now) => new(now, offer.LeasesGiven, offer.IsFull);

    /// <summary>
    /// Whether the worker had a slot for the seat all the time, and did not ask for it. A lease that is being prepared for it takes one,
    /// and is not given yet.
    /// </summary>
    public bool WasLetPass(MarketOffer offer, TimeSpan now) =>
        now >= At + PanelPolicy.SeatWaitMax && !WasFull && !offer.IsFull && offer.LeasesGiven == LeasesGiven;
}
