using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// Who is invited to the auctions of a market's jobs, and who of those that have bid gets the job. Moving the job is the book's.
/// </summary>
/// <param name="auctions">Those that are open.</param>
/// <param name="offers">The market's offers.</param>
internal sealed class AuctionHouse(Auctions auctions, MarketOffers offers)
{
    /// <summary>Offers that have something to hear.</summary>
    public HashSet<MarketOffer> Called { get; } = [];

    /// <summary>Workers that have bid for a job and not opened their bids.</summary>
    public Queue<(MarketJob Job, MarketOffer Offer)> Forfeits { get; } = new();

    /// <inheritdoc cref="Auctions.NextDue"/>
    public TimeSpan? NextDue => auctions.NextDue;

    /// <inheritdoc cref="Auctions.Forgive"/>
    public void Forgive(TimeSpan still) => auctions.Forgive(still);

    /// <inheritdoc cref="Auctions.Leave"/>
    public void Leave(MarketOffer offer) => auctions.Leave(offer);

    /// <summary>
    /// Opens an auction for a ready job that wants one, among the cheapest workers that fit and are free. While there is none the job waits
    /// for the first; while too many auctions are open it is matched as any other.
    /// </summary>
    /// <param name="job">The job.</param>
    /// <param name="asking">An offer that takes leases and would take the job, known for that or not yet; null where none asks.</param>
    /// <param name="now">The moment.</param>
    /// <returns>Whether one is open now.</returns>
    public bool TryOpen(MarketJob job, MarketOffer? asking, MarketTime now)
    {
        if (!job.WantsAuction)
        {
            return false;
        }
        if (!auctions.HasRoomFor(job.Ticket.Account))
        {
            job.AuctionNote = MarketVerdicts.NoRoomForAuction;
            return false;
        }
        if (Auction.WindowOf(job, now) < MarketLimits.AuctionMin)
        {
            job.AuctionNote = MarketVerdicts.NoTimeForAuction;
            return false;
        }
        var free = offers.FindBidders(job);
        var asks = asking is not null && asking.Auctions.Count < MarketPolicy.WorkerBidsMax && free.Count < MarketPolicy.BiddersMax;
        if (free.Count == 0 && !asks)
        {
            return false;
        }
        job.Auction = auctions.Open(job, now);
        foreach (var offer in free)
        {
            Invite(offer, job.Auction);
        }
        if (asks)
        {
            Invite(asking!, job.Auction);
        }
        return true;
    }

    /// <summary>The job is not auctioned any more, and no worker is charged.</summary>
    public void End(MarketJob job)
    {
        if (job.Auction is { } auction)
        {
            auctions.End(auction);
            job.Auction = null;
        }
    }

    /// <summary>A worker that has become free while windows are open may still bid.</summary>
    public void InviteLate(MarketOffer offer)
    {
        // Most markets have none, and this is asked for each match.
        if (auctions.Count == 0)
        {
            return;
        }
        foreach (var auction in auctions.Inviting)
        {
            if (offer.Capacity > 0 && offer.Auctions.Count < MarketPolicy.WorkerBidsMax && Fits(auction.Job, offer))
            {
                Invite(offer, auction);
            }
        }
    }

    private void Invite(MarketOffer offer, Auction auction)
    {
        if (auction.Invite(offer))
        {
            offer.Invite(InvitationTo(auction));
            Called.Add(offer);
        }
    }

    private static AuctionInvitation InvitationTo(Auction auction)
    {
        var (ticket, spec) = (auction.Job.Ticket, auction.Job.Ticket.Spec);
        return new AuctionInvitation(
            Auction: auction.Number,
            Job: ticket.Job,
            Program: spec.Program,
            FuelMax: spec.FuelMax,
            MemoryPagesMax: spec.MemoryPagesMax,
            TimeMax: spec.TimeMax,
            PriceMax: auction.Job.PriceCap,
            Until: auction.Until
        );
    }

    /// <summary>Takes in what a poll brings.</summary>
    public void Take(MarketOffer offer, WorkerPoll poll)
    {
        foreach (var bid in poll.Bids.IsDefault ? [] : poll.Bids)
        {
            auctions.Take(offer, bid);
        }
        foreach (var bid in poll.Opened.IsDefault ? [] : poll.Opened)
        {
            auctions.Take(offer, bid);
        }
    }

    /// <summary>Closes the windows that are over.</summary>
    /// <returns>
    /// The next job whose auction has been decided, and the worker that gets it at the price that is noted with the job; the worker is null
    /// where posted prices decide. Null where no other auction is due.
    /// </returns>
    /// <param name="now">The moment, in running time.</param>
    /// <param name="by">As for <see cref="Auctions.TakeDue"/>.</param>
    public (MarketJob Job, MarketOffer? Winner)? Decide(TimeSpan now, TimeSpan by)
    {
        while (auctions.TakeDue(now, by) is var (auction, isDecided))
        {
            if (isDecided)
            {
                return (auction.Job, Award(auction));
            }
            foreach (var offer in auction.Bidders)
            {
                offer.CallBid(auction.Number);
                Called.Add(offer);
            }
        }
        return null;
    }

    /// <summary>The first in the ranking of those that are still there and have a free slot.</summary>
    private MarketOffer? Award(Auction auction)
    {
        var job = auction.Job;
        (job.Auction, job.IsAuctionOver) = (null, true);
        var opened = 0;
        auction.Decide(offer =>
        {
            opened++;
            return offer.Room > 0 && offers.Find(offer.Offer.Worker) == offer && Fits(job, offer);
        });
        foreach (var offer in auction.Forfeited)
        {
            Forfeits.Enqueue((job, offer));
        }
        if (auction.Ranked.Count == 0)
        {
            job.AuctionNote = opened > 0 ? MarketVerdicts.BiddersAreBusy(opened) : MarketVerdicts.NoBids(auction);
            return null;
        }
        var winner = auction.Ranked[0].Offer;
        var free = offers.FindBidders(job).FirstOrDefault(other => other != winner)?.Price;
        var price = auction.PriceOfWinner(free);
        (job.AgreedPrice, job.AuctionNote) = (price, MarketVerdicts.WonAuction(auction, price));
        return winner;
    }

    /// <summary>Whether the offer would take the job, at whatever price.</summary>
    private static bool Fits(MarketJob job, MarketOffer offer) => offer.Priced.Fits(job) && !OfferTree.IsRefused(job, offer);
}
