using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace Marketplace.Grains;

/// <summary>
/// The queue and the offers of one capability class. Its memory is <see cref="MarketBook"/>; here are the calls, the clock and the one
/// durable thing: the start number, which is written before the first lease, so that no two activations ever give leases of the same name.
/// If there are two activations, both may lease a job; its terminal write decides. The one with the older start number goes as soon as it
/// finds the newer one.
/// </summary>
[Reentrant, KeepAlive]
internal sealed partial class MarketGrain : Grain, IMarketGrain, IRemindable
{
    private readonly IOpenJobs _openJobs;
    private readonly QueueBounds _bounds;
    private readonly IResultsFeed _feed;
    private readonly TimeProvider _clock;
    private readonly IHostFacts _host;
    private readonly IChance _chance;
    private readonly ILogger<MarketGrain> _log;
    private readonly StoredState<MarketStart> _start;
    private MarketBook _book = null!;
    private MarketReports _reports = null!;
    private MarketOutcomes _outcomes = null!;
    private MarketClock _running = null!;
    private IGrainTimer _timer = null!;
    private TimeSpan _timerAt = TimeSpan.MaxValue;
    private TimeSpan _maintainedAt;
    private TimeSpan _startKnownAt;
    private MarketTime _sweptAt;
    private bool _acting;
    private bool _actsAgain;
    private bool _checking;
    private bool _sweeping;
    private bool _steppedDown;

    public MarketGrain(
        [PersistentState(MarketStart.Kind, StateStorage.Plain)] IPersistentState<MarketStart> start,
        IOpenJobs openJobs,
        QueueBounds bounds,
        IResultsFeed feed,
        TimeProvider clock,
        IHostFacts host,
        IChance chance,
        ILogger<MarketGrain> log
    )
    {
        (_openJobs, _bounds, _feed, _clock, _host, _chance, _log) = (openJobs, bounds, feed, clock, host, chance, log);
        _start = new StoredState<MarketStart>(start);
    }

