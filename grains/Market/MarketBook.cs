using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains;

/// <summary>
/// The market's memory: open jobs, offers, leases, deadlines, and who gets what. Pure bookkeeping without calls and clocks, so that it can
/// be tested alone; the grain does what the book decides. At rest no ready job fits an offer that takes leases.
/// </summary>
/// <param name="start">The market's start number.</param>
/// <param name="bounds">What its queue may hold.</param>
/// <param name="domain">The market's: bids are bound to its key, votes to all of it.</param>
/// <param name="chance">Chooses among workers; null: the runtime's.</param>
internal sealed partial class MarketBook(long start, QueueBounds bounds, MarketDomain domain, IChance? chance = null)
{
    private readonly Dictionary<JobId, MarketJob> _jobs = [];
    private readonly ProgramLines _lines = new();
    private readonly MarketOffers _offers = new();
    private readonly IChance _chance = chance ?? new SystemChance();
    private readonly FairQueue _queue = new();
    private readonly DeadlineHeap _deadlines = new();
    private readonly DeadlineHeap _expiries = new();
    private readonly QueueLoad _load = new(bounds);
    private readonly LeasePace _pace = new();
    private readonly JobGroups _groups = new();
    private readonly HashSet<JobGroup> _freed = [];
    private readonly HashSet<MarketOffer> _touched = [];
    private readonly List<MarketOffer> _feeding = [];
    private int _awayCount;
    private bool _paused = true;

    /// <summary>Jobs of more classes than their account, or the market, may have: their ends are to be written.</summary>
    public Queue<MarketJob> ToRefuse { get; } = new();

    /// <summary>Jobs that were matched and whose program's state is to be asked where their run starts.</summary>
    public Queue<MarketJob> ToPrepare { get; } = new();

    /// <summary>What jobs paid, and how busy the workers are.</summary>
    public MarketPrices Prices => field ??= new MarketPrices(_offers.ByPrice);

    /// <summary>Jobs that several workers run.</summary>
    public PanelBook Panels => field ??= new PanelBook(this, _offers, domain, _chance);

    /// <summary>Workers of other shards, and for them.</summary>
    public LoanBook Loans => field ??= new LoanBook(this, _offers, _chance);

    public BuyerScores Buyers => field ??= new BuyerScores(_queue, Panels.Waiting);

    public long Start => start;

    /// <summary>The queue is not rebuilt yet, or another activation has taken over.</summary>
    public bool IsPaused => _paused;

    public int Count => _jobs.Count;

    public int QueuedCount => _jobs.Count + Panels.ExtraCount - Leases.Count - _awayCount;

    /// <summary>What holds of it, for tests.</summary>
    public BookInvariants Invariants =>
        new(
            new BookParts
            {
                Jobs = _jobs,
                Waiting = Panels.Waiting,
                Trials = Panels.Trials,
                Offers = _offers.All,
                Lent = _offers.Lent,
                Leases = Leases.Jobs,
                Lines = _lines,
                ByPrice = _offers.ByPrice,
                Hungry = _offers.Hungry,
                HungryNewcomers = _offers.HungryNewcomers,
                Classes = _offers.Classes,
                Load = _load,
                Bounds = bounds,
                Prices = Prices,
                IsPaused = _paused,
                AwayCount = _awayCount,
            }
        );

    internal AuctionHouse Auctions => field ??= new AuctionHouse(new Auctions(domain.Market, start), _offers);

    /// <inheritdoc cref="AuctionHouse.Forfeits"/>
    public Queue<(MarketJob Job, MarketOffer Offer)> Forfeits => Auctions.Forfeits;

    // What the other parts of the book share with it.
    internal MarketOffers AllOffers => _offers;

    internal FairQueue Queue => _queue;

    internal LeasePace Pace => _pace;

    internal IEnumerable<MarketJob> Jobs => _jobs.Values;

    internal DeadlineHeap Deadlines => _deadlines;

