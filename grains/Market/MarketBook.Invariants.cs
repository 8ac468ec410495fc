namespace Marketplace.Grains;

/// <summary>What holds between two calls of the book, whatever was called before.</summary>
internal sealed partial class MarketBook
{
    /// <returns>All violations; empty when the book is sound. It walks through all jobs and offers: for tests.</returns>
    public IReadOnlyList<string> Violations() =>
        [
            .. _jobs.Values.SelectMany(ViolationsOf),
            .. _offers.Values.SelectMany(ViolationsOf),
            .. ViolationsOfLeases(),
            .. ViolationsOfLines(),
            .. ViolationsOfLoad(),
        ];

    /// <summary>At rest no ready job fits an offer that takes leases. Holds after <see cref="Rematch"/> and <see cref="Flush"/>.</summary>
    public IReadOnlyList<string> ViolationsAtRest() =>
        _paused
            ? []
            :
            [
                .. from job in _jobs.Values
                where job.Phase == MarketPhase.Ready
                from offer in _offers.Values
                where
                    offer.Capacity > 0
                    && offer.Price <= job.PriceCap
                    && offer.Offer.MemoryPagesMax >= job.Ticket.Spec.MemoryPagesMax
                    && !job.HasFailedOn(offer.Offer.Worker)
                select $"job {job.Ticket.Job} waits, and worker {offer.Offer.Worker} would take it",
            ];

    private IEnumerable<string> ViolationsOf(MarketJob job)
    {
        var (waits, runs) = (job.Phase <= MarketPhase.Delayed, job.Phase is MarketPhase.Preparing or MarketPhase.Leased);
        if (job.Phase == MarketPhase.Gone)
        {
            yield return $"job {job.Ticket.Job} is gone and still there";
        }
        if ((waits && job.Offer is not null) || (runs && job.Offer is null))
        {
            yield return $"job {job.Ticket.Job} is {job.Phase} {(job.Offer is null ? "without" : "with")} an offer";
        }
        if (job.Lease is null ? job.Phase == MarketPhase.Leased : job.Phase < MarketPhase.Leased)
        {
            yield return $"job {job.Ticket.Job} is {job.Phase} {(job.Lease is null ? "without" : "with")} a lease";
        }
        if (job.Heap is null != job.Phase is MarketPhase.Preparing or MarketPhase.Ending)
        {
            yield return $"job {job.Ticket.Job} is {job.Phase} {(job.Heap is null ? "without" : "with")} a deadline";
        }
        if (_queue.IsReady(job) != (job.Phase == MarketPhase.Ready))
        {
            yield return $"job {job.Ticket.Job} is {job.Phase}, and the queue says {(_queue.IsReady(job) ? "ready" : "not ready")}";
        }
        if (job.Offer is { } offer && !offer.Jobs.Contains(job))
        {
            yield return $"job {job.Ticket.Job} has an offer that does not have it";
        }
    }

    private IEnumerable<string> ViolationsOf(MarketOffer offer)
    {
        var used = offer.Jobs.Count(job => job.Phase is MarketPhase.Preparing or MarketPhase.Leased);
        if (used != offer.SlotsUsed)
        {
            yield return $"worker {offer.Offer.Worker} runs {used} jobs in {offer.SlotsUsed} slots";
        }
        if (offer.Jobs.Any(job => job.Offer != offer))
        {
            yield return $"worker {offer.Offer.Worker} has a job of another";
        }
        if (!_byPrice.Contains((offer.Price, offer.Offer.Worker)) || _byPrice.Count != _offers.Count)
        {
            yield return $"the offers by price are not the {_offers.Count} offers";
        }
        if (offer.Hungry is { } place && !_hungry.Contains(place))
        {
            yield return $"worker {offer.Offer.Worker} is not where it takes leases";
        }
    }

    private IEnumerable<string> ViolationsOfLeases() =>
        from lease in _leases
        where lease.Value.Lease?.Id.Sequence != lease.Key || _jobs.GetValueOrDefault(lease.Value.Ticket.Job) != lease.Value
        select $"lease {lease.Key} is not its job's";

    private IEnumerable<string> ViolationsOfLines()
    {
        foreach (var program in _jobs.Values.Where(job => job.Ticket.UsesState).GroupBy(job => job.Ticket.Spec.Program))
        {
            var head = _lines.GetValueOrDefault(program.Key)?.Head;
            if (program.Count(job => job.Phase is MarketPhase.Ready or MarketPhase.Preparing or MarketPhase.Leased) > 1)
            {
                yield return $"more than one writing job of program {program.Key} may run";
            }
            if (program.Any(job => job.Phase == MarketPhase.InLine && job == head))
            {
                yield return $"the head of the line of program {program.Key} waits in it";
            }
            if (head is null && program.Any(job => job.Phase == MarketPhase.InLine))
            {
                yield return $"jobs of program {program.Key} wait behind none";
            }
        }
    }

    private IEnumerable<string> ViolationsOfLoad()
    {
        var counted = new QueueLoad(bounds);
        foreach (var job in _jobs.Values)
        {
            counted.Add(job);
        }
        return from account in _jobs.Values.Select(job => job.Ticket.Account).Append(default).Distinct()
            where counted.RoomFor(account) != _load.RoomFor(account)
            select $"account {account} has room for {_load.RoomFor(account)}, and its jobs leave {counted.RoomFor(account)}";
    }
}