    private MarketTime Now => _running.Now;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _book = new MarketBook(await WriteStart(), _bounds);
        _running = new MarketClock(_clock);
        _outcomes = new MarketOutcomes(this.GetPrimaryKeyString(), _book, _running, GrainFactory, Act, _log);
        _reports = new MarketReports(_book, _running, GrainFactory, _feed, _outcomes, _chance, Act, _log);
        _sweptAt = Now;
        _timer = this.RegisterGrainTimer(OnTimer, Options(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan));
        BeginRebuild();
        Rearm();
    }

    private async Task<long> WriteStart()
    {
        for (var attempt = 1; ; attempt++)
        {
            await _start.Load();
            // No number may come twice, also not after a backup was restored or beside a build that counts in another storage.
            var start = Math.Max((_start.Value?.Number ?? 0) + 1, _clock.GetUtcNow().ToUnixTimeMilliseconds());
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

    public Task Enqueue(ImmutableArray<JobTicket> tickets, Authority by)
    {
        Authorities.Require(by, Authority.Silo, Authority.Submission, Authority.Job);
        RequireCurrent();
        var now = Now;
        foreach (var ticket in tickets)
        {
            _book.Add(ticket, now);
        }
        Act();
        return Task.CompletedTask;
    }

    public Task Withdraw(JobId id, Authority by)
    {
        Authorities.Require(by, Authority.Silo, Authority.Job);
        RequireCurrent();
        // A job whose end is being written goes on: its grain has the last word, and says which end won.
        if (_book.Find(id) is { Phase: not MarketPhase.Ending } job)
        {
            _book.StopLease(job);
            _book.Remove(job, Now);
            Act();
            _ = _reports.AnnounceCancelled(job.Ticket);
        }

        return Task.CompletedTask;
    }

    public Task<OpenRun?> FindRun(JobId job, Authority by)
    {
        Authorities.Require(by, Authority.Silo, Authority.Job);
        RequireCurrent();
        return Task.FromResult(
            _book.Find(job) is { Lease: not null, Offer: { Offer: var offer } taken } leased
                ? new OpenRun(
                    offer.Worker,
                    offer.PayTo,
                    leased.PriceOf(taken),
                    leased.FuelUsed ?? leased.FuelSoFar,
                    leased.FuelUsed is not null || leased.Term!.HasBegun
                )
                : null
        );
    }

    public Task<ImmutableArray<LeaseId>> Heartbeat(WorkerId worker, ImmutableArray<LeaseProgress> runs)
    {
        RequireCurrent();
        if (runs.Length > MarketPolicy.WorkerLeasesMax)
        {
            throw new MarketException(
                ErrorCode.LimitExceeded,
                $"The heartbeat names {runs.Length} runs; a worker has at most {MarketPolicy.WorkerLeasesMax}."
            );
        }
        var over = _book.Heartbeat(worker, runs, Now);
        // A stage that ends sooner than the lease moves a deadline forward.
        Rearm();
        return Task.FromResult(over);
    }

    public async Task<long> Offer(WorkerOffer offer)
    {
        RequireCurrent();
        if (OfferRules.Refusal(offer) is { } refusal)
        {
            throw refusal;
        }
        var reputation = await GrainFactory.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(offer.Worker)).Get(caller: null);
        RequireCurrent();
        // Other offers came meanwhile.
        if (!_book.HasRoomFor(offer.Worker))
        {
            throw new MarketException(
                ErrorCode.LimitExceeded,
                $"The market has {MarketPolicy.WorkersMax} workers already; try again later."
            );
        }

        foreach (var lost in _book.SetOffer(offer, reputation.Standing, Now))
        {
            _ = _reports.Interrupted(lost, "its worker started again");
        }
        Act();
        return _book.Start;
    }

    public Task SetStanding(WorkerId worker, Standing standing, Authority by)
    {
        Authorities.Require(by, Authority.Reputation);
        RequireCurrent();
        if (_book.SetStanding(worker, standing))
        {
            Act();
        }
        return Task.CompletedTask;
    }

    public Task<int> Dismiss(WorkerId worker, Authority by)
    {
        Authorities.Require(by, Authority.Silo);
        RequireCurrent();
        var jobs = _book.RemoveOffer(worker);
        foreach (var lost in jobs)
        {
            _ = _reports.Interrupted(lost, "its worker is gone");
        }
        Act();
        return Task.FromResult(jobs.Count);
    }

    public Task Leave(WorkerId worker)
    {
        RequireCurrent();
        foreach (var job in _book.RemoveOffer(worker))
        {
            if (job is { Phase: MarketPhase.Leased, Term.HasBegun: true })
            {
                _ = _reports.Interrupted(job, "its worker left");
            }
            else
            {
                _reports.Returned(job, "its worker left before it began");
            }
        }
        Act();
        return Task.CompletedTask;
    }

    public async Task<WorkerOrders> Poll(WorkerPoll poll, CancellationToken cancellation)
    {
        var offer = _book.Poll(poll, Now);
        Act();
        if (offer is null)
        {
            return MarketOffer.Unknown;
        }
        var mine = offer.Poll;
        // Without orders the answer is empty; it is kept for a repetition either way.
        if (mine.Orders is null && !await mine.Wait(_clock, _host, cancellation) && offer.Poll == mine)
        {
            _book.EndPoll(offer);
        }
        return mine.Orders!;
    }

    public Task Report(WorkerId worker, ImmutableArray<LeaseReport> reports) => _reports.Receive(worker, reports);

    public Task<LeaseGrant?> FindLease(LeaseCall call)
    {
        RequireCurrent();
        return Task.FromResult(_book.FindRun(call)?.Grant(call));
    }

    public Task<bool> BeginOutput(LeaseCall call, BlobId output, long size)
    {
        RequireCurrent();
        var run = _book.FindRun(call);
        run?.BeginOutput(call, output, size);
        return Task.FromResult(run is not null);
    }

    public Task<bool> AddOutput(LeaseCall call, BlobId output)
    {
        RequireCurrent();
        var run = _book.FindRun(call);
        run?.AddOutput(call, output);
        return Task.FromResult(run is not null);
    }

    public Task<QueueRoom> GetRoom(AccountId account)
    {
        RequireCurrent();
        return Task.FromResult(_book.RoomFor(account));
    }

    public Task<ClassRoom> GetClassRoom(AccountId account)
    {
        RequireCurrent();
        return Task.FromResult(_book.ClassRoomFor(account));
    }

    public Task<OpenJob?> Explain(JobId job) => Task.FromResult(_book.Find(job) is { } open ? _book.Explain(open) : null);

    public Task<ImmutableArray<OfferView>> ListOffers(OfferPlace? after, int limit) =>
        limit is >= 1 and <= MarketLimits.ListedOffersMax
            ? Task.FromResult(_book.ListOffers(after, limit))
            : throw new MarketException(
                ErrorCode.LimitExceeded,
                $"The list would have {limit} offers; allowed are 1 to {MarketLimits.ListedOffersMax}."
            );

    public Task<OfferView?> FindOffer(WorkerId worker) => Task.FromResult(_book.FindOffer(worker));

    public Task<MarketView> GetView() => Task.FromResult(_book.ToView(Now));

    /// <summary>Does what the book decided: prepares jobs, answers polls, sets the timer.</summary>
    private void Act()
    {
        // A preparation that ends at once calls this again. The round that began it continues instead, so that a long queue makes no deep
        // stack.
        _actsAgain = true;
        if (_acting)
        {
            return;
        }
        _acting = true;
        try
        {
            while (_actsAgain)
            {
                _actsAgain = false;
                while (_book.ToRefuse.TryDequeue(out var refused))
                {
                    _ = _reports.EndOnOwnAccount(refused, MarketEnds.TooManyClasses(refused));
                }
                _book.Rematch(Now);
                while (_book.ToPrepare.TryDequeue(out var job))
                {
                    _ = Prepare(job);
                }
            }

            _book.Flush();
        }
        finally
        {
            _acting = false;
        }

        Rearm();
    }

    private GrainTimerCreationOptions Options(TimeSpan due, TimeSpan period) => new(due, period) { Interleave = true, KeepAlive = true };
}