    internal HashSet<MarketOffer> Touched => _touched;

    public MarketLeases Leases { get; } = new(start);

    public QueueWaits Waits { get; } = new(bounds.WaitMax);

    public int LeasedCount => Leases.Count;

    public IReadOnlyDictionary<WorkerId, MarketOffer> Offers => _offers.All;

    /// <summary>When something is due next, in running time. An expiry is a moment of the wall clock, so a jump of that moves it.</summary>
    public TimeSpan? NextDue(MarketTime now)
    {
        var due = _deadlines.Next is { } deadline ? TimeSpan.FromTicks(deadline) : (TimeSpan?)null;
        if (Auctions.NextDue is { } auction && (due is not { } first || auction < first))
        {
            due = auction;
        }
        if (_expiries.Next is not { } at)
        {
            return due;
        }
        var expiry = now.Running + TimeSpan.FromTicks(at - now.Wall.UtcTicks);
        return due < expiry ? due : expiry;
    }

    public MarketJob? TakeDue(MarketTime now) => _deadlines.TakeDue(now.Running.Ticks) ?? _expiries.TakeDue(now.Wall.UtcTicks);

    public QueueRoom RoomFor(AccountId account) => _load.RoomFor(account);

    public ClassRoom ClassRoomFor(AccountId account, IEnumerable<string> wanted, MarketTime now) =>
        ClassRooms.Of(_queue.LinesOf(account), _offers.Classes, wanted, now);

    /// <summary>
    /// Until the queue is rebuilt nothing is matched: jobs that come meanwhile may be younger than those that are still missing.
    /// </summary>
    public void Resume(MarketTime now)
    {
        if (!_paused)
        {
            return;
        }
        _queue.Sort();
        _paused = false;
        foreach (var offer in _offers.All.Values.OrderBy(offer => offer.Price).ThenBy(offer => offer.Offer.Worker).ToArray())
        {
            this.Feed(offer, now);
        }
    }

    public MarketJob? Find(JobId job) => _jobs.GetValueOrDefault(job);

    public bool Add(JobTicket ticket, MarketTime now)
    {
        if (_jobs.ContainsKey(ticket.Job))
        {
            return false;
        }
        var job = new MarketJob(ticket, _load.MayKeep(ticket.Account, JobSizes.Of(ticket.Spec, ticket.RequestId, ticket.Refusals)));
        var isRefused = !EnterClass(job, now);
        job.Figures = Prices.Of(job);
        _jobs.Add(ticket.Job, job);
        _load.Add(job);
        _queue.Add(job);
        Buyers.Note(job, now.Running);
        _groups.Enter(job);
        job.ExpiresAt = ticket.SubmittedAt + ticket.Spec.ExpiresAfter;
        if (isRefused)
        {
            job.Phase = MarketPhase.Delayed;
            _expiries.Set(job, job.ExpiresAt.UtcTicks);
            ToRefuse.Enqueue(job);
        }
        else
        {
            Wait(job, now);
        }
        return true;
    }

    /// <returns>False where its account or the market has too many classes: then it counts as one without needs, and is refused.</returns>
    internal bool EnterClass(MarketJob job, MarketTime now)
    {
        var needs = ClassNeeds.Of(job.Ticket.Spec.Needs);
        var found = ClassRooms.MayHave(_queue.LinesOf(job.Ticket.Account), needs) ? _offers.EnterClass(needs, now) : null;
        job.Class = found ?? _offers.EnterClass(ClassNeeds.None, now)!;
        return found is not null;
    }

    /// <summary>The job has ended, or does not belong here any more.</summary>
    public void Remove(MarketJob job, MarketTime now)
    {
        if (job.Phase == MarketPhase.Gone)
        {
            return;
        }
        if (job.Home is { } home)
        {
            Concluded.Enqueue((home, new ConcludedJob(job.Ticket.Job, job.FuelUsed ?? 0)));
        }
        Forget(job, now);
    }

