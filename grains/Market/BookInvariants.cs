using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>What holds between two calls of the book, in any order of calls.</summary>
internal sealed class BookInvariants(BookParts book)
{
    /// <returns>All violations; empty when the book is sound. It walks through all jobs and offers: for tests.</returns>
    public IReadOnlyList<string> Violations() =>
        [
            .. All.SelectMany(ViolationsOf),
            .. book.Offers.Values.SelectMany(ViolationsOf),
            .. book.Lent.All.Values.SelectMany(ViolationsOfLent),
            .. ViolationsOfLeases(),
            .. ViolationsOfLines(),
            .. ViolationsOfLoad(),
            .. ViolationsOfAway(),
            .. ViolationsOfClasses(),
            .. book.Prices.Violations([.. All]),
        ];

    /// <summary>
    /// At rest no ready job fits an offer that takes leases. Holds after <see cref="MarketBook.Rematch"/> and
    /// <see cref="MarketBook.Flush"/>.
    /// </summary>
    public IReadOnlyList<string> ViolationsAtRest() =>
        book.IsPaused
            ? []
            :
            [
                .. from job in All
                where job.Phase == MarketPhase.Ready
                from offer in book.Offers.Values
                where
                    offer.Capacity > 0
                    && offer.Price <= job.PriceCap
                    && offer.Offer.MemoryPagesMax >= job.Ticket.Spec.MemoryPagesMax
                    && ClassNeeds.Of(job.Ticket.Spec.Needs).AreMetBy(offer)
                    && !job.Refuses(offer)
                    && !offer.Refuses(job.Ticket.Account)
                    && offer.Offer.BuyerReputationMin <= job.BuyerScore
                select $"job {job.Ticket.Job} waits, and worker {offer.Offer.Worker} would take it",
            ];

    /// <summary>The open jobs, and the seats of those that have a panel.</summary>
    private IEnumerable<MarketJob> All =>
        book
            .Jobs.Values.Concat(book.Jobs.Values.SelectMany(job => job.Panel?.Seats ?? []))
            .Concat(book.Trials.SelectMany(trial => trial.Seats));

    private List<string> ViolationsOf(MarketJob job)
    {
        var found = new List<string>();
        var (waits, runs) = (
            job.Phase is <= MarketPhase.Delayed or MarketPhase.Bidding,
            job.Phase is MarketPhase.Preparing or MarketPhase.Leased
        );
        Check(job.Phase != MarketPhase.Gone, $"is still there");
        Check(waits ? job.Offer is null : !runs || job.Offer is not null, $"has the offer {job.Offer?.Offer.Worker}");
        Check(
            job.Lease is null
                ? job.Phase != MarketPhase.Leased
                : job.Phase is (>= MarketPhase.Leased and < MarketPhase.Away) or MarketPhase.Sealed,
            $"has the lease {job.Lease?.Id}"
        );
        Check(
            job.Phase is MarketPhase.Seated
                || job.Heap is null == job.Phase is MarketPhase.Preparing or MarketPhase.Ending or MarketPhase.Away or MarketPhase.Sealed,
            $"has the deadline {job.Heap?.Next}"
        );
        var isReady = job.IsSeat ? book.Waiting.Contains(job) : FairQueue.IsReady(job);
        Check(isReady == (job.Phase == MarketPhase.Ready), $"is, as the queue says, ready: {isReady}");
        Check(!job.IsSeat || job.Panel!.Job.Phase == MarketPhase.Seated, $"is a seat of a job that is {job.Panel?.Job.Phase}");
        Check(job.IsSeat || job.Panel is null == job.Phase is not MarketPhase.Seated || job.Phase > MarketPhase.Leased, $"has a panel");
        Check(job.Away is null == (job.Phase != MarketPhase.Away), $"is with {job.Away}");
        // A shard that has started again does not know which workers of others have its jobs.
        Check(
            job.Offer is not null ? job.Seat is null == job.Group is null : job.Seat is null || job.Away is not null,
            $"has the seat {job.Seat}"
        );
        Check(
            job.Group is null || job.Seat is null || job.Group.Jobs.Count(each => each.Seat == job.Seat) == 1,
            $"shares a seat of its group"
        );
        Check(job.Auction is null == (job.Phase != MarketPhase.Bidding), $"has the auction {job.Auction?.Number}");
        Check(job.AgreedPrice is null || job.Offer is not null, $"is paid {job.AgreedPrice} by an auction");
        Check(job.Home is null || !waits, $"belongs to {job.Home}");
        Check(job.Offer is not { } offer || offer.Jobs.Contains(job), $"has an offer that does not have it");
        return found;

        // Not a string: of all that holds, which is asked after each call, nothing is written.
        void Check(bool holds, FormattableString violation)
        {
            if (!holds)
            {
                found.Add($"job {job.Ticket.Job} is {job.Phase} and {FormattableString.Invariant(violation)}");
            }
        }
    }

