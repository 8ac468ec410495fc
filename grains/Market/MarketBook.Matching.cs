using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// Who gets what: a job goes to the cheapest offer that fits; an offer takes jobs that fit, in turns of their accounts, the oldest first.
/// </summary>
internal sealed partial class MarketBook
{
    /// <summary>Looks for an offer for a ready job: the cheapest first, among equals the one with most free slots.</summary>
    private void Place(MarketJob job, MarketTime now)
    {
        job.IsForNewcomer = false;
        if ((FindNewcomer(job) ?? _hungry.Find(job, job.PriceCap)) is { } found)
        {
            if (!job.IsForNewcomer && job.Attempts == 0 && AllowsNewcomers(job))
            {
                _untilNewcomer = Math.Max(0, _untilNewcomer - 1);
            }
            Match(job, found, now);
            PlaceHungry(found);
        }
    }

    private static bool AllowsNewcomers(MarketJob job) => job.Ticket.Spec.Needs is { AllowsNewcomers: true };

    /// <summary>
    /// One of so many jobs that allow newcomers goes to one, although others are cheaper. Only jobs that went to others bring the turn
    /// nearer, each once: else jobs that no offer takes would give the lane away. It waits for the next job if no newcomer fits.
    /// </summary>
    private MarketOffer? FindNewcomer(MarketJob job)
    {
        if (_untilNewcomer > 0 || !AllowsNewcomers(job) || _hungryNewcomers.Find(job, job.PriceCap) is not { } newcomer)
        {
            return null;
        }
        _untilNewcomer = MarketPolicy.NewcomerLaneParts - 1;
        job.IsForNewcomer = true;
        return newcomer;
    }

    /// <summary>Gives an offer the first ready jobs that fit, as many as it takes.</summary>
    private void Feed(MarketOffer offer, MarketTime now)
    {
        while (!_paused && offer.Capacity > 0 && _queue.Find(offer) is { } job)
        {
            job.IsForNewcomer = false;
            Match(job, offer, now);
        }
        PlaceHungry(offer);
    }

    private void Match(MarketJob job, MarketOffer offer, MarketTime now)
    {
        _queue.Take(job);
        job.Offer = offer;
        job.Explanation = Explain(job, offer);
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
        job.Term = new LeaseTerm(now.Running, job.LeasedUntil, offer.Heartbeats);
        job.UnrecordedSince = null;
        var lease = new Lease(new LeaseId(start, ++_lastLease), whole, job.Attempts, root, now.Wall + time);
        job.Lease = job.KeepsAll ? lease : lease with { Ticket = job.Ticket };
        job.Note(JobStatus.Matched, now.Wall, offer.Offer.Worker);
        _leases.Add(_lastLease, job);
        job.Figures!.Running++;
        job.Figures.Cleared(job.PriceOf(offer), now.Wall);
        _deadlines.Set(job, job.Term.Deadline.Ticks);
        offer.Order(lease);
        _touched.Add(offer);
    }

    /// <summary>The job of a lease; null where the lease is not this worker's, not of this start, or over.</summary>
    public MarketJob? FindLeased(LeaseId lease, WorkerId worker) =>
        lease.Start == start && _leases.TryGetValue(lease.Sequence, out var leased) && leased.Offer!.Offer.Worker == worker ? leased : null;

    /// <summary>The run that a call is about; null where the lease is not this worker's, was reported, or is over.</summary>
    public LeasedRun? FindRun(LeaseCall call) =>
        FindLeased(call.Lease, call.Worker) is { Phase: MarketPhase.Leased } leased ? leased.Run : null;

    /// <summary>Ends the lease, if there is one, and tells the worker to stop.</summary>
    public void StopLease(MarketJob job)
    {
        if (job.Lease is null || job.Offer is not { } offer)
        {
            return;
        }
        offer.OrderStop(job.Lease.Id);
        _touched.Add(offer);
    }

    private void Unlease(MarketJob job, MarketTime now)
    {
        var fuelUsed = job.FuelUsed;
        if (job.Lease is { } lease)
        {
            _leases.Remove(lease.Id.Sequence);
            job.Figures!.Running--;
            fuelUsed ??= FuelOfUnreported(job, now);
        }
        if (job.Offer is { } offer)
        {
            FreeSlot(job);
            offer.Jobs.Remove(job);
            _touched.Add(offer);
        }

        job.Lease = null;
        job.Offer = null;
        _queue.Unready(job);
        _queue.Settle(job, fuelUsed);
        job.FuelUsed = null;
    }

