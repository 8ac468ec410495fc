namespace Marketplace.Grains;

/// <summary>Offers that take leases take what waits for them.</summary>
internal static class BookFeeding
{
    /// <summary>Gives an offer the first ready jobs that fit, as many as it takes.</summary>
    public static void Feed(this MarketBook book, MarketOffer offer, MarketTime now)
    {
        while (!book.IsPaused && offer.Capacity > 0)
        {
            // Leases of other shards take every other slot while jobs of this one wait too.
            if (offer.IsRelayedTurn && book.Loans.Relayed.Give(offer))
            {
                offer.IsRelayedTurn = false;
            }
            else if (book.FeedNext(offer, now))
            {
                offer.IsRelayedTurn = true;
            }
            else if (offer.Capacity == 0 || !book.Loans.Relayed.Give(offer))
            {
                break;
            }
        }
        if (offer.Loan is null)
        {
            book.Auctions.InviteLate(offer);
        }
        if (offer.Capacity > 0 && book.AllOffers.Lent.All.Count > 0)
        {
            // Panels wait for workers of any shard.
            book.Panels.Lines.NoteRoom();
        }
        book.AllOffers.Place(offer);
    }

    /// <summary>Feeds the offers that were held until the calls were heard that came meanwhile.</summary>
    /// <param name="book">The market's memory.</param>
    /// <param name="ending">Jobs whose ends are being recorded.</param>
    /// <param name="now">The moment.</param>
    public static void BeginRound(this MarketBook book, int ending, MarketTime now)
    {
        book.Pace.Begin(ending);
        while (book.Pace.LetGo() is { } offer)
        {
            book.Feed(offer, now);
        }
    }

    /// <returns>False where nothing waits that the offer takes now.</returns>
    private static bool FeedNext(this MarketBook book, MarketOffer offer, MarketTime now)
    {
        var seat = book.Panels.Waiting.Find(offer);
        if ((seat ?? (offer.Loan is null ? book.Queue.Find(offer) : null)) is not { } job || !book.Pace.MayLease(offer))
        {
            return false;
        }
        if (job.WantsPanel)
        {
            book.Panels.OpenPanel(job, now);
        }
        else if (!book.Auctioned(job, offer, now))
        {
            job.IsForNewcomer = false;
            book.Match(job, offer, now);
        }
        return true;
    }
}