    private void Forget(MarketJob job, MarketTime now)
    {
        Panels.ClosePanel(job, now);
        Panels.Lines.Leave(job);
        Unlease(job, now);
        EndStay(job);
        Auctions.End(job);
        job.Phase = MarketPhase.Gone;
        _queue.Remove(job);
        DeadlineHeap.Leave(job);
        _jobs.Remove(job.Ticket.Job);
        _load.Remove(job);
        _groups.Leave(job);
        _offers.Classes.Leave(job.Class);
        LeaveLine(job, now);
    }

    /// <summary>
    /// Puts a job back into the queue at its old place after a run, to be matched at once or after <paramref name="delay"/>. Its time to
    /// wait begins again.
    /// </summary>
    public void Requeue(MarketJob job, MarketTime now, TimeSpan delay = default)
    {
        job.ExpiresAt = now.Wall + delay + job.Ticket.Spec.ExpiresAfter;
        PutBack(job, now, delay);
    }

    /// <summary>As <see cref="Requeue"/> where no run was made: the job expires when it would have without the attempt.</summary>
    public void PutBack(MarketJob job, MarketTime now, TimeSpan delay = default)
    {
        if (job.Home is not null)
        {
            SendHome(job, delay, now);
            return;
        }
        if (job.Panel is { IsRevealing: true } && job.IsSeat)
        {
            // Results are told already: another run of the seat would not be blind. The panel draws more if it lacks some.
            Panels.RemoveSeat(job, now);
            return;
        }
        Unlease(job, now);
        if (delay > TimeSpan.Zero)
        {
            job.Phase = MarketPhase.Delayed;
            job.ResumesAt = now.Wall + delay;
            _deadlines.Set(job, Math.Min((now.Running + delay).Ticks, ExpiryOf(job, now).Ticks));
            // A job of its program that could run now must not wait for this one's delay.
            LeaveLine(job, now);
            return;
        }

        Wait(job, now);
    }

    /// <summary>
    /// A waiting job's deadline has come, and it is not the expiry. The workers that failed on the job are admitted again, unless another
    /// worker's offer fits; then the job goes on waiting for that one.
    /// </summary>
    public void Reconsider(MarketJob job, MarketTime now)
    {
        if (job.FailedOn is not null && now.Running >= job.ReadmitAt)
        {
            if (job.Failures + job.Interruptions == 0)
            {
                // It was only given back: nothing speaks against those workers any more.
                job.Readmit();
            }
            else
            {
                _offers.AvoidWhileOthersFit(job, now);
            }
        }

        SetWaitDeadline(job, now);
        if (job is { Phase: MarketPhase.Ready, IsSeat: true })
        {
            Panels.SeatAnew(job, now);
        }
        if (job.Phase == MarketPhase.Ready && !_paused)
        {
            Place(job, now);
        }
    }

    /// <summary>For a while others come before the worker; if no other offer fits, it may have the job again at once.</summary>
    public void Avoid(MarketJob job, WorkerId worker, MarketTime now)
    {
        job.Avoid(worker);
        _offers.AvoidWhileOthersFit(job, now);
    }

    /// <summary>
    /// Ends the lease or the preparation of it; the caller decides what follows. The account's turn comes back: it had nothing of the run.
    /// </summary>
    /// <param name="job">The job that has it.</param>
    /// <param name="now">The moment.</param>
    /// <param name="reason">What its worker hears that reports the lease nevertheless; null where there is none.</param>
    public void Release(MarketJob job, MarketTime now, string? reason = null)
    {
        if (reason is not null)
        {
            Leases.NoteOver(job, reason);
        }
        job.FuelUsed = 0;
        Unlease(job, now);
        DeadlineHeap.Leave(job);
    }

