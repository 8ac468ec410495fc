using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Orleans.Storage;

namespace Marketplace.Grains;

/// <summary>From a worker's report to the terminal writes, and from those to the accounts and to whoever listens.</summary>
public sealed partial class MarketGrain
{
    public async Task Report(WorkerId worker, ImmutableArray<LeaseReport> reports)
    {
        if (reports.Length > MarketPolicy.ReportsMax)
        {
            throw new MarketException(
                ErrorCode.LimitExceeded,
                $"The report has {reports.Length} results; allowed are {MarketPolicy.ReportsMax}."
            );
        }
        var ends = new List<Ended>(reports.Length);
        var running = new List<Task>(reports.Length);
        foreach (var report in reports)
        {
            // A lease of an earlier start, of another worker or of a job that has ended: nothing of it counts any more.
            if (_book.FindLeased(report.Lease, worker, report.Job) is not { } job)
            {
                continue;
            }
            // The same report may come again while the first is being written; both answer when it is.
            if (job.Phase != MarketPhase.Ending)
            {
                job.Ending = End(job, report, ends);
            }
            running.Add(job.Ending!);
        }

        // Act first: slots are free before the writes are durable, and the worker may wait for more.
        Act();
        try
        {
            await Task.WhenAll(running);
        }
        finally
        {
            Act();
            HandOut(ends);
        }
    }

    private async Task End(MarketJob job, LeaseReport report, List<Ended> ends)
    {
        var worker = job.Offer!.Offer.Worker;
        var verdict = ReportRules.Refusal(report) is { } refusal ? JobOutcomes.Verdict.WorkerFailed : JobOutcomes.VerdictOf(report.Outcome);
        if (verdict == JobOutcomes.Verdict.WorkerFailed)
        {
            await WorkerFailed(job, worker, ReportRules.Refusal(report) ?? report.Reason ?? "the worker failed without a reason");
            return;
        }

        if (report.Outcome == RunOutcome.InputUnavailable && IsDoubted(job, worker))
        {
            job.InputMissedBy = worker;
            await WorkerFailed(job, worker, report.Reason ?? "the worker could not fetch the module or the input");
            return;
        }

        if (verdict == JobOutcomes.Verdict.Interrupted)
        {
            await Interrupted(job, report.Reason ?? "the worker gave the run up");
            return;
        }

        if (verdict == JobOutcomes.Verdict.Returned)
        {
            Returned(job, report.Reason ?? "the worker had no free slot");
            return;
        }

        var end = MarketEnds.Reported(job, report, Now.Wall);
        _book.BeginEnding(job);
        try
        {
            if (await KeepEffects(job, report, end) is not { } kept)
            {
                return;
            }
            await Write(job, kept, ends);
        }
        catch (Exception)
        {
            // The worker repeats its report; if it does not, the lease's deadline decides.
            var now = Now.Running;
            job.UnrecordedSince ??= now;
            job.LeasedUntil = Later(
                job.LeasedUntil,
                Earlier(now + MarketPolicy.ReportGrace, job.UnrecordedSince.Value + MarketPolicy.RecordMax)
            );
            _book.EndingFailed(job, job.LeasedUntil);
            throw;
        }
    }

