using System.Collections.Immutable;
using Marketplace.Storage;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace Marketplace.Grains;

/// <summary>
/// The queue and the offers of one capability class. Its memory is <see cref="MarketBook"/>; here are the calls, the clock and the one durable
/// thing: the start number, which is written before the first lease, so that no two activations ever give leases of the same name. Should there be
/// two activations, both may lease a job; its terminal write decides. The one with the older start number goes as soon as it finds the newer one.
/// </summary>
[Reentrant, KeepAlive]
public sealed partial class MarketGrain : Grain, IMarketGrain, IRemindable
{
    private readonly IOpenJobs _openJobs;
    private readonly IResultsFeed _feed;
    private readonly TimeProvider _clock;
    private readonly LongWaits _waits;
    private readonly IChance _chance;
    private readonly ILogger<MarketGrain> _log;
    private readonly StoredDocument<MarketStart> _start;
    private readonly Dictionary<AccountId, List<JobSettlement>> _unsettled = [];
    private MarketBook _book = null!;
    private IGrainTimer _timer = null!;
    private DateTimeOffset _timerAt = DateTimeOffset.MaxValue;
    private DateTimeOffset _maintainedAt;
    private DateTimeOffset _startKnownAt;
    private DateTimeOffset _sweptAt;
    private bool _checking;
    private bool _sweeping;
    private bool _steppedDown;
    private int _unsettledCount;

    public MarketGrain(
        IDocumentStore documents, IOpenJobs openJobs, IResultsFeed feed, TimeProvider clock, LongWaits waits, IChance chance, ILogger<MarketGrain> log)
    {
        (_openJobs, _feed, _clock, _waits, _chance, _log) = (openJobs, feed, clock, waits, chance, log);
        _start = new StoredDocument<MarketStart>(
            documents, new DocumentKey("market", this.GetPrimaryKeyString()), MarketStart.Write, bytes => MarketStart.Read(bytes.Span));
    }

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _book = new MarketBook(await WriteStart());
        _maintainedAt = _startKnownAt = _sweptAt = _clock.GetUtcNow();
        _timer = this.RegisterGrainTimer(OnTimer, Options(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan));
        BeginRebuild();
        Rearm();
    }

    private async Task<long> WriteStart()
    {
        for (var attempt = 1; ; attempt++)
        {
            await _start.Load();
            var start = (_start.Value?.Number ?? 0) + 1;
            try
            {
                await _start.Write(new MarketStart(start));
                return start;
            }
            catch (InconsistentStateException lost)
            {
                LostWrites.RequireAnother(attempt, lost);
            }
        }
    }

    public Task Enqueue(ImmutableArray<JobTicket> tickets)
    {
        RequireCurrent();
        var now = _clock.GetUtcNow();
        foreach (var ticket in tickets)
            _book.Add(ticket, now);
        Act();
        return Task.CompletedTask;
    }

    public Task Withdraw(JobId id)
    {
        RequireCurrent();
        // A job whose end is being written keeps its course: its grain has the last word, and says who won.
        if (_book.Find(id) is { Phase: not MarketPhase.Ending } job)
        {
            _book.StopLease(job);
            _book.Remove(job, _clock.GetUtcNow());
            Act();
            Announce([MarketEnds.Cancelled(job.Ticket)]);
        }

        return Task.CompletedTask;
    }

    public Task<long> Offer(WorkerOffer offer)
    {
        RequireCurrent();
        if (offer.Slots is < 1 or > MarketPolicy.WorkerSlotsMax || offer.MemoryPagesMax is < 1 or > MarketLimits.MemoryPagesMax)
        {
            throw new MarketException(ErrorCode.LimitExceeded,
                $"The offer has {offer.Slots} slots and {offer.MemoryPagesMax} memory pages; allowed are 1 to {MarketPolicy.WorkerSlotsMax} and 1 to "
                + $"{MarketLimits.MemoryPagesMax}.");
        }

        if (!_book.Offers.ContainsKey(offer.Worker) && _book.Offers.Count >= MarketPolicy.WorkersMax)
            throw new MarketException(ErrorCode.LimitExceeded, $"The market has {MarketPolicy.WorkersMax} workers already; try again later.");
        var now = _clock.GetUtcNow();
        foreach (var lost in _book.SetOffer(offer, now))
            _ = Interrupted(lost, "its worker started again");
        Act();
        return Task.FromResult(_book.Start);
    }

    public Task<int> Dismiss(WorkerId worker)
    {
        RequireCurrent();
        var jobs = _book.RemoveOffer(worker);
        foreach (var lost in jobs)
            _ = Interrupted(lost, "its worker is gone");
        Act();
        return Task.FromResult(jobs.Count);
    }

    public async Task<WorkerOrders> Poll(WorkerPoll poll, CancellationToken cancellation)
    {
        var offer = _book.Poll(poll, _clock.GetUtcNow());
        Act();
        if (offer is null)
            return MarketOffer.Unknown;
        var mine = offer.Poll;
        // Without orders the answer is empty; it is kept for a repetition either way.
        if (mine.Orders is null && !await mine.Wait(_clock, _waits, cancellation) && offer.Poll == mine)
            _book.EndPoll(offer);
        return mine.Orders!;
    }

    public Task<OpenJob?> Explain(JobId job) =>
        Task.FromResult(_book.Find(job) is { } open ? _book.Explain(open) : null);

    public Task<MarketView> GetView() => Task.FromResult(_book.ToView());

    /// <summary>Does what the book decided: asks for states, answers polls, sets the timer.</summary>
    private void Act()
    {
        _book.Rematch(_clock.GetUtcNow());
        while (_book.ToPrepare.TryDequeue(out var job))
            _ = Prepare(job);
        _book.Flush();
        Rearm();
    }

    /// <summary>A writing job was matched: asks where its run starts. A run that was committed before a crash is ended as it was.</summary>
    private async Task Prepare(MarketJob job)
    {
        StateHead? head = null;
        JobSettlement? ended = null;
        try
        {
            head = await GrainFactory.GetGrain<IStateGrain>(job.Ticket.Spec.Program.ToString()).Begin(job.Ticket.Job);
            // After the state, never before it: a run that was committed and whose end was written in between is seen by one of the two questions.
            if (head.Committed is null)
                ended = await GrainFactory.GetGrain<IJobGrain>(job.Ticket.Job.ToString()).GetSettlement();
        }
        catch (Exception failure)
        {
            LogPrepareFailed(failure, job.Ticket.Job);
            head = null;
        }

        // Meanwhile the job may have been cancelled, or its worker may have gone.
        if (job.Phase != MarketPhase.Preparing)
            return;
        var now = _clock.GetUtcNow();
        if (head is null)
        {
            _book.Requeue(job, now, MarketPolicy.StorageRetryDelay);
        }
        else if (head.Committed is { } committed)
        {
            _ = EndOnOwnAccount(job, committed);
        }
        else if (ended is not null)
        {
            // Another activation of the market has ended it; its accounts hear of it from there, or find it.
            _book.Remove(job, now);
        }
        else
        {
            job.StateHeight = head.Height;
            _book.Lease(job, head.Root, now);
        }

        Act();
    }

    private GrainTimerCreationOptions Options(TimeSpan due, TimeSpan period) => new(due, period) { Interleave = true, KeepAlive = true };
}
