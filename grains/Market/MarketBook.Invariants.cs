using Marketplace.GrainInterfaces;

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
            .. ViolationsOfClasses(),
            .. Prices.Violations(_jobs.Values),
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
                    && ClassNeeds.Of(job.Ticket.Spec.Needs).AreMetBy(offer)
                    && !job.Refuses(offer)
                    && !offer.Refuses(job.Ticket.Account)
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
        Check(FairQueue.IsReady(job) == (job.Phase == MarketPhase.Ready), $"is, as the queue says, ready: {FairQueue.IsReady(job)}");
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
        var (priced, hungry) = (OffersIn(_byPrice), OffersIn(_hungry));
        Check(priced.Contains(offer), "is not among the offers by price");
        Check(priced.Count == _offers.Count, $"is one of {_offers.Count} offers, of which {priced.Count} are known by price");
        Check(hungry.Contains(offer) == offer.Hungry.Capacity is not null, "is not where it takes leases");
        Check(hungry.Count == _offers.Values.Count(each => each.Capacity > 0), $"is beside {hungry.Count} that take leases");
        Check(
            OffersIn(_hungryNewcomers).Contains(offer) == (offer.Capacity > 0 && offer.Standing.Level == StandingLevel.Newcomer),
            "is not where newcomers take leases"
        );
        Check(offer.Classes == _classes.MetBy(offer), "is not known for what it has");
        return found;

        void Check(bool holds, string violation)
        {
            if (!holds)
            {
                found.Add($"worker {offer.Offer.Worker} {violation}");
            }
        }
    }

    private static List<MarketOffer> OffersIn(OfferTree tree)
    {
        var found = new List<MarketOffer>();
        tree.Walk(offer =>
        {
            found.Add(offer);
            return true;
        });
        return found;
    }

    private IEnumerable<string> ViolationsOfClasses() =>
        from jobClass in _classes.All
        let open = _jobs.Values.Count(job => job.Class == jobClass)
        where open != _classes.JobsOf(jobClass)
        select $"class '{jobClass.Needs.Name}' has {open} jobs, and {_classes.JobsOf(jobClass)} are counted";

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
