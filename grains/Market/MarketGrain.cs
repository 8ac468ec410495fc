using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace Marketplace.Grains;

/// <summary>
/// The queue and the offers of one shard of the market. Its memory is <see cref="MarketBook"/>; here are the calls, the clock and the one
/// durable thing: the start number, which is written before the first lease, so that no two activations ever give leases of the same name.
/// If there are two activations, both may lease a job; its terminal write decides. The one with the older start number goes as soon as it
/// finds the newer one.
/// </summary>
[Reentrant, KeepAlive]
internal sealed partial class MarketGrain : Grain, IMarketGrain, IRemindable
{
    private readonly IOpenJobs _openJobs;
    private readonly QueueBounds _bounds;
    private readonly MarketShards _shards;
    private readonly MarketDomain _domain;
    private readonly IResultsFeed _feed;
    private readonly TimeProvider _clock;
    private readonly IHostFacts _host;
    private readonly IChance _chance;
    private readonly ILogger<MarketGrain> _log;
    private readonly StoredState<MarketStart> _start;
    private MarketBook _book = null!;
    private MarketReports _reports = null!;
    private StrandedSeats _stranded = null!;
    private MarketWindows _windows = null!;
    private MarketEpochs _epochs = null!;
    private MarketOutcomes _outcomes = null!;
    private JobPreparation _preparation = null!;
    private MarketGossip _gossip = null!;
    private ShardTraffic _traffic = null!;
    private ShardStays _stays = null!;
    private ShardLoans _loans = null!;
    private MarketClock _running = null!;
    private IGrainTimer _timer = null!;
    private TimeSpan _timerAt = TimeSpan.MaxValue;
    private TimeSpan _maintainedAt;
    private TimeSpan _startKnownAt;
    private MarketTime _sweptAt;
    private readonly Dictionary<WorkerId, object> _arriving = [];
    private bool _acting;
    private bool _actsAgain;
    private bool _checking;
    private bool _sweeping;
    private bool _steppedDown;

    public MarketGrain(
        [PersistentState(MarketStart.Kind, StateStorage.Plain)] IPersistentState<MarketStart> start,
        IOpenJobs openJobs,
        QueueBounds bounds,
        MarketShards shards,
        MarketDomain domain,
        IResultsFeed feed,
        TimeProvider clock,
        IHostFacts host,
        IChance chance,
        ILogger<MarketGrain> log
    )
    {
        (_openJobs, _feed, _clock, _host, _chance, _log) = (openJobs, feed, clock, host, chance, log);
        (_bounds, _shards) = (bounds.PartOf(shards.Keys.Length), shards);
        _domain = domain;
        _start = new StoredState<MarketStart>(start);
    }

