using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// Workers that shards lend each other for the seats of panels: the members of a committee, and owners enough for a quorum, are seldom all
/// in the shard of a job. A lent offer is here as one of the shard's own is, but for seats alone; what its worker is to do goes by the
/// shard that has its polls. Loans are repeated, so one that is lost is made good; orders that are lost cost the run, and blame none. What
/// a poll has fetched is the worker's to do.
/// </summary>
/// <param name="calls">Reaches the others.</param>
/// <param name="book">The shard's memory.</param>
/// <param name="clock">The market's clock.</param>
/// <param name="reports">Takes the jobs of lost leases back.</param>
/// <param name="gossip">Hears of leases.</param>
/// <param name="act">Does what the book has decided.</param>
internal sealed class ShardLoans(
    ShardCalls calls,
    MarketBook book,
    MarketClock clock,
    MarketReports reports,
    MarketGossip gossip,
    Action act
)
{
    private const string NoAnswer = "its worker's shard did not answer";

    private readonly Dictionary<string, Borrowed> _borrowed = [];
    private readonly HashSet<string> _telling = [];
    private ImmutableArray<LentOffer> _lent = [];
    private long _version;
    private long _changes;
    private TimeSpan _lendAt;

    /// <summary>When a changed loan is to be told, or a lease of another shard has waited too long; null where there is neither.</summary>
    public TimeSpan? NextDue
    {
        get
        {
            var lend = !calls.Others.IsEmpty && _changes != book.AllOffers.Changes ? _lendAt : (TimeSpan?)null;
            return book.Loans.Relayed.NextDue is { } waits && (lend is not { } due || waits < due) ? waits : lend;
        }
    }

    /// <summary>Called after each round of what the book decided.</summary>
    public void Act()
    {
        if (calls.Others.IsEmpty)
        {
            return;
        }
        Relay();
        GiveBack(book.Loans.Relayed.TakeOverdue(clock.Now.Running));
        if (_changes != book.AllOffers.Changes && clock.Now.Running >= _lendAt)
        {
            _changes = book.AllOffers.Changes;
            _lendAt = clock.Now.Running + MarketPolicy.LoanPause;
            var lent = book.Loans.ToLend();
            if (!lent.SequenceEqual(_lent))
            {
                (_lent, _version) = (lent, _version + 1);
                TellAll(isWhole: true);
            }
        }
    }

    /// <summary>Called with each round of maintenance.</summary>
    public void Maintain()
    {
        if (_version > 0)
        {
            TellAll(isWhole: false);
        }
        book.Loans.Relayed.FreeExpired(clock.Now.Wall);
        book.Loans.TouchThoseWithOrders();
        foreach (var (shard, _) in _borrowed.Where(loan => clock.Now.Running > loan.Value.Until).ToArray())
        {
            _borrowed.Remove(shard);
            Interrupt(book.Loans.Set(shard, 0, [], clock.Now), "the shard of its worker is silent");
        }
    }

    // 1. What others have on loan.

    private void TellAll(bool isWhole)
    {
        foreach (var shard in calls.Others)
        {
            _ = Tell(shard, isWhole);
        }
    }

    /// <summary>One call at a time for each shard: the last one tells what there is then.</summary>
    private async Task Tell(string shard, bool isWhole)
    {
        if (!_telling.Add(shard))
        {
            return;
        }
        try
        {
            var told = -1L;
            while (told != _version)
            {
                (told, var isKnown) = (_version, false);
                var loan = new ShardLoan(calls.Key, book.Start, _version, isWhole ? _lent : default);
                if (!await calls.Try(async () => isKnown = await calls.Shard(shard).Lend(loan, Authority.Market), shard))
                {
                    return;
                }
                if (!isKnown)
                {
                    (told, isWhole) = (-1, true);
                }
            }
        }
        finally
        {
            _telling.Remove(shard);
        }
    }

    /// <summary>Orders of another shard for workers that it has on loan.</summary>
    /// <returns>Workers whose offer is another one now.</returns>
    public ImmutableArray<WorkerId> Take(ShardRelay relay)
    {
        if (relay.LenderStart != book.Start || !book.Loans.Relayed.Begin(relay.Shard, relay.Start))
        {
            return [.. relay.Orders.Select(orders => orders.Worker)];
        }
        var ignored = relay.Orders.Where(orders => !book.Loans.Relayed.Take(relay.Shard, relay.Start, orders, clock.Now)).ToArray();
        act();
        return [.. ignored.Select(orders => orders.Worker)];
    }

    /// <summary>Another shard has started: what it gave before is over.</summary>
    public void HasStarted(string shard, long start)
    {
        book.Loans.Relayed.Begin(shard, start);
        act();
    }

    private void GiveBack(IReadOnlyList<RelayedLease> leases)
    {
        var now = clock.Now.Wall;
        foreach (var some in leases.GroupBy(lease => (lease.Shard, lease.Offer.Offer.Worker)))
        {
            ImmutableArray<LeaseReport> reports =
            [
                .. some.Select(lease => new LeaseReport(
                    Lease: lease.Lease.Id,
                    Job: lease.Lease.Ticket.Job,
                    Outcome: RunOutcome.Returned,
                    Reason: "the worker had no free slot",
                    FuelUsed: 0,
                    Output: default,
                    Log: default,
                    StateChanges: [],
                    StartedAt: now,
                    EndedAt: now
                )),
            ];
            _ = calls.Try(() => calls.Market(some.Key.Shard).Report(some.Key.Worker, reports), some.Key.Shard);
        }
    }

    /// <summary>The worker is certainly gone: those that have it on loan need not wait for the next loan, nor blame it.</summary>
    public void Dismiss(WorkerId worker)
    {
        foreach (var shard in calls.Others)
        {
            _ = calls.Try(() => calls.Market(shard).Dismiss(worker, Authority.Market), shard);
        }
    }

    /// <summary>The worker has left: those that have it on loan take back what it did not begin.</summary>
    public void Leave(WorkerId worker)
    {
        foreach (var shard in calls.Others)
        {
            _ = calls.Try(() => calls.Market(shard).Leave(worker), shard);
        }
    }

    /// <summary>A poll was answered: the shards whose leases and orders it had know from then on that the worker has them.</summary>
    public void TellDelivered(WorkerId worker, WorkerOrders orders)
    {
        if (calls.Others.IsEmpty)
        {
            return;
        }
        var leases = orders.Leases.Select(lease => lease.Id).ToLookup(calls.KeyOf);
        var reveals = (orders.Reveals.IsDefault ? [] : orders.Reveals).ToLookup(calls.KeyOf);
        foreach (var shard in calls.Others.Where(shard => leases.Contains(shard) || reveals.Contains(shard)))
        {
            _ = TellDelivered(worker, shard, [.. leases[shard]], [.. reveals[shard]]);
        }
    }

    private async Task TellDelivered(WorkerId worker, string shard, ImmutableArray<LeaseId> leases, ImmutableArray<LeaseId> reveals)
    {
        ImmutableArray<LeaseId> over = [];
        await calls.Try(async () => over = await calls.Shard(shard).Delivered(worker, leases, reveals, Authority.Market), shard);
        foreach (var lease in over)
        {
            book.Loans.Relayed.Free(lease);
        }
        act();
    }

    // 2. What this shard has on loan.

    /// <returns>False where the loan is to be sent whole.</returns>
    /// <exception cref="MarketException"><see cref="ErrorCode.LimitExceeded"/>.</exception>
    public bool Receive(ShardLoan loan)
    {
        if (!calls.Others.Contains(loan.Shard))
        {
            return true;
        }
        var known = _borrowed.GetValueOrDefault(loan.Shard);
        var order = (loan.Start, loan.Version).CompareTo((known?.Start ?? 0, known?.Version ?? 0));
        if (order < 0)
        {
            // A later one came before it.
            return true;
        }
        if (order > 0 && loan.Offers.IsDefault)
        {
            return false;
        }
        if (!loan.Offers.IsDefault && loan.Offers.Length > MarketPolicy.LentOffersMax)
        {
            throw new MarketException(
                ErrorCode.LimitExceeded,
                $"The loan has {loan.Offers.Length} offers; allowed are {MarketPolicy.LentOffersMax}."
            );
        }
        var until = clock.Now.Running + MarketPolicy.LoanTrust;
        _borrowed[loan.Shard] = new Borrowed(loan.Start, loan.Version, until);
        if (order == 0)
        {
            return true;
        }
        var lost = book.Loans.Set(loan.Shard, loan.Start, loan.Offers, clock.Now);
        if (known is not null && known.Start != loan.Start)
        {
            Interrupt(lost, "the shard of its worker has begun anew");
        }
        else
        {
            foreach (var job in lost)
            {
                reports.GiveUp(job, "its worker started again");
            }
        }
        act();
        return true;
    }

    /// <summary>No worker is to blame for its shard. The end of one seat may end others of its panel.</summary>
    private void Interrupt(IReadOnlyList<MarketJob> lost, string reason)
    {
        foreach (var job in lost.Where(job => job.Offer is not null))
        {
            _ = reports.Interrupted(job, reason);
        }
    }

    private void Relay()
    {
        if (book.Loans.ToRelay.Count == 0)
        {
            return;
        }
        var byShard = book.Loans.ToRelay.ToLookup(offer => (offer.Loan!.Shard, offer.Loan.Start));
        book.Loans.ToRelay.Clear();
        foreach (var some in byShard)
        {
            ImmutableArray<RelayedOrders> orders = [.. some.Select(offer => offer.TakeRelayed())];
            foreach (var each in orders)
            {
                gossip.Leased(book, each.Worker, each.Orders);
            }
            _ = Send(some.Key.Shard, new ShardRelay(calls.Key, book.Start, some.Key.Start, orders));
        }
    }

    private async Task Send(string shard, ShardRelay relay)
    {
        ImmutableArray<WorkerId> ignored = [];
        var isAnswered = await calls.Try(async () => ignored = await calls.Shard(shard).Relay(relay, Authority.Market), shard);
        if ((!isAnswered || !ignored.IsEmpty) && _borrowed.GetValueOrDefault(shard) is { } loan)
        {
            // What it lends is to be told whole again.
            _borrowed[shard] = loan with
            {
                Version = -1,
            };
        }
        foreach (var orders in relay.Orders)
        {
            if (isAnswered && !ignored.Contains(orders.Worker))
            {
                continue;
            }
            // First: else its seats would go to it again at once.
            book.Loans.Suspend(orders.Worker, relay.LenderStart, orders.Number);
            TakeBack(orders);
            if (!isAnswered)
            {
                OrderAgain(orders, relay.LenderStart);
            }
        }
        act();
    }

    /// <summary>A poll of a worker that is on loan here was answered.</summary>
    /// <returns>Those of the leases that are over.</returns>
    public ImmutableArray<LeaseId> Delivered(WorkerId worker, ImmutableArray<LeaseId> leases, ImmutableArray<LeaseId> reveals)
    {
        var over = ImmutableArray.CreateBuilder<LeaseId>();
        foreach (var lease in leases)
        {
            switch (book.Leases.Find(lease, worker))
            {
                case null:
                    over.Add(lease);
                    break;
                case { Phase: MarketPhase.Leased, UnrecordedSince: null } job:
                    job.Term!.Hear(LeaseStage.Waiting, clock.Now.Running);
                    book.Deadlines.Set(job, job.Term.Deadline.Ticks);
                    break;
                default:
                    break;
            }
        }
        foreach (var lease in reveals)
        {
            if (book.Leases.Find(lease, worker) is { Phase: MarketPhase.Sealed } seat)
            {
                seat.IsRevealTold = true;
            }
        }
        return over.DrainToImmutable();
    }

    /// <summary>Leases that may not have come to their workers. One that has named its lease is heard from itself.</summary>
    private void TakeBack(RelayedOrders orders)
    {
        foreach (var lease in orders.Orders.Leases)
        {
            if (book.Leases.Find(lease.Id, orders.Worker) is { Phase: MarketPhase.Leased, Term.IsKnown: false } job)
            {
                book.StopLease(job, NoAnswer);
                reports.Returned(job, NoAnswer, isBusy: true);
            }
        }
    }

    /// <summary>With the next orders, or in the next round of maintenance.</summary>
    private void OrderAgain(RelayedOrders orders, long start)
    {
        if (book.Loans.FindSession(orders.Worker, start, orders.Number) is not { } offer)
        {
            return;
        }
        foreach (var stop in orders.Orders.Stops)
        {
            offer.OrderStop(stop);
        }
        foreach (var freed in orders.Freed)
        {
            offer.NoteFreed(freed);
        }
        foreach (var seat in SealedOf(orders))
        {
            offer.OrderReveal(seat.Lease!.Id);
        }
    }

    private IEnumerable<MarketJob> SealedOf(RelayedOrders orders) =>
        orders
            .Orders.Reveals.Select(lease => book.Leases.Find(lease, orders.Worker))
            .OfType<MarketJob>()
            .Where(seat => seat.Phase == MarketPhase.Sealed);

    /// <param name="Start">Of the shard that lends.</param>
    /// <param name="Version">Of its loan.</param>
    /// <param name="Until">How long it lasts, in running time.</param>
    private sealed record Borrowed(long Start, long Version, TimeSpan Until);
}