    /// <summary>The end of the job is being written: its slot is free, its deadline does not count.</summary>
    public void BeginEnding(MarketJob job)
    {
        if (job.Phase == MarketPhase.InLine)
        {
            // The line must not make it ready when the job before it ends.
            _lines.Leave(job);
        }
        Auctions.End(job);
        Panels.Unready(job);
        Panels.Lines.Leave(job);
        DeadlineHeap.Leave(job);
        FreeSlot(job);
        job.Phase = MarketPhase.Ending;
        if (job.Offer is { } offer)
        {
            _touched.Add(offer);
        }
    }

    /// <summary>The end could not be written; a leased job may be reported again, others are tried again at the deadline.</summary>
    public void EndingFailed(MarketJob job, TimeSpan deadline)
    {
        job.Phase = job.Lease is not null && job.OwnEnd is null ? MarketPhase.Leased : MarketPhase.EndingLater;
        if (job.Phase == MarketPhase.Leased)
        {
            TakeSlot(job);
            _offers.Place(job.Offer!);
        }
        _deadlines.Set(job, deadline.Ticks);
    }

    /// <summary>Offers whose slots became free take what waits for them, and jobs go where others of their groups have left.</summary>
    public void Rematch(MarketTime now)
    {
        foreach (var group in _freed)
        {
            foreach (var job in group.Jobs.Take(MarketPolicy.FreedSeatTriesMax).Where(job => job.Phase == MarketPhase.Ready && !_paused))
            {
                Place(job, now);
            }
        }
        _freed.Clear();
        Panels.PlaceFreedSeats(now);
        foreach (var job in Buyers.TakeRisen().Where(job => job.Phase == MarketPhase.Ready && !_paused))
        {
            Place(job, now);
            UnplacedSoFar += job.Phase == MarketPhase.Ready ? 1 : 0;
        }
        // Feeding one may touch others: a panel that opens leases to workers of its own choice.
        _feeding.AddRange(_touched);
        foreach (var offer in _feeding)
        {
            this.Feed(offer, now);
        }
        _feeding.Clear();
        Panels.Lines.Open(now);
    }

    /// <summary>Answers the waiting polls of the offers that got orders.</summary>
    public void Flush()
    {
        foreach (var offer in _touched)
        {
            offer.Flush();
            if (offer.Loan is not null && offer.HasOrders)
            {
                Loans.ToRelay.Add(offer);
            }
            _offers.Place(offer);
        }

        _touched.Clear();
        foreach (var offer in Auctions.Called)
        {
            offer.Flush();
            _offers.Place(offer);
        }
        Auctions.Called.Clear();
    }

    internal void Wait(MarketJob job, MarketTime now)
    {
        SetWaitDeadline(job, now);
        if (!job.IsSeat && !_lines.Enter(job))
        {
            job.Phase = MarketPhase.InLine;
            return;
        }

        MakeReady(job, now);
    }

    /// <summary>A job with excluded workers is looked at before it expires.</summary>
    private void SetWaitDeadline(MarketJob job, MarketTime now)
    {
        if (job.FailedOn is null)
        {
            _expiries.Set(job, job.ExpiresAt.UtcTicks);
        }
        else
        {
            _deadlines.Set(job, Math.Min(job.ReadmitAt.Ticks, ExpiryOf(job, now).Ticks));
        }
    }

    internal static TimeSpan ExpiryOf(MarketJob job, MarketTime now) => now.Running + (job.ExpiresAt - now.Wall);

    private void MakeReady(MarketJob job, MarketTime now)
    {
        (job.Phase, job.ReadyAt) = (MarketPhase.Ready, now.Running);
        if (job.IsSeat)
        {
            Panels.Seat(job, now);
        }
        else
        {
            _queue.Ready(job);
        }
        if (job.WantsPanel)
        {
            // One that cannot open makes way for others of its program: each opens in its turn, so that many make no deep stack.
            Panels.Lines.Add(job);
        }
        else if (!_paused)
        {
            Place(job, now);
        }
        CountUnplaced(job);
    }
}
