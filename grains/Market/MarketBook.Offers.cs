using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>Offers and polls.</summary>
internal sealed partial class MarketBook
{
    /// <summary>
    /// Publishes an offer. A worker that offers again has lost its leases: the caller gets their jobs and queues them again.
    /// </summary>
    public IReadOnlyList<MarketJob> SetOffer(WorkerOffer offer, Standing standing, MarketTime now)
    {
        var lost = RemoveOffer(offer.Worker);
        var made = new MarketOffer(offer) { SeenAt = now.Running, Standing = standing };
        made.Classes = _classes.MetBy(made);
        _offers.Add(offer.Worker, made);
        _byPrice.Add(made.Priced);
        return lost;
    }

    /// <summary>A worker's reputation has changed. What it has stays; what it may take changes at once.</summary>
    /// <returns>Whether it changed anything here.</returns>
    public bool SetStanding(WorkerId worker, Standing standing)
    {
        if (!_offers.TryGetValue(worker, out var offer) || offer.Standing == standing)
        {
            return false;
        }
        _byPrice.Remove(offer.Priced);
        Move(_hungry, offer.Hungry, null);
        Move(_hungryNewcomers, offer.HungryNewcomer, null);
        offer.Standing = standing;
        offer.Classes = _classes.MetBy(offer);
        _byPrice.Add(offer.Priced);
        _touched.Add(offer);
        return true;
    }

    /// <summary>Another activation has taken over: nothing is leased any more, and workers hear that they are not known here.</summary>
    public void Close()
    {
        _paused = true;
        foreach (var worker in _offers.Keys.Order().ToArray())
        {
            RemoveOffer(worker);
        }
    }

    /// <returns>The jobs that were leased to it, apart from those whose end is being written.</returns>
    public IReadOnlyList<MarketJob> RemoveOffer(WorkerId worker)
    {
        if (!_offers.Remove(worker, out var offer))
        {
            return [];
        }
        _byPrice.Remove(offer.Priced);
        offer.Dismiss();
        PlaceHungry(offer);
        return
        [
            .. offer
                .Jobs.Where(job => job.Phase is MarketPhase.Preparing or MarketPhase.Leased)
                .OrderBy(job => job.Ticket.SubmittedAt)
                .ThenBy(job => job.Ticket.Job),
        ];
    }

    /// <summary>One that is known may always offer again.</summary>
    public bool HasRoomFor(WorkerId worker) => _offers.Count < MarketPolicy.WorkersMax || _offers.ContainsKey(worker);

    /// <summary>Takes a poll in and matches what waits for it. A repeated poll changes nothing.</summary>
    /// <returns>The offer with the poll's answer; null where the worker or the poll's sequence is not known.</returns>
    public MarketOffer? Poll(WorkerPoll poll, MarketTime now)
    {
        if (poll.Start != start || !_offers.TryGetValue(poll.Worker, out var offer) || poll.Sequence < offer.Sequence)
        {
            return null;
        }
        offer.SeenAt = now.Running;
        if (poll.Sequence == offer.Sequence)
        {
            return offer;
        }
        offer.BeginPoll(poll);
        _touched.Add(offer);
        Feed(offer, now);
        return offer;
    }

    /// <summary>A sign of life, and how far the worker's runs have come.</summary>
    /// <returns>Those of the leases that are not this worker's, or are over.</returns>
    public ImmutableArray<LeaseId> Heartbeat(WorkerId worker, ImmutableArray<LeaseProgress> runs, MarketTime now)
    {
        if (_offers.TryGetValue(worker, out var offer))
        {
            offer.SeenAt = now.Running;
        }
        var over = ImmutableArray.CreateBuilder<LeaseId>();
        foreach (var run in runs)
        {
            if (FindLeased(run.Lease, worker) is not { } job)
            {
                over.Add(run.Lease);
                continue;
            }
            // A run goes forward only, and no faster than a machine can.
            var most = (UInt128)(now.Running - job.LeasedSince).Ticks * MarketPolicy.FuelPerTickMax;
            var fuel = (long)UInt128.Min((UInt128)Math.Clamp(run.FuelUsed, 0, job.Ticket.Spec.FuelMax), most);
            job.FuelSoFar = Math.Max(job.FuelSoFar, fuel);
            // Who does not tell the stage tells fuel of a run.
            job.Term!.Hear(run.Stage == LeaseStage.Unstated ? LeaseStage.Running : run.Stage, now.Running);
            if (job.Phase == MarketPhase.Leased && job.UnrecordedSince is null)
            {
                _deadlines.Set(job, job.Term.Deadline.Ticks);
            }
        }
        return over.DrainToImmutable();
    }

    /// <summary>The poll's time is over, or its caller is gone.</summary>
    public void EndPoll(MarketOffer offer)
    {
        offer.EndPoll();
        PlaceHungry(offer);
    }

    /// <summary>Workers without leases and without a sign of life since <paramref name="before"/>, in running time.</summary>
    public IReadOnlyList<WorkerId> SilentSince(TimeSpan before) =>
        [
            .. _offers
                .Values.Where(offer => !offer.IsWaiting && offer.Jobs.Count == 0 && offer.SeenAt < before)
                .Select(offer => offer.Offer.Worker)
                .Order(),
        ];
}