    private static TimeSpan Earlier(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static TimeSpan Later(TimeSpan one, TimeSpan other) => one > other ? one : other;

    /// <summary>
    /// One worker that cannot fetch a module or an input may be the one that lost its blobs: until another says the same, that is its own
    /// failure. A job without further attempts ends as the worker says.
    /// </summary>
    private static bool IsDoubted(MarketJob job, WorkerId worker) =>
        (job.InputMissedBy is not { } first || first == worker) && job.Failures < job.Ticket.Spec.RetriesMax;

    /// <summary>Keeps what the run leaves behind beside its result: blobs of the output and of its files, changes of state.</summary>
    /// <returns>The end with the roots, that of an earlier run where that one was committed; null where the job runs again.</returns>
    private async ValueTask<JobEnd?> KeepEffects(MarketJob job, LeaseReport report, JobEnd end)
    {
        var ticket = job.Ticket;
        try
        {
            if (end.Output.Blob is { } blob)
            {
                await LostWrites.Resend(() => GrainFactory.GetGrain<IBlobGrain>(blob.ToString()).Pin(ticket.Account, end.Output.Size));
            }
            foreach (var file in end.Output.Files.IsDefault ? [] : end.Output.Files)
            {
                await LostWrites.Resend(() => GrainFactory.GetGrain<IBlobGrain>(file.Blob.ToString()).Pin(ticket.Account, file.Size));
            }
            if (end.Status != JobStatus.Completed || end.RootBefore is not { } before)
            {
                return end;
            }
            var counts = await LostWrites.Resend(() =>
                GrainFactory
                    .GetGrain<IStateGrain>(ticket.Spec.Program.ToString())
                    .Commit(ticket.Job, job.StateHeight, before, report.StateChanges, end)
            );
            if (counts is not null)
            {
                return counts;
            }
            // Somebody else's run came first. That is nobody's failure and no retry.
            job.Note(JobStatus.Pending, Now.Wall, end.Worker, "the program's state had moved on");
            _book.Requeue(job, Now);
            return null;
        }
        catch (MarketException refusal) when (refusal.Code is ErrorCode.QuotaExceeded or ErrorCode.LimitExceeded)
        {
            return MarketEnds.OutputRefused(end, refusal);
        }
        catch (MarketException missing) when (missing.Code == ErrorCode.BlobNotFound)
        {
            await WorkerFailed(job, end.Worker!.Value, "the output that the worker reported is not in the store");
            return null;
        }
    }

    /// <summary>The market's own ends: expired, failed on every worker, committed before a crash. Tried until written.</summary>
    private async Task EndOnOwnAccount(MarketJob job, JobEnd end)
    {
        job.OwnEnd = end;
        _book.BeginEnding(job);
        var ends = new List<Ended>(1);
        try
        {
            await Write(job, end, ends);
        }
        catch (Exception failure)
        {
            LogEndFailed(failure, job.Ticket.Job);
            _book.EndingFailed(job, Now.Running + MarketPolicy.StorageRetryDelay);
        }

        Act();
        HandOut(ends);
    }

    private async Task Write(MarketJob job, JobEnd end, List<Ended> ends)
    {
        var settlement = await Complete(job.Ticket.Job, end);
        _book.Remove(job, Now);
        if (end.RootAfter is not null)
        {
            _ = Acknowledge(job.Ticket);
        }
        if (settlement is not null)
        {
            ends.Add(new Ended(job, end, settlement));
        }
    }

    /// <summary>As <see cref="LostWrites.Resend{TAnswer}"/>, without a delegate for every job.</summary>
    private async ValueTask<JobSettlement?> Complete(JobId job, JobEnd end)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await GrainFactory.GetGrain<IJobGrain>(job.ToString()).Complete(end);
            }
            catch (InconsistentStateException lost)
            {
                LostWrites.RequireAnother(attempt, lost);
            }
        }
    }

    private async Task Acknowledge(JobTicket ticket)
    {
        try
        {
            await GrainFactory.GetGrain<IStateGrain>(ticket.Spec.Program.ToString()).Acknowledge(ticket.Job);
        }
        catch (Exception failure)
        {
            // The state keeps the run a while longer; nobody asks for it, because the job has ended.
            LogAcknowledgeFailed(failure, ticket.Job);
        }
    }

    /// <summary>
    /// Tells the accounts and whoever listens. Nobody waits for it: the terminal writes are the truth that both can be made from again.
    /// </summary>
    private void HandOut(List<Ended> ends)
    {
        foreach (var payer in ends.GroupBy(ended => ended.Settlement.Payer))
        {
            _ = Settle(payer.Key, [.. payer.Select(ended => ended.Settlement)]);
        }
        if (ends.Count == 0 || !_feed.IsWanted)
        {
            return;
        }
        Announce([.. ends.Select(ended => MarketEnds.Announced(ended.Job.Ticket, ended.End, ended.Settlement)).OfType<EndedJob>()]);
    }

    private void Announce(ImmutableArray<EndedJob> jobs)
    {
        if (_feed.IsWanted && jobs.Length > 0)
        {
            _feed.Publish(new JobsEnded(jobs));
        }
    }

    private async Task Settle(AccountId payer, ImmutableArray<JobSettlement> settlements)
    {
        try
        {
            await LostWrites.Resend(() => GrainFactory.GetGrain<IAccountGrain>(payer.ToString()).Settle(settlements));
        }
        catch (Exception failure)
        {
            LogSettleFailed(failure, payer, settlements.Length);
            if (_unsettledCount + settlements.Length > MarketPolicy.UnsettledJobsMax)
            {
                return;
            }
            if (!_unsettled.TryGetValue(payer, out var waiting))
            {
                _unsettled.Add(payer, waiting = []);
            }
            waiting.AddRange(settlements);
            _unsettledCount += settlements.Length;
        }
    }

    private void SettleLeftOvers()
    {
        var waiting = _unsettled.ToArray();
        _unsettled.Clear();
        _unsettledCount = 0;
        foreach (var (payer, settlements) in waiting)
        {
            _ = Settle(payer, [.. settlements]);
        }
    }

    private sealed record Ended(MarketJob Job, JobEnd End, JobSettlement Settlement);
}
