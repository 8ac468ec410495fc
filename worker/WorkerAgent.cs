using System.Diagnostics;
using Marketplace.Api.Workers;
using Marketplace.Engine;
using Marketplace.Worker.Isolation;
using Microsoft.Extensions.Logging;

namespace Marketplace.Worker;

/// <summary>
/// Runs jobs for a market: offers, polls for leases, runs each on a thread of its own, reports the results in batches. One agent per worker
/// key.
/// </summary>
public sealed partial class WorkerAgent(IMarketLink link, WorkerOptions options, TimeProvider time, ILogger<WorkerAgent> log)
{
    private readonly LeaseBook _leases = new(options.Slots, time);
    private readonly IdleMemory _memory = new(time, HostMemory.GiveBack);
    private readonly ReportQueue _reports = new();
    private readonly ReportQueue _refused = new();

    /// <summary>
    /// Works until <paramref name="stopping"/>: then nothing new starts, running jobs are stopped, and what has ended is reported.
    /// </summary>
    public async Task Run(CancellationToken stopping)
    {
        options.Validate();
        var (programs, isolation) = ProgramHosts.Open(options, time, log, out var why);
        using var hosting = programs;
        LogIsolation(isolation, why);
        var runner = new JobRunner(link, options, programs, time);
        using var threads = new GuestThreads(options.Slots);
        var slots = Enumerable.Range(0, options.Slots).Select(_ => threads.Run(() => RunSlot(runner))).ToArray();
        using var reporting = new CancellationTokenSource();
        var reporters = Task.WhenAll(ReportLoop(reporting.Token), RepeatLoop(reporting.Token));
        await using (time.CreateTimer(_ => LookAround(programs), null, WorkerPolicy.LeaseWaitMax, WorkerPolicy.LeaseWaitMax / 2))
        {
            try
            {
                await PollLoop(stopping).ConfigureAwait(false);
            }
            finally
            {
                _leases.Close();
                await Task.WhenAll(slots).ConfigureAwait(false);
                _reports.Close();
                reporting.CancelAfter(WorkerPolicy.RetryPauseMax);
                await reporters.ConfigureAwait(false);
            }
        }
    }

    private async Task PollLoop(CancellationToken stopping)
    {
        var offer = new WorkerOffer(options.Worker, options.PayTo, options.PricePerMillionFuel, options.Slots, options.MemoryPagesMax);
        while (!stopping.IsCancellationRequested)
        {
            var welcome = await Repeat(token => link.Offer(offer, token), "offer", stopping).ConfigureAwait(false);
            if (welcome is null)
            {
                return;
            }
            LogOffered(options.Worker, welcome.Start);
            _leases.StopAll();
            await FollowOrders(welcome.Start, stopping).ConfigureAwait(false);
        }
    }

    /// <summary>Polls under one start number until the market no longer knows it.</summary>
    private async Task FollowOrders(long start, CancellationToken stopping)
    {
        for (long sequence = 1; ; sequence++)
        {
            var poll = new WorkerPoll(options.Worker, start, sequence, _leases.LeasesWanted);
            var orders = await Repeat(token => link.Poll(poll, token), "poll", stopping).ConfigureAwait(false);
            if (orders is not { Known: true })
            {
                return;
            }
            foreach (var lease in orders.Leases)
            {
                _leases.Add(lease);
            }
            foreach (var stop in orders.Stops)
            {
                _leases.Stop(stop);
            }
        }
    }

    /// <summary>One slot: takes leases until the book is closed.</summary>
    /// <returns>How many it ran.</returns>
    private int RunSlot(JobRunner runner)
    {
        var count = 0;
        for (; _leases.TakeNext() is { } held; count++)
        {
            var started = Stopwatch.GetTimestamp();
            var result = runner.Run(held.Lease, held.Stopped);
            var reportIt = _leases.Finish(held, Stopwatch.GetElapsedTime(started));
            if (result.Outcome == RunOutcome.WorkerFault)
            {
                LogFault(result.Lease, result.Job, result.Reason);
            }
            if (reportIt)
            {
                _reports.Add(result);
            }
        }
        return count;
    }

    private void LookAround(IProgramHost programs)
    {
        ReturnStale();
        var idle = _leases.Idle;
        var dropped = programs.Rest(idle);
        if (idle >= WorkerPolicy.IdleMax)
        {
            _memory.GiveBack(dropped);
        }
    }

    /// <summary>Gives back what has waited too long behind long runs.</summary>
    private void ReturnStale()
    {
        var now = time.GetUtcNow();
        foreach (var lease in _leases.TakeStale())
        {
            _reports.Add(JobRunner.NotRun(lease, RunOutcome.Returned, "All slots were busy.", now));
        }
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
                List<WorkerResult> refused = [];
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

    private async ValueTask<bool> TryReport(IReadOnlyList<WorkerResult> results, TimeSpan pause, CancellationToken cancellation)
    {
        try
        {
            cancellation.ThrowIfCancellationRequested();
            await link.Report(new WorkerReport(options.Worker, results), cancellation).ConfigureAwait(false);
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

    private static TimeSpan Longer(TimeSpan pause) => pause * 2 < WorkerPolicy.RetryPauseMax ? pause * 2 : WorkerPolicy.RetryPauseMax;

    [LoggerMessage(Level = LogLevel.Information, Message = "Guests run with isolation {Isolation}. {Why}")]
    private partial void LogIsolation(IsolationKind isolation, string why);

    [LoggerMessage(Level = LogLevel.Information, Message = "Worker {Worker} offers its slots under start number {Start}")]
    private partial void LogOffered(WorkerId worker, long start);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The market did not take the {What}: {Reason} Trying again in {Pause}")]
    private partial void LogUnreachable(string what, string reason, TimeSpan pause);

    [LoggerMessage(Level = LogLevel.Error, Message = "Lease {Lease} of job {Job} failed on this worker: {Reason}")]
    private partial void LogFault(LeaseId lease, JobId job, string? reason);
}
