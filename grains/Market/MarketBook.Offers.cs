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
        _offers.Add(
            new MarketOffer(offer)
            {
                SeenAt = now.Running,
                Since = now.Running,
                Standing = standing,
                StandingAt = now.Running,
                CommitteePlace = Panels.Committees.PlaceOf(offer.Worker),
            }
        );
        Buyers.Note(offer, now.Running);
        return lost;
    }

    /// <summary>A worker's reputation has changed. What it has stays; what it may take changes at once.</summary>
    /// <returns>Whether it changed anything here.</returns>
    public bool SetStanding(WorkerId worker, Standing standing)
    {
        if (_offers.FindForSeats(worker) is not { } offer || offer.Standing == standing)
        {
            return false;
        }
        (offer.Loan is null ? _offers : _offers.Lent).SetStanding(offer, standing);
        _touched.Add(offer);
        return true;
    }

    /// <summary>Another activation has taken over: nothing is leased any more, and workers hear that they are not known here.</summary>
    public void Close()
    {
        _paused = true;
        foreach (var worker in _offers.All.Keys.Order().ToArray())
        {
            RemoveOffer(worker);
        }
        foreach (var shard in _offers.Lent.All.Values.Select(offer => offer.Loan!.Shard).Distinct().ToArray())
        {
            Loans.Set(shard, 0, [], default);
        }
    }

    /// <returns>The jobs that were leased to it, apart from those whose end is being written.</returns>
    public IReadOnlyList<MarketJob> RemoveOffer(WorkerId worker)
    {
        var present = _offers.Find(worker) is null ? _offers.Lent.Remove(worker) : _offers.Remove(worker);
        if ((present ?? Loans.RemoveLeaving(worker)) is not { } gone)
        {
            return [];
        }
        Auctions.Leave(gone);
        Loans.Relayed.Forget(gone);
        return LostBy(gone);
    }

    internal static MarketJob[] LostBy(MarketOffer gone) =>
        [
            .. gone
                .Jobs.Where(job => job.Phase is MarketPhase.Preparing or MarketPhase.Leased or MarketPhase.Sealed)
                .OrderBy(job => job.Ticket.SubmittedAt)
                .ThenBy(job => job.Ticket.Job),
        ];

    /// <inheritdoc cref="MarketOffers.HasRoomFor"/>
    public bool HasRoomFor(WorkerId worker) => _offers.HasRoomFor(worker);

    /// <summary>Takes a poll in and matches what waits for it. A repeated poll changes nothing.</summary>
    /// <returns>The offer with the poll's answer; null where the worker or the poll's sequence is not known.</returns>
    public MarketOffer? Poll(WorkerPoll poll, MarketTime now)
    {
        if (poll.Start != start || _offers.Find(poll.Worker) is not { } offer || poll.Sequence < offer.Sequence)
        {
            return null;
        }
        offer.SeenAt = now.Running;
        if (poll.Sequence == offer.Sequence)
        {
            return offer;
        }
        var could = (offer.AddsOutputs, offer.Heartbeats);
        offer.BeginPoll(poll);
        if (could != (offer.AddsOutputs, offer.Heartbeats))
        {
            _offers.NoteChange();
        }
        _touched.Add(offer);
        Auctions.Take(offer, poll);
        this.MoveAuctions(now, byTime: false);
        this.Feed(offer, now);
        return offer;
    }

    /// <summary>A sign of life, and how far the worker's runs have come.</summary>
    /// <returns>Those of the leases that are not this worker's, or are over.</returns>
    public ImmutableArray<LeaseId> Heartbeat(WorkerId worker, ImmutableArray<LeaseProgress> runs, MarketTime now)
    {
        if (_offers.Find(worker) is { } offer)
        {
            offer.SeenAt = now.Running;
        }
        var over = ImmutableArray.CreateBuilder<LeaseId>();
        foreach (var run in runs)
        {
            if (Leases.Find(run.Lease, worker) is not { } job)
            {
                over.Add(run.Lease);
                continue;
            }
            job.Hear(run, now.Running);
            if (job.Phase == MarketPhase.Leased && job.UnrecordedSince is null)
            {
                _deadlines.Set(job, job.Term!.Deadline.Ticks);
            }
        }
        return over.DrainToImmutable();
    }

    /// <summary>The poll's time is over, or its caller is gone.</summary>
    public void EndPoll(MarketOffer offer)
    {
        offer.EndPoll();
        _offers.Place(offer);
    }

    /// <inheritdoc cref="MarketOffers.Silent"/>
    public IReadOnlyList<WorkerId> Silent(MarketTime now) => _offers.Silent(now);

    /// <inheritdoc cref="MarketOffers.StandingsBefore"/>
    public IReadOnlyList<MarketOffer> StandingsBefore(TimeSpan before, int most) => _offers.StandingsBefore(before, most);

    /// <inheritdoc cref="OfferTree.Page"/>
    public ImmutableArray<OfferView> ListOffers(OfferPlace? after, int limit) => _offers.Page(after, limit);

    public OfferView? FindOffer(WorkerId worker) => _offers.Find(worker)?.ToView();
}
