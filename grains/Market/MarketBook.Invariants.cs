namespace Marketplace.Grains;

/// <summary>What holds between two calls of the book, in any order of calls.</summary>
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

    private List<string> ViolationsOf(MarketJob job)
    {
        var found = new List<string>();
        var (waits, runs) = (job.Phase <= MarketPhase.Delayed, job.Phase is MarketPhase.Preparing or MarketPhase.Leased);
        Check(job.Phase != MarketPhase.Gone, "is still there");
        Check(waits ? job.Offer is null : !runs || job.Offer is not null, $"has the offer {job.Offer?.Offer.Worker}");
        Check(job.Lease is null ? job.Phase != MarketPhase.Leased : job.Phase >= MarketPhase.Leased, $"has the lease {job.Lease?.Id}");
        Check(job.Heap is null == job.Phase is MarketPhase.Preparing or MarketPhase.Ending, $"has the deadline {job.Heap?.Next}");
        Check(_queue.IsReady(job) == (job.Phase == MarketPhase.Ready), $"is, as the queue says, ready: {_queue.IsReady(job)}");
        Check(job.Offer is not { } offer || offer.Jobs.Contains(job), "has an offer that does not have it");
        return found;

        void Check(bool holds, string violation)
        {
            if (!holds)
            {
                found.Add($"job {job.Ticket.Job} is {job.Phase} and {violation}");
            }
        }
    }

    private List<string> ViolationsOf(MarketOffer offer)
    {
        var found = new List<string>();
        var used = offer.Jobs.Count(job => job.Phase is MarketPhase.Preparing or MarketPhase.Leased);
        Check(used == offer.SlotsUsed, $"runs {used} jobs in {offer.SlotsUsed} slots");
        Check(offer.Jobs.All(job => job.Offer == offer), "has a job of another");
        Check(_byPrice.Contains((offer.Price, offer.Offer.Worker)), "is not among the offers by price");
        Check(_byPrice.Count == _offers.Count, $"is one of {_offers.Count} offers, of which {_byPrice.Count} are known by price");
        Check(offer.Hungry is not { } place || _hungry.Contains(place), "is not where it takes leases");
        return found;

        void Check(bool holds, string violation)
        {
            if (!holds)
            {
                found.Add($"worker {offer.Offer.Worker} {violation}");
            }
        }
    }

    private IEnumerable<string> ViolationsOfLeases() =>
        from lease in _leases
        where lease.Value.Lease?.Id.Sequence != lease.Key || _jobs.GetValueOrDefault(lease.Value.Ticket.Job) != lease.Value
        select $"lease {lease.Key} is not its job's";

    private IEnumerable<string> ViolationsOfLines() =>
        from program in _jobs.Values.Where(job => job.Ticket.UsesState).GroupBy(job => job.Ticket.Spec.Program)
        let head = _lines.GetValueOrDefault(program.Key)?.Head
        let mayRun = program.Count(job => job.Phase is MarketPhase.Ready or MarketPhase.Preparing or MarketPhase.Leased)
        where mayRun > 1 || program.Any(job => job.Phase == MarketPhase.InLine && (head is null || job == head))
        select $"of program {program.Key} {mayRun} writing jobs may run, and job {head?.Ticket.Job} is the head of its line";

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
