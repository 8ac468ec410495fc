namespace Marketplace.Grains;

/// <summary>
/// The market's memory: open jobs, offers, leases, deadlines, and who gets what. Pure bookkeeping without calls and clocks, so that it can be
/// tested alone; the grain does what it decides. At rest no ready job fits an offer that takes leases.
/// </summary>
internal sealed partial class MarketBook(long start)
{
    private readonly Dictionary<JobId, MarketJob> _jobs = [];
    private readonly Dictionary<WorkerId, MarketOffer> _offers = [];
    private readonly Dictionary<long, MarketJob> _leases = [];
    private readonly Dictionary<ProgramId, ProgramLine> _lines = [];
    private readonly SortedSet<(TokenAmount Price, WorkerId Worker)> _byPrice = [];
    private readonly SortedSet<(TokenAmount Price, int CapacityNegated, WorkerId Worker)> _hungry = [];
    private readonly ReadyQueue _queue = new();
    private readonly DeadlineHeap _deadlines = new();
    private readonly HashSet<MarketOffer> _touched = [];
    private long _lastLease;
    private bool _paused = true;

    /// <summary>Jobs that were matched and whose program's state is to be asked where their run starts.</summary>
    public Queue<MarketJob> ToPrepare { get; } = new();

    public long Start => start;

    /// <summary>The queue is not rebuilt yet, or another activation has taken over.</summary>
    public bool IsPaused => _paused;

    public int Count => _jobs.Count;

    public int QueuedCount => _jobs.Count - _leases.Count;

    public int LeasedCount => _leases.Count;

    public IReadOnlyDictionary<WorkerId, MarketOffer> Offers => _offers;

    public DateTimeOffset? NextDeadline => _deadlines.Next;

    /// <summary>Until the queue is rebuilt nothing is matched: jobs that come meanwhile may be younger than those that are still missing.</summary>
    public void Resume(DateTimeOffset now)
    {
        if (!_paused)
            return;
        _queue.Sort();
        _paused = false;
        foreach (var offer in _offers.Values.OrderBy(offer => offer.Price).ThenBy(offer => offer.Offer.Worker).ToArray())
            Feed(offer, now);
    }

    public MarketJob? Find(JobId job) => _jobs.GetValueOrDefault(job);

    public bool Add(JobTicket ticket, DateTimeOffset now)
    {
        if (_jobs.ContainsKey(ticket.Job))
            return false;
        var job = new MarketJob(ticket);
        _jobs.Add(ticket.Job, job);
        _queue.Add(job);
        var fromSubmission = ticket.SubmittedAt + ticket.Spec.ExpiresAfter;
        Wait(job, fromSubmission, now);
        return true;
    }

    /// <summary>The job has ended, or does not belong here any more.</summary>
    public void Remove(MarketJob job, DateTimeOffset now)
    {
        if (job.Phase == MarketPhase.Gone)
            return;
        Unlease(job);
        job.Phase = MarketPhase.Gone;
        _queue.Remove(job);
        _deadlines.Remove(job);
        _jobs.Remove(job.Ticket.Job);
        LeaveLine(job, now);
    }

    /// <summary>Back into the queue at its old place, to be matched at once or after <paramref name="delay"/>.</summary>
    public void Requeue(MarketJob job, DateTimeOffset now, TimeSpan delay = default)
    {
        Unlease(job);
        if (delay > TimeSpan.Zero)
        {
            job.Phase = MarketPhase.Delayed;
            _deadlines.Set(job, now + delay);
            // A job of its program that could run now must not wait for this one's delay.
            LeaveLine(job, now);
            return;
        }

        Wait(job, now + job.Ticket.Spec.ExpiresAfter, now);
    }

    /// <summary>Ends the lease or the preparation of it; the caller decides what follows.</summary>
    public void Release(MarketJob job)
    {
        Unlease(job);
        _deadlines.Remove(job);
    }

    /// <summary>The end of the job is being written: its slot is free, its deadline does not count.</summary>
    public void BeginEnding(MarketJob job)
    {
        _queue.Unready(job);
        _deadlines.Remove(job);
        FreeSlot(job);
        job.Phase = MarketPhase.Ending;
        if (job.Offer is { } offer)
            _touched.Add(offer);
    }

    /// <summary>The end could not be written; a leased job may be reported again, others are tried again at the deadline.</summary>
    public void EndingFailed(MarketJob job, DateTimeOffset deadline)
    {
        job.Phase = job.Lease is not null && job.OwnEnd is null ? MarketPhase.Leased : MarketPhase.EndingLater;
        if (job.Phase == MarketPhase.Leased)
            TakeSlot(job);
        _deadlines.Set(job, deadline);
    }

    public MarketJob? TakeDue(DateTimeOffset now) => _deadlines.TakeDue(now);

    /// <summary>Offers whose slots became free take what waits for them.</summary>
    public void Rematch(DateTimeOffset now)
    {
        foreach (var offer in _touched)
            Feed(offer, now);
    }

    /// <summary>Answers the waiting polls of the offers that got orders.</summary>
    public void Flush()
    {
        foreach (var offer in _touched)
        {
            offer.Flush();
            PlaceHungry(offer);
        }

        _touched.Clear();
    }

    public MarketView ToView() => new(
        QueuedCount, LeasedCount, _offers.Count, _offers.Values.Sum(offer => offer.Offer.Slots), _byPrice.Count == 0 ? null : _byPrice.Min.Price);

    private void Wait(MarketJob job, DateTimeOffset expiresAt, DateTimeOffset now)
    {
        job.ExpiresAt = expiresAt;
        _deadlines.Set(job, expiresAt);
        if (job.Ticket.UsesState && !EnterLine(job))
        {
            job.Phase = MarketPhase.InLine;
            return;
        }

        MakeReady(job, now);
    }

    private void MakeReady(MarketJob job, DateTimeOffset now)
    {
        job.Phase = MarketPhase.Ready;
        _queue.Ready(job);
        if (!_paused)
            Place(job, now);
    }
}