    private List<string> ViolationsOf(MarketOffer offer)
    {
        var found = new List<string>();
        var used = offer.Jobs.Count(job => job.Phase is MarketPhase.Preparing or MarketPhase.Leased);
        Check(
            used + offer.RelayedSlots == offer.SlotsUsed,
            $"runs {used} jobs of the shard, and {offer.RelayedSlots} of others, in {offer.SlotsUsed} slots"
        );
        Check(offer.Jobs.All(job => job.Offer == offer), $"has a job of another");
        var (priced, hungry) = (book.ByPrice.Cheapest(int.MaxValue), book.Hungry.Cheapest(int.MaxValue));
        Check(priced.Contains(offer), $"is not among the offers by price");
        Check(priced.Count == book.Offers.Count, $"is one of {book.Offers.Count} offers, of which {priced.Count} are known by price");
        Check(hungry.Contains(offer) == offer.Hungry.Capacity is not null, $"is not where it takes leases");
        Check(hungry.Count == book.Offers.Values.Count(each => each.Capacity > 0), $"is beside {hungry.Count} that take leases");
        Check(
            book.HungryNewcomers.Cheapest(int.MaxValue).Contains(offer)
                == (offer.Capacity > 0 && offer.Standing.Level == StandingLevel.Newcomer),
            $"is not where newcomers take leases"
        );
        Check(offer.Classes == book.Classes.MetBy(offer), $"is not known for what it has");
        return found;

        void Check(bool holds, FormattableString violation)
        {
            if (!holds)
            {
                found.Add($"worker {offer.Offer.Worker} {FormattableString.Invariant(violation)}");
            }
        }
    }

    private IEnumerable<string> ViolationsOfLent(MarketOffer offer)
    {
        var used = offer.Jobs.Count(job => job.Phase is MarketPhase.Preparing or MarketPhase.Leased);
        var isHungry = book.Lent.Hungry.Cheapest(int.MaxValue).Contains(offer);
        return from wrong in (string?[])
                [
                    used == offer.SlotsUsed ? null : $"runs {used} seats in {offer.SlotsUsed} slots",
                    isHungry == offer.Hungry.Capacity is not null ? null : "is not where it takes leases",
                    book.Lent.ByPrice.Cheapest(int.MaxValue).Contains(offer) ? null : "is not among the offers by price",
                    offer.Jobs.All(job => job.IsSeat && job.Offer == offer) ? null : "has a job that is no seat, or of another",
                    book.Offers.ContainsKey(offer.Offer.Worker) ? "has an offer of this shard as well" : null,
                ]
            where wrong is not null
            select $"worker {offer.Offer.Worker}, lent by {offer.Loan!.Shard}, {wrong}";
    }

    private IEnumerable<string> ViolationsOfClasses() =>
        from jobClass in book.Classes.All
        let open = book.Jobs.Values.Concat(book.Trials.Select(trial => trial.Job)).Count(job => job.Class == jobClass)
        where open != book.Classes.JobsOf(jobClass)
        select $"class '{jobClass.Needs.Name}' has {open} jobs, and {book.Classes.JobsOf(jobClass)} are counted";

    private IEnumerable<string> ViolationsOfLeases() =>
        from lease in book.Leases
        where lease.Value.Lease?.Id.Sequence != lease.Key || !IsOpen(lease.Value)
        select $"lease {lease.Key} is not its job's";

    private bool IsOpen(MarketJob job) =>
        (book.Jobs.GetValueOrDefault(job.Ticket.Job) is { } known && (known == job || known.Panel?.Seats.Contains(job) == true))
        || book.Trials.Any(trial => trial.Seats.Contains(job));

    private IEnumerable<string> ViolationsOfLines() =>
        from program in book.Jobs.Values.Where(job => job.Ticket.UsesState && job.Home is null).GroupBy(job => job.Ticket.Spec.Program)
        let head = book.Lines.HeadOf(program.Key)
        let mayRun = program.Count(job =>
            job.Phase is MarketPhase.Ready or MarketPhase.Preparing or MarketPhase.Leased or MarketPhase.Away or MarketPhase.Seated
        )
        where mayRun > 1 || program.Any(job => job.Phase == MarketPhase.InLine && (head is null || job == head))
        select $"of program {program.Key} {mayRun} writing jobs may run, and job {head?.Ticket.Job} is the head of its line";

    private IEnumerable<string> ViolationsOfLoad()
    {
        var counted = new QueueLoad(book.Bounds);
        foreach (var job in book.Jobs.Values)
        {
            counted.Add(job);
        }
        return from account in book.Jobs.Values.Select(job => job.Ticket.Account).Append(default).Distinct()
            where counted.RoomFor(account) != book.Load.RoomFor(account)
            select $"account {account} has room for {book.Load.RoomFor(account)}, and its jobs leave {counted.RoomFor(account)}";
    }

    private IEnumerable<string> ViolationsOfAway() =>
        from away in (int[])[book.Jobs.Values.Count(job => job.Phase == MarketPhase.Away)]
        where away != book.AwayCount
        select $"{away} jobs are with other shards, and {book.AwayCount} are counted";
}

/// <summary>What a book is made of.</summary>
internal sealed record BookParts
{
    public required IReadOnlyDictionary<JobId, MarketJob> Jobs { get; init; }
    public required IReadOnlyDictionary<WorkerId, MarketOffer> Offers { get; init; }
    public required OfferSet Lent { get; init; }
    public required IReadOnlyDictionary<long, MarketJob> Leases { get; init; }
    public required SeatBoard Waiting { get; init; }
    public required IReadOnlyCollection<TrialPanel> Trials { get; init; }
    public required ProgramLines Lines { get; init; }
    public required OfferTree ByPrice { get; init; }
    public required OfferTree Hungry { get; init; }
    public required OfferTree HungryNewcomers { get; init; }
    public required JobClasses Classes { get; init; }
    public required QueueLoad Load { get; init; }
    public required QueueBounds Bounds { get; init; }
    public required MarketPrices Prices { get; init; }
    public required bool IsPaused { get; init; }
    public required int AwayCount { get; init; }
}
