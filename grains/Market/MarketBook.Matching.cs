using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// Who gets what: a job goes to the cheapest offer that fits; an offer takes jobs that fit, in turns of their accounts, the oldest first.
/// </summary>
internal sealed partial class MarketBook
{
    /// <summary>Gives a ready job to the offer that is found for it.</summary>
    internal void Place(MarketJob job, MarketTime now)
    {
        if (job.WantsPanel)
        {
            // The other seats may wait; one of them takes what another account's job might have had.
            if (_offers.HasHungryFor(job))
            {
                Panels.OpenPanel(job, now);
            }
            else if (_offers.Lent.All.Count > 0)
            {
                // Offers of other shards do not look into this queue.
                Panels.Lines.Await(job);
            }
        }
        else if (!this.Auctioned(job, asking: null, now) && (job.IsSeat ? Panels.FindForSeat(job) : _offers.FindFor(job)) is { } found)
        {
            Match(job, found, now);
            _offers.Place(found);
        }
    }

    internal void Match(MarketJob job, MarketOffer offer, MarketTime now)
    {
        Panels.TakeReady(job);
        Waits.Count(job, offer, now.Running);
        job.Offer = offer;
        job.Group?.Take(job, offer.Offer);
        job.Panel?.Take(job, offer.Offer);
        job.Explanation = MarketExplanations.OfMatch(job, offer, _offers.ByPrice);
        offer.Jobs.Add(job);
        offer.SlotsUsed++;
        if (job.Ticket.UsesState || !job.KeepsAll)
        {
            job.Phase = MarketPhase.Preparing;
            // The questions to the state's grain and to the store have time limits of their own.
            DeadlineHeap.Leave(job);
            ToPrepare.Enqueue(job);
            return;
        }

        Lease(job, job.Ticket, null, now);
    }

    /// <summary>Gives the matched job to its worker.</summary>
    /// <param name="job">The job.</param>
    /// <param name="whole">Its ticket with all that the run needs. The market keeps no more of it than before.</param>
    /// <param name="root">Where a run with state starts.</param>
    /// <param name="now">The moment.</param>
    public void Lease(MarketJob job, JobTicket whole, StateRoot? root, MarketTime now)
    {
        var offer = job.Offer!;
        job.Phase = MarketPhase.Leased;
        job.Attempts++;
        job.Preparations = 0;
        job.LeasedAt = now.Wall;
        job.Run = new LeasedRun(whole, root);
        var time = MarketPolicy.SetUpMax + job.Ticket.Spec.TimeMax + MarketPolicy.ReportGrace;
        job.LeasedSince = now.Running;
        job.LeasedUntil = now.Running + time;
        job.FuelSoFar = 0;
        var wait = MarketPolicy.LeaseWaitMax + (offer.Loan is null ? TimeSpan.Zero : MarketPolicy.RelayWaitMax);
        job.Term = new LeaseTerm(now.Running, job.LeasedUntil, wait, offer.Heartbeats);
        job.UnrecordedSince = null;
        var lease = new Lease(Leases.Add(job), whole, job.Attempts, root, now.Wall + time, job.PriceOf(offer))
        {
            IsSealed = job.Panel is { IsSealed: true },
            IsVotedOn = job.Panel is { Committee: not null },
        };
        job.Lease = job.KeepsAll ? lease : lease with { Ticket = job.Ticket };
        job.Note(JobStatus.Matched, now.Wall, offer.Offer.Worker);
        job.Figures!.Running++;
        job.Figures.Cleared(job.PriceOf(offer), now.Wall);
        _deadlines.Set(job, job.Term.Deadline.Ticks);
        offer.Order(lease);
        _touched.Add(offer);
    }

    /// <summary>Ends the lease, if there is one, and tells the worker to stop.</summary>
    /// <param name="job">The job that has it.</param>
    /// <param name="reason">What its worker hears that reports it nevertheless.</param>
    public void StopLease(MarketJob job, string reason)
    {
        if (job.Lease is null || job.Offer is not { } offer)
        {
            return;
        }
        Leases.NoteOver(job, reason);
        offer.OrderStop(job.Lease.Id);
        _touched.Add(offer);
    }

    internal void Unlease(MarketJob job, MarketTime now)
    {
        var fuelUsed = job.FuelUsed;
        if (job.Lease is { } lease)
        {
            Leases.Remove(lease.Id);
            job.Figures!.Running--;
            fuelUsed ??= job.FuelOfUnreported(now.Running);
        }
        if (job.Offer is { } offer)
        {
            FreeSlot(job);
            offer.Jobs.Remove(job);
            _touched.Add(offer);
            Panels.FreePanel(job, offer.Offer);
        }

        job.Lease = null;
        job.Offer = null;
        FreeSeat(job);
        // The next attempt has an auction of its own.
        (job.AgreedPrice, job.AuctionNote, job.IsAuctionOver) = (null, null, false);
        Panels.Unready(job);
        if (!job.IsSeat)
        {
            _queue.Settle(job, fuelUsed);
        }
        (job.FuelUsed, job.Commitment, job.IsRevealTold) = (null, null, false);
    }

    /// <summary>The worker's own offer is looked at anyway. Others of its owner may take a job of the group now.</summary>
    private void FreeSeat(MarketJob job)
    {
        if (job.Group is { } group && group.Free(job) && group.Spread == GroupSpread.Owner)
        {
            _freed.Add(group);
        }
    }

    internal static void FreeSlot(MarketJob job)
    {
        if (job.Offer is not null && job.Phase is MarketPhase.Preparing or MarketPhase.Leased)
        {
            job.Offer!.SlotsUsed--;
            if (job.Lease is { } lease)
            {
                job.Offer.NoteFreed(lease.Id);
            }
        }
    }

    private static void TakeSlot(MarketJob job) => job.Offer!.SlotsUsed++;

    private void LeaveLine(MarketJob job, MarketTime now)
    {
        // The line of a job of another shard is there.
        if (job.Home is null && !job.IsSeat && _lines.Leave(job) is { } next)
        {
            MakeReady(next, now);
        }
    }
}