    private MarketTime Now => _running.Now;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _book = new MarketBook(await WriteStart(), _bounds, _domain, _chance);
        _running = new MarketClock(_clock);
        _gossip = new MarketGossip(_feed, _running);
        _outcomes = new MarketOutcomes(this.GetPrimaryKeyString(), _book, _running, GrainFactory, _gossip, Act, _log);
        _windows = new MarketWindows(this.GetPrimaryKeyString(), _shards, _book, _running, GrainFactory, Act, _log);
        _epochs = new MarketEpochs(_book, _domain, GrainFactory, Act, _log);
        _reports = new MarketReports(_book, _running, GrainFactory, _feed, _outcomes, _gossip, _windows, _openJobs, _chance, Act, _log);
        _stranded = new StrandedSeats(_book, _running, _reports);
        _preparation = new JobPreparation(_book, _running, GrainFactory, _openJobs, _reports, _chance, Act, _log);
        var calls = new ShardCalls(this.GetPrimaryKeyString(), _shards, GrainFactory, _log);
        _stays = new ShardStays(
            calls,
            _book,
            _running,
            job => _ = _reports.EndOnOwnAccount(job, MarketEnds.WorkersFailed(job, default, "the silo that ran it was lost")),
            Act
        );
        _loans = new ShardLoans(calls, _book, _running, _reports, _gossip, Act);
        _traffic = new ShardTraffic(calls, _stays, _loans, _book, _running, Act);
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
            var least = Math.Max((_start.Value?.Number ?? 0) + 1, _clock.GetUtcNow().ToUnixTimeMilliseconds());
            var start = _shards.NumberFrom(this.GetPrimaryKeyString(), least);
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
            if (_book.Add(ticket, now))
            {
                _gossip.Queued(_book.Find(ticket.Job)!);
            }
        }
        Act();
        return Task.CompletedTask;
    }

    public Task Withdraw(JobId id, Authority by)
    {
        Authorities.Require(by, Authority.Silo, Authority.Job, Authority.Market);
        RequireCurrent();
        // A job whose end is being written goes on: its grain has the last word, and says which end won.
        if (_book.Find(id) is { Phase: not MarketPhase.Ending } job)
        {
            _stays.Withdraw(job);
            _book.StopLease(job, "the job was cancelled");
            _book.Remove(job, Now);
            Act();
            // The shard that the job belongs to has told of it.
            if (by != Authority.Market)
            {
                _ = _reports.AnnounceCancelled(job.Ticket);
            }
        }

        return Task.CompletedTask;
    }

    public Task<OpenRun?> FindRun(JobId job, Authority by)
    {
        Authorities.Require(by, Authority.Silo, Authority.Job, Authority.Market);
        RequireCurrent();
        if (_book.Find(job) is { Away: { } stay })
        {
            return GrainFactory.GetGrain<IMarketGrain>(stay.Shard).FindRun(job, Authority.Market);
        }
        return Task.FromResult(
            _book.Find(job) is { Panel: { } panel } ? panel.ToRun()
            : _book.Find(job) is { Lease: not null, Offer: { Offer: var offer } taken } leased
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
        var (arrival, isLast) = (new object(), false);
        _arriving[offer.Worker] = arrival;
        ReputationView reputation;
        try
        {
            reputation = await GrainFactory.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(offer.Worker)).Get(caller: null);
        }
        finally
        {
            isLast = _arriving.GetValueOrDefault(offer.Worker) == arrival && _arriving.Remove(offer.Worker);
        }
        RequireCurrent();
        if (!isLast)
        {
            // The worker has left meanwhile, or offered again. If it is still there after all, its poll tells it to offer again.
            return _book.Start;
        }
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
            _reports.GiveUp(lost, "its worker started again");
        }
        _gossip.Offered(_book.FindOffer(offer.Worker));
        Act();
        return _book.Start;
    }

    public Task SetStanding(WorkerId worker, Standing standing, Authority by)
    {
        Authorities.Require(by, Authority.Reputation);
        RequireCurrent();
        if (_book.SetStanding(worker, standing))
        {
            _gossip.Standing(_book, worker);
            Act();
        }
        return Task.CompletedTask;
    }

    public Task<int> Dismiss(WorkerId worker, Authority by)
    {
        Authorities.Require(by, Authority.Silo, Authority.Market);
        RequireCurrent();
        _gossip.Lost(_book.FindOffer(worker));
        var jobs = _book.RemoveOffer(worker);
        foreach (var lost in jobs)
        {
            _ = _reports.Interrupted(lost, "its worker is gone");
        }
        if (by != Authority.Market)
        {
            _loans.Dismiss(worker);
        }
        Act();
        return Task.FromResult(jobs.Count);
    }

    public Task Leave(WorkerId worker)
    {
        RequireCurrent();
        // An offer that is still on its way came before the goodbye.
        _arriving.Remove(worker);
        if (_book.FindOffer(worker) is not null)
        {
            _gossip.Left(_book.FindOffer(worker));
            _loans.Leave(worker);
        }
        foreach (var job in _book.RemoveOffer(worker))
        {
            _reports.GiveUp(job, "its worker left");
        }
        Act();
        return Task.CompletedTask;
    }

    public async Task<WorkerOrders> Poll(WorkerPoll poll, CancellationToken cancellation)
    {
        if (PollRules.Refusal(poll) is { } refusal)
        {
            throw refusal;
        }
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
        _gossip.Leased(_book, poll.Worker, mine.Orders!);
        _gossip.Flush();
        _loans.TellDelivered(poll.Worker, mine.Orders!);
        return mine.Orders!;
    }

    public Task<ImmutableArray<RefusedReport>> Report(WorkerId worker, ImmutableArray<LeaseReport> reports) =>
        _reports.Receive(worker, reports);

    public Task<ImmutableArray<RefusedReport>> Commit(WorkerId worker, ImmutableArray<SealedResult> results)
    {
        RequireCurrent();
        return Task.FromResult(_reports.Commit(worker, results));
    }

    public Task Try(Trial trial, Authority by)
    {
        Authorities.Require(by, Authority.Silo, Authority.Dispute);
        RequireCurrent();
        _reports.Try(trial);
        return Task.CompletedTask;
    }

    public Task<int?> CountJurors(JobId job) => Task.FromResult(_book.Panels.JurorsIn(job));

    public Task Vote(WorkerId worker, ImmutableArray<WindowVote> votes, ImmutableArray<CommitteeShare> shares)
    {
        RequireCurrent();
        _windows.Vote(worker, votes.IsDefault ? [] : votes);
        return _epochs.Share(worker, shares.IsDefault ? [] : shares);
    }

    public Task Settle(WorkerId worker, SettlementVote vote) => _epochs.Settlements.Take(worker, vote);

    public Task<LeaseGrant?> FindLease(LeaseCall call)
    {
        RequireCurrent();
        return Task.FromResult(_book.Leases.FindRun(call)?.Grant(call));
    }

    public Task<bool> BeginOutput(LeaseCall call, BlobId output, long size)
    {
        RequireCurrent();
        var run = _book.Leases.FindRun(call);
        run?.BeginOutput(call, output, size);
        return Task.FromResult(run is not null);
    }

    public Task<bool> AddOutput(LeaseCall call, BlobId output)
    {
        RequireCurrent();
        var run = _book.Leases.FindRun(call);
        run?.AddOutput(call, output);
        return Task.FromResult(run is not null);
    }

    public Task<QueueRoom> GetRoom(AccountId account)
    {
        RequireCurrent();
        return Task.FromResult(_book.RoomFor(account) with { Wait = _book.Waits.At(Now.Running, _book.Queue.HasReady) });
    }

    public Task<ClassRoom> FindClassRoom(AccountId account, ImmutableArray<string> wanted)
    {
        RequireCurrent();
        return wanted.Length <= MarketLimits.BatchJobsMax
            ? Task.FromResult(_book.ClassRoomFor(account, wanted, Now))
            : throw new MarketException(
                ErrorCode.LimitExceeded,
                $"The question names {wanted.Length} classes; a batch has at most {MarketLimits.BatchJobsMax} jobs."
            );
    }

    public Task<OpenJobStep?> FindJob(JobId job) =>
        _book.Find(job) switch
        {
            null => Task.FromResult<OpenJobStep?>(null),
            { Away: { } stay } => GrainFactory.GetGrain<IMarketGrain>(stay.Shard).FindJob(job),
            { } open => Task.FromResult<OpenJobStep?>(new OpenJobStep(MarketVerdicts.StatusOf(open), open.History)),
        };

    public async Task<OpenJob?> Explain(JobId job)
    {
        if (_book.Find(job) is { Away: { } stay } && await GrainFactory.GetGrain<IMarketGrain>(stay.Shard).Explain(job) is { } elsewhere)
        {
            return elsewhere;
        }
        return _book.Find(job) is { } open ? await _traffic.Explain(open) : null;
    }

    public Task<ImmutableArray<OfferView>> ListOffers(OfferPlace? after, int limit) =>
        limit is >= 1 and <= MarketLimits.ListedOffersMax
            ? Task.FromResult(_book.ListOffers(after, limit))
            : throw new MarketException(
                ErrorCode.LimitExceeded,
                $"The list would have {limit} offers; allowed are 1 to {MarketLimits.ListedOffersMax}."
            );

    public Task<WorkerExplanation> ExplainWorker(WorkerId worker, Caller caller)
    {
        var offer = _book.Offers.GetValueOrDefault(worker);
        // Which jobs refuse a worker, and whom it refuses, is the business of its owner. An unknown worker is answered like a foreign one.
        if ((caller.Scopes & Scopes.Admin) == Scopes.None && caller.Account != offer?.Offer.PayTo)
        {
            Authorities.Require(caller, new AccountId(worker.Value), Scopes.Read);
        }
        return Task.FromResult(_book.Explain(offer));
    }

    public Task<OfferView?> FindOffer(WorkerId worker) => Task.FromResult(_book.FindOffer(worker));

    public Task<ImmutableArray<LeaseView>> ListLeases(WorkerId worker) => Task.FromResult(OfferLeases.Of(_book.Offers, worker));

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
                while (_book.Forfeits.TryDequeue(out var forfeit))
                {
                    _outcomes.NoteLoss(forfeit.Job, forfeit.Offer, "it bid in an auction of the job and did not open its bid");
                }
                _outcomes.ReadBuyers();
                _book.Rematch(Now);
                while (_book.ToPrepare.TryDequeue(out var job))
                {
                    _ = _preparation.Prepare(job);
                }
            }

            _book.Flush();
            _loans.Act();
            _gossip.Flush();
            _traffic.Act();
        }
        finally
        {
            _acting = false;
        }

        Rearm();
    }

    private GrainTimerCreationOptions Options(TimeSpan due, TimeSpan period) => new(due, period) { Interleave = true, KeepAlive = true };
}
