namespace Marketplace.Grains;

/// <summary>
/// How many leases are given before the market hears the calls that came meanwhile. Without it ten thousand workers whose jobs take no
/// time report faster than their ends are recorded: every call then waits behind all the others, heartbeats come too late, workers repeat
/// them, and the market only gets slower. An offer that would take a lease beyond a round is held, and fed in a later round in its turn.
/// </summary>
internal sealed class LeasePace
{
    private readonly Queue<MarketOffer> _held = new();
    private int _left = MarketPolicy.RoundLeasesMax;

    public bool HasHeld => _held.Count > 0;

    /// <returns>False where the offer is held instead.</returns>
    public bool MayLease(MarketOffer offer)
    {
        if (_left > 0)
        {
            _left--;
            return true;
        }
        offer.IsHeld = true;
        _held.Enqueue(offer);
        return false;
    }

    /// <summary>Another round begins.</summary>
    /// <param name="ending">Jobs whose ends are being recorded: each takes the place of a lease.</param>
    public void Begin(int ending) => _left = Math.Max(0, MarketPolicy.RoundLeasesMax - ending);

    /// <summary>Lets the offer that was held first go, while the round has leases left; null where there is none.</summary>
    public MarketOffer? LetGo()
    {
        if (_left == 0 || !_held.TryDequeue(out var offer))
        {
            return null;
        }
        offer.IsHeld = false;
        return offer;
    }
}
