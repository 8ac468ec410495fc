using System.Security.Cryptography;
using Marketplace.Api.Workers;
using Marketplace.Engine;
using Marketplace.Receipts;
using Marketplace.Worker.Isolation;
using Marketplace.Worker.Protocol;
using Microsoft.Extensions.Logging;

namespace Marketplace.Worker;

/// <summary>
/// Runs jobs for a market: offers, polls for leases, runs each on a thread of its own, reports the results in batches. One agent per worker
/// key.
/// </summary>
/// <param name="voter">Serves in committees; null: it serves in none. Outlives the agent.</param>
/// <param name="place">Where guests run, of the same options; null: <see cref="Run"/> finds it out.</param>
public sealed partial class WorkerAgent(
    IMarketLink link,
    WorkerOptions options,
    TimeProvider time,
    ILogger<WorkerAgent> log,
    CommitteeVoter? voter = null,
    GuestPlace? place = null
)
{
    private static readonly Bytes32 Profile = Bytes32.Parse(EngineProfile.Hash);

    private readonly Func<ILeaseRuns>? _runs;
    private readonly LeaseBook _leases = new(options.Slots, time);
    private readonly IdleMemory _memory = new(time, HostMemory.GiveBack);
    private readonly ReportQueue _reports = new();
    private readonly ReportQueue _refused = new();
    private readonly VoteQueue? _votes = voter is null ? null : new VoteQueue(voter, link, options.Worker, time, log);
    private readonly AuctionBids _bids = new(options.Worker, options.PricePerMillionFuel);
    private readonly TaskCompletionSource _draining = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<IsolationChoice> _isolation = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _offered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _jobsReported;
    private long _fuelReported;

    /// <param name="runs">Runs the leases instead of guests.</param>
    internal WorkerAgent(IMarketLink link, WorkerOptions options, Func<ILeaseRuns> runs, TimeProvider time, ILogger<WorkerAgent> log)
        : this(link, options, time, log) => _runs = runs;

    /// <summary>Where guests run, once that is known; it may never be where no isolation works.</summary>
    public Task<IsolationChoice> Isolation => _isolation.Task;

    /// <summary>Completes with the first offer that the market has taken.</summary>
    public Task Offered => _offered.Task;

    /// <summary>Results that the market has taken.</summary>
    public long JobsReported => Interlocked.Read(ref _jobsReported);

    /// <summary>Their fuel.</summary>
    public long FuelReported => Interlocked.Read(ref _fuelReported);

    /// <summary>Leases that wait and run.</summary>
    public int LeasesHeld => _leases.Count;

    /// <summary>
    /// Works until <paramref name="stopping"/>: then nothing new starts, running jobs are stopped, and what has ended is reported. From
    /// <paramref name="draining"/> on it takes no more leases, hands back those that wait, and returns when the last run has ended; what
    /// still runs at <paramref name="stopping"/> it hands back as well.
    /// </summary>
    public async Task Run(CancellationToken stopping, CancellationToken draining = default)
    {
        options.Validate();
        using var runs = _runs?.Invoke() ?? await OpenGuests().ConfigureAwait(false);
        var serving = runs.Serve(_leases, Finish);
        using var reporting = new CancellationTokenSource();
        var reporters = Task.WhenAll(
            ReportLoop(reporting.Token),
            RepeatLoop(reporting.Token),
            _votes?.Run(reporting.Token) ?? Task.CompletedTask
        );
        var heartbeats = new Heartbeats(link, options.Worker, _leases, time, log);
        await using (
            time.CreateTimer(_ => _ = heartbeats.Look(reporting.Token), null, WorkerPolicy.HeartbeatLook, WorkerPolicy.HeartbeatLook)
        )
        await using (time.CreateTimer(_ => LookAround(runs), null, WorkerPolicy.LeaseWaitMax, WorkerPolicy.LeaseWaitMax / 2))
        {
            using var done = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            await using var drain = draining.Register(Drain);
            try
            {
                var polling = PollLoop(done.Token);
                if (await Task.WhenAny(polling, _leases.Emptied).ConfigureAwait(false) != polling)
                {
                    await done.CancelAsync().ConfigureAwait(false);
                }
                await polling.ConfigureAwait(false);
            }
            finally
            {
                if (draining.IsCancellationRequested)
                {
                    HandBack(_leases.StopAll(), "The worker stops.");
                }
                _leases.Close();
                await serving.ConfigureAwait(false);
                _reports.Close();
                _votes?.Close();
                reporting.CancelAfter(WorkerPolicy.RetryPauseMax);
                await reporters.ConfigureAwait(false);
            }
        }
    }

    private async Task<GuestRuns> OpenGuests()
    {
        var (programs, isolation) = place is null ? ProgramHosts.Open(options, time, log) : await place.Take(log).ConfigureAwait(false);
        try
        {
            LogIsolation(isolation);
            _isolation.SetResult(isolation);
            var cache = options.Cache is { } kept ? BlobCache.Open(kept, time, log) : null;
            return new GuestRuns(new JobRunner(link, options, programs, cache, time), programs, options.Slots);
        }
        catch
        {
            programs.Dispose();
            throw;
        }
    }

    private async Task PollLoop(CancellationToken stopping)
    {
        var offer = new WorkerOffer(
            Worker: options.Worker,
            PayTo: options.PayTo,
            PricePerMillionFuel: options.PricePerMillionFuel,
            Slots: options.Slots,
            MemoryPagesMax: options.MemoryPagesMax
        )
        {
            Labels = options.Labels.Count > 0 ? options.Labels : null,
            RefusedAccounts = options.RefusedAccounts.Count > 0 ? options.RefusedAccounts : null,
            BuyerReputationMin = options.BuyerReputationMin > 0 ? options.BuyerReputationMin : null,
        };
        while (!stopping.IsCancellationRequested)
        {
            var served = offer with { Committee = voter?.KeyFor(link.Domain) };
            var welcome = await Repeat(token => link.Offer(served, token), "offer", stopping).ConfigureAwait(false);
            if (welcome is null)
            {
                return;
            }
            LogOffered(options.Worker, welcome.Start);
            _offered.TrySetResult();
            _leases.StopAll();
            _votes?.Clear();
            voter?.DropAll();
            await FollowOrders(welcome.Start, stopping).ConfigureAwait(false);
            if (_draining.Task.IsCompleted && !stopping.IsCancellationRequested)
            {
                // The market has forgotten the worker, and with it what still runs.
                _leases.StopAll();
                return;
            }
        }
    }

    /// <summary>Polls under one start number until the market no longer knows it.</summary>
    private async Task FollowOrders(long start, CancellationToken stopping)
    {
        _bids.Begin(link.Domain.Market, start);
        for (long sequence = 1; ; sequence++)
        {
            var asking = Ask(start, sequence, stopping);
            if (!_draining.Task.IsCompleted && await Task.WhenAny(asking, _draining.Task).ConfigureAwait(false) != asking)
            {
                // A poll that wants nothing ends the one that waits, whose answer may still bring leases.
                var last = Ask(start, ++sequence, stopping);
                Follow(await asking.ConfigureAwait(false));
                asking = last;
            }
            if (!Follow(await asking.ConfigureAwait(false)))
            {
                return;
            }
        }
    }

    private Task<WorkerOrders?> Ask(long start, long sequence, CancellationToken stopping)
    {
        var poll = _bids.Join(new WorkerPoll(options.Worker, start, sequence, _leases.LeasesWanted));
        return Repeat(token => link.Poll(poll, token), "poll", stopping).AsTask();
    }

    /// <returns>False where the market does not know the worker any more, or there was no answer.</returns>
    private bool Follow(WorkerOrders? orders)
    {
        if (orders is not { Known: true })
        {
            return false;
        }
        HandBack([.. orders.Leases.Where(lease => !_leases.Add(lease))], "The worker takes no more jobs.");
        foreach (var stop in orders.Stops)
        {
            _leases.Stop(stop);
            voter?.Drop(stop);
        }
        foreach (var lease in orders.Reveals ?? [])
        {
            if (_leases.Unseal(lease) is { } result)
            {
                _reports.Add(result);
            }
        }
        if (orders.Duties is { } duties)
        {
            _votes?.Add(duties);
        }
        _bids.Take(orders, takesMore: !_draining.Task.IsCompleted);
        return true;
    }

    private void Drain()
    {
        HandBack(_leases.Drain(), "The worker takes no more jobs.");
        _draining.TrySetResult();
    }

    private void HandBack(IReadOnlyList<WorkerLease> leases, string reason)
    {
        var now = time.GetUtcNow();
        foreach (var lease in leases)
        {
            _reports.Add(JobRunner.NotRun(lease, RunOutcome.Returned, reason, now));
        }
    }

    private void Finish(FinishedRun run)
    {
        var result = run.Result;
        var reportIt = _leases.Finish(run.Held, run.Took);
        RunTrace.AddRun(result, options.Worker);
        if (result.Outcome == RunOutcome.WorkerFault)
        {
            LogFault(result.Lease, result.Job, result.Reason);
        }
        if (reportIt)
        {
            var claimed = ExecutionClaims.Claim(run.Held.Lease, result, Profile);
            KeepForVote(run.Held.Lease, claimed);
            _reports.Add(
                run.Held.Lease.Sealed is true && claimed.Execution is { } execution ? Seal(run.Held.Lease, claimed, execution) : claimed
            );
        }
    }

    /// <summary>Before it is reported: the market may ask for the vote as soon as it has the result.</summary>
    private void KeepForVote(WorkerLease lease, WorkerResult claimed)
    {
        if (voter is not null && lease is { VotedOn: true, PricePerMillionFuel: { } price } && claimed.Execution is not null)
        {
            voter.Keep(lease.Id, ExecutionClaims.ExecutionOf(lease, claimed, Profile), price);
        }
    }

    private ReportItem Seal(WorkerLease lease, WorkerResult result, Bytes32 execution)
    {
        var salt = new Bytes32(RandomNumberGenerator.GetBytes(Bytes32.Size));
        return _leases.Seal(result with { Salt = salt })
            ? new ReportItem(null, new SealedResult(lease.Id, ResultCommitment.Of(options.Worker, execution, salt)))
            : JobRunner.NotRun(lease, RunOutcome.Returned, "Too many sealed results wait for those of others.", time.GetUtcNow());
    }

    private void LookAround(ILeaseRuns runs)
    {
        ReturnStale();
        var idle = _leases.Idle;
        var dropped = runs.Rest(idle);
        if (idle >= WorkerPolicy.IdleMax)
        {
            _memory.GiveBack(dropped);
        }
    }

    /// <summary>Gives back what has waited too long behind long runs.</summary>
    private void ReturnStale()
    {
        HandBack(_leases.TakeStale(), "All slots were busy.");
    }

    /// <summary>
    /// Reports each batch once: a result that the market cannot take at the moment must not hold up the results after it.
    /// </summary>
    private async Task ReportLoop(CancellationToken cancellation)
    {
        try
        {
            while (await _reports.Take(WorkerPolicy.ReportResultsMax).ConfigureAwait(false) is { } results)
            {
                if (await TryReport(results, WorkerPolicy.RetryPause, cancellation).ConfigureAwait(false))
                {
                    continue;
                }
                foreach (var result in results)
                {
                    _refused.Add(result);
                }
            }
        }
        finally
        {
            _refused.Close();
        }
    }

    /// <summary>
    /// Reports refused results again, each alone, until the market has them: one call at a time, to spare a market in trouble.
    /// </summary>
    private async Task RepeatLoop(CancellationToken cancellation)
    {
        while (await _refused.Take(WorkerPolicy.ReportResultsMax).ConfigureAwait(false) is { } left)
        {
            for (var pause = WorkerPolicy.RetryPause; left.Count > 0 && !cancellation.IsCancellationRequested; pause = Longer(pause))
            {
                await Wait(pause, cancellation).ConfigureAwait(false);
                List<ReportItem> refused = [];
                foreach (var result in left)
                {
                    if (!await TryReport([result], Longer(pause), cancellation).ConfigureAwait(false))
                    {
                        refused.Add(result);
                    }
                }
                left = [.. refused, .. _refused.TakeWaiting(WorkerPolicy.ReportResultsMax)];
            }
        }
    }

    private async ValueTask<bool> TryReport(IReadOnlyList<ReportItem> results, TimeSpan pause, CancellationToken cancellation)
    {
        try
        {
            cancellation.ThrowIfCancellationRequested();
            var asked = time.GetTimestamp();
            var report = new WorkerReport(options.Worker, [.. results.Select(item => item.Result).OfType<WorkerResult>()])
            {
                Sealed = results.Any(item => item.Sealed is not null)
                    ? [.. results.Select(item => item.Sealed).OfType<SealedResult>()]
                    : null,
            };
            var refused = await link.Report(report, cancellation).ConfigureAwait(false);
            _leases.Reported(results, time.GetElapsedTime(asked));
            var reasons = refused.ToLookup(result => result?.Lease, result => result?.Reason);
            foreach (var sealedResult in report.Sealed ?? [])
            {
                if (reasons.Contains(sealedResult.Lease))
                {
                    // Nothing will ask for it.
                    _leases.Unseal(sealedResult.Lease);
                    voter?.Drop(sealedResult.Lease);
                    LogNotSealed(sealedResult.Lease, reasons[sealedResult.Lease].First());
                }
            }
            foreach (var result in report.Results)
            {
                if (reasons.Contains(result.Lease))
                {
                    voter?.Drop(result.Lease);
                    LogRefused(result.Lease, result.Job, reasons[result.Lease].First());
                    continue;
                }
                RunTrace.AddReport(result, options.Worker, time);
                Interlocked.Increment(ref _jobsReported);
                Interlocked.Add(ref _fuelReported, result.FuelUsed);
            }
            return true;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return false;
        }
        catch (MarketLinkException failure)
        {
            LogUnreachable("report", failure.Message, pause);
            return false;
        }
    }

    /// <summary>Repeats a call as it is until the market answers; null when the worker stops first.</summary>
    private async ValueTask<TAnswer?> Repeat<TAnswer>(
        Func<CancellationToken, ValueTask<TAnswer>> call,
        string what,
        CancellationToken stopping
    )
        where TAnswer : class
    {
        var pause = WorkerPolicy.RetryPause;
        while (true)
        {
            try
            {
                stopping.ThrowIfCancellationRequested();
                return await call(stopping).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return null;
            }
            catch (MarketLinkException failure)
            {
                LogUnreachable(what, failure.Message, pause);
            }
            await Wait(pause, stopping).ConfigureAwait(false);
            pause = Longer(pause);
        }
    }

    /// <summary>Returns when the pause is over, or at once when the worker stops.</summary>
    private Task Wait(TimeSpan pause, CancellationToken stopping) =>
        Task.Delay(pause, time, stopping).ContinueWith(static _ => { }, TaskScheduler.Default);

    private static TimeSpan Longer(TimeSpan pause) => WorkerPolicy.Longer(pause, WorkerPolicy.RetryPauseMax);

    [LoggerMessage(Level = LogLevel.Information, Message = "Programs run with isolation {Isolation}")]
    private partial void LogIsolation(IsolationChoice isolation);

    [LoggerMessage(Level = LogLevel.Information, Message = "Worker {Worker} offers its slots under start number {Start}")]
    private partial void LogOffered(WorkerId worker, long start);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The market did not take the {What}: {Reason} Trying again in {Pause}")]
    private partial void LogUnreachable(string what, string reason, TimeSpan pause);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The result of lease {Lease} of job {Job} does not count and is not paid: {Reason}")]
    private partial void LogRefused(LeaseId lease, JobId job, string? reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The sealed result of lease {Lease} does not count: {Reason}")]
    private partial void LogNotSealed(LeaseId lease, string? reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Lease {Lease} of job {Job} failed on this worker: {Reason}")]
    private partial void LogFault(LeaseId lease, JobId job, string? reason);
}
