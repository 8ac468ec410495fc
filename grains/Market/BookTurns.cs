using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>What the market does with its book in a turn, by the book's own steps.</summary>
internal static class BookTurns
{
    /// <returns>Whether the ready job is auctioned now instead of being matched.</returns>
    public static bool Auctioned(this MarketBook book, MarketJob job, MarketOffer? asking, MarketTime now)
    {
        if (!book.Auctions.TryOpen(job, asking, now))
        {
            return false;
        }
        book.Queue.Unready(job);
        job.Phase = MarketPhase.Bidding;
        return true;
    }

    /// <summary>Closes the windows that are over, and gives out the jobs whose bids are open.</summary>
    /// <param name="book">The market's memory.</param>
    /// <param name="now">The moment.</param>
    /// <param name="byTime">Also those whose time is over. Only the timer says so, which knows whether the market stood still.</param>
    public static void MoveAuctions(this MarketBook book, MarketTime now, bool byTime)
    {
        while (!book.IsPaused && book.Auctions.Decide(now.Running, byTime ? now.Running : TimeSpan.Zero) is var (job, winner))
        {
            job.Phase = MarketPhase.Ready;
            book.Queue.Ready(job);
            if (winner is not null)
            {
                book.Match(job, winner, now);
                book.AllOffers.Place(winner);
                continue;
            }
            book.Place(job, now);
            book.CountUnplaced(job);
        }
    }

    /// <summary>The market stood still for so long: no lease ends by that.</summary>
    public static void Forgive(this MarketBook book, TimeSpan still, MarketTime now)
    {
        book.Auctions.Forgive(still);
        foreach (var offer in book.Offers.Values)
        {
            offer.SeenAt = MarketTime.Earlier(offer.SeenAt + still, now.Running);
        }
        foreach (var panel in book.Leases.Jobs.Values.Where(job => job.IsSeat).Select(seat => seat.Panel!).Distinct())
        {
            panel.Forgive(still);
            book.Panels.SetDue(panel);
        }
        foreach (var job in book.Leases.Jobs.Values.Where(job => job.Phase == MarketPhase.Leased))
        {
            job.LeasedUntil += still;
            job.Term!.Forgive(still, now.Running);
            book.Deadlines.Set(job, (job.UnrecordedSince is null ? job.Term.Deadline : job.LeasedUntil).Ticks);
        }
    }

    /// <summary>The cheapest offers that take leases and find no job here, at most so many, behind the first ones.</summary>
    public static ImmutableArray<ShardOffer> HungryOffers(this MarketBook book, int first, int countMax) =>
        [
            .. book
                .AllOffers.Hungry.Cheapest(first + countMax)
                .Skip(first)
                .Select(offer => new ShardOffer(offer.Offer, offer.Standing, offer.Capacity)),
        ];

    /// <summary>Where an open job stands, and what each of the cheapest offers lacks.</summary>
    public static OpenJob Explain(this MarketBook book, MarketJob job) =>
        MarketExplanations.Of(
            job,
            book.AllOffers.ByPrice,
            book.AllOffers.Count,
            job.Phase == MarketPhase.Ready && !job.IsSeat ? book.Queue.CountBefore(job) : (-1, false)
        );

    /// <summary>The same for a job that waits in another shard.</summary>
    public static ShardSurvey Survey(this MarketBook book, WaitingJob waiting) =>
        MarketExplanations.Of(waiting, book.AllOffers.ByPrice, book.AllOffers.Count);

    /// <summary>Why a worker gets no work; null: the market does not have its offer.</summary>
    public static WorkerExplanation Explain(this MarketBook book, MarketOffer? offer) => WorkerSurvey.Explain(offer, book.Queue);

    /// <summary>What people see of the market.</summary>
    public static MarketView ToView(this MarketBook book, MarketTime now) =>
        new(
            book.QueuedCount,
            book.LeasedCount,
            book.AllOffers.Count,
            book.AllOffers.All.Values.Sum(offer => offer.Offer.Slots),
            book.AllOffers.ByPrice.First?.Price,
            book.Prices.ToView(now)
        );
}