    /// <summary>What a run that is over without a report counts: what it had used, or what it could have used in its time.</summary>
    private static long FuelOfUnreported(MarketJob job, MarketTime now)
    {
        var most = (UInt128)(now.Running - job.LeasedSince).Ticks * MarketPolicy.FuelPerTickOfACore;
        return Math.Max(job.FuelSoFar, (long)UInt128.Min((UInt128)job.Ticket.Spec.FuelMax, most));
    }

    private static void FreeSlot(MarketJob job)
    {
        if (job.Offer is not null && job.Phase is MarketPhase.Preparing or MarketPhase.Leased)
        {
            job.Offer!.SlotsUsed--;
        }
    }

    private static void TakeSlot(MarketJob job) => job.Offer!.SlotsUsed++;

    private bool EnterLine(MarketJob job)
    {
        if (!_lines.TryGetValue(job.Ticket.Spec.Program, out var line))
        {
            _lines.Add(job.Ticket.Spec.Program, line = new ProgramLine());
        }
        return line.Enter(job);
    }

    private void LeaveLine(MarketJob job, MarketTime now)
    {
        if (!job.Ticket.UsesState || !_lines.TryGetValue(job.Ticket.Spec.Program, out var line))
        {
            return;
        }
        if (line.Leave(job) is { } next)
        {
            MakeReady(next, now);
        }
        else if (line.IsEmpty)
        {
            _lines.Remove(job.Ticket.Spec.Program);
        }
    }

    /// <summary>Puts the offer where it belongs among those that take leases now. Called after its slots or its poll changed.</summary>
    private void PlaceHungry(MarketOffer offer)
    {
        int? capacity = offer.Capacity > 0 ? offer.Capacity : null;
        Move(_hungry, offer.Hungry, capacity);
        Move(_hungryNewcomers, offer.HungryNewcomer, offer.Standing.Level == StandingLevel.Newcomer ? capacity : null);
    }

    private static void Move(OfferTree tree, OfferNode node, int? capacity)
    {
        if (capacity == node.Capacity)
        {
            return;
        }
        if (node.Capacity is not null)
        {
            tree.Remove(node);
        }
        node.Capacity = capacity;
        if (capacity is not null)
        {
            tree.Add(node);
        }
    }

    /// <summary>Why the offer won, and why the cheapest others did not.</summary>
    private JobExplanation Explain(MarketJob job, MarketOffer winner)
    {
        var verdicts = ImmutableArray.CreateBuilder<OfferVerdict>(Math.Min(_offers.Count, JobPolicy.ExplanationOffersMax));
        verdicts.Add(MarketVerdicts.WonBy(job, winner));
        _byPrice.Walk(offer =>
        {
            if (verdicts.Count == JobPolicy.ExplanationOffersMax)
            {
                return false;
            }
            if (offer != winner)
            {
                verdicts.Add(MarketVerdicts.LostBy(job, offer));
            }
            return true;
        });
        return new JobExplanation(MarketVerdicts.SummaryOfMatch(job), verdicts.ToImmutable());
    }

    private ImmutableArray<OfferVerdict> VerdictsOfCheapest(MarketJob job)
    {
        var verdicts = ImmutableArray.CreateBuilder<OfferVerdict>(Math.Min(_offers.Count, MarketPolicy.ExplainedOffersMax));
        _byPrice.Walk(offer =>
        {
            verdicts.Add(MarketVerdicts.LostBy(job, offer));
            return verdicts.Count < MarketPolicy.ExplainedOffersMax;
        });
        return verdicts.ToImmutable();
    }

    /// <summary>Where an open job stands, and what each of the cheapest offers lacks.</summary>
    public OpenJob Explain(MarketJob job)
    {
        var isReady = job.Phase == MarketPhase.Ready;
        var (before, isLeast) = isReady ? _queue.CountBefore(job) : (-1, false);
        var cheapest = isReady ? FindCheapest(job) : null;
        var cheapestPrice = cheapest is null ? (TokenAmount?)null : MarketVerdicts.PriceOf(job, cheapest);
        OfferSurvey? survey = null;
        if (isReady)
        {
            survey = new OfferSurvey(job);
            _byPrice.Walk(survey.Add);
        }
        var (status, summary) = MarketVerdicts.Summary(job, _offers.Count, cheapest, survey, isLeast ? $"at least {before}" : $"{before}");
        var verdicts = job.Offer is not null ? job.Explanation!.Offers : VerdictsOfCheapest(job);
        return new OpenJob(status, job.History, before + 1, new JobExplanation(summary, verdicts, cheapestPrice), isLeast);
    }

    /// <summary>The cheapest of the offers that would take the job at their price, whether they have a free slot or not.</summary>
    private MarketOffer? FindCheapest(MarketJob job) => _byPrice.Find(job, new TokenAmount(UInt128.MaxValue));
}
