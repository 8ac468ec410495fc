namespace Marketplace.Grains;

/// <summary>Jobs that are auctioned before they are matched.</summary>
internal sealed partial class MarketBook
{
    private AuctionHouse Auctions => field ??= new AuctionHouse(new Auctions(market, start), _offers);

    /// <inheritdoc cref="AuctionHouse.Forfeits"/>
    public Queue<(MarketJob Job, MarketOffer Offer)> Forfeits => Auctions.Forfeits;

    /// <returns>Whether the ready job is auctioned now instead of being matched.</returns>
    private bool Auctioned(MarketJob job, MarketOffer? asking, MarketTime now)
    {
        if (!Auctions.TryOpen(job, asking, now))
        {
            return false;
        }
        _queue.Unready(job);
        job.Phase = MarketPhase.Bidding;
        return true;
    }

    /// <summary>Closes the windows that are over, and gives out the jobs whose bids are open.</summary>
    /// <param name="now">The moment.</param>
    /// <param name="byTime">Also those whose time is over. Only the timer says so, which knows whether the market stood still.</param>
    public void MoveAuctions(MarketTime now, bool byTime)
    {
        while (!_paused && Auctions.Decide(now.Running, byTime ? now.Running : TimeSpan.Zero) is var (job, winner))
        {
            job.Phase = MarketPhase.Ready;
            _queue.Ready(job);
            if (winner is not null)
            {
                Match(job, winner, now);
                _offers.Place(winner);
                continue;
            }
            Place(job, now);
            UnplacedSoFar += job.Phase == MarketPhase.Ready ? 1 : 0;
        }
    }
}
