using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace Marketplace.Grains;

/// <summary>
/// A report's way from the worker to payment and event, from top to bottom: it is judged, its effects are kept, the job's end is written,
/// the accounts settle, listeners are told. The market's own ends (expired, failed on every worker) join at the third step. Beside each
/// step stands what repeats or undoes it.
/// </summary>
/// <param name="book">The market's memory.</param>
/// <param name="clock">The market's clock.</param>
/// <param name="grains">Reaches the grains that each step tells.</param>
/// <param name="feed">Where the fifth step announces.</param>
/// <param name="outcomes">What reputations are told of ends and of failed runs.</param>
/// <param name="gossip">Hears of jobs that wait again.</param>
/// <param name="windows">Has committees sign how jobs end.</param>
/// <param name="openJobs">Where tickets are read that the queue does not keep whole.</param>
/// <param name="chance">Spreads retries.</param>
/// <param name="act">Does what the book has decided.</param>
/// <param name="log">The market's log.</param>
internal sealed partial class MarketReports(
    MarketBook book,
    MarketClock clock,
    IGrainFactory grains,
    IResultsFeed feed,
    MarketOutcomes outcomes,
    MarketGossip gossip,
    MarketWindows windows,
    IOpenJobs openJobs,
    IChance chance,
    Action act,
    ILogger<MarketGrain> log
)
{
    private const string OwnEnding = "the market ends the job without a run";

    private const string OutputMissing = "the output that the worker reported is not in the store";

    private const string StateMoved = "the program's state had moved on";

    private const string AnotherRoot = "the root of state that the worker reported is not that of its changes";

    /// <summary>What a worker hears whose run was no use.</summary>
    private const string RunsAgain = "the job runs again: the output is not in the store, or the program's state has moved on";

    /// <summary>Reports whose jobs' ends are being recorded.</summary>
    public int Ending { get; private set; }

    /// <returns>
    /// Completes when all ends are durable. Then the worker may forget the reports; until then it repeats them. Those of which nothing
    /// counts, and why.
    /// </returns>
    public async Task<ImmutableArray<RefusedReport>> Receive(WorkerId worker, ImmutableArray<LeaseReport> reports)
    {
        if (reports.Length > MarketPolicy.ReportsMax)
        {
            throw new MarketException(
                ErrorCode.LimitExceeded,
                $"The report has {reports.Length} results; allowed are {MarketPolicy.ReportsMax}."
            );
        }
        var ends = new List<Ended>(reports.Length);
        var running = new List<Task<string?>>(reports.Length);
        foreach (var report in reports)
        {
            // A lease of an earlier start, of another worker or of a job that has ended: nothing of it counts any more.
            if (book.Leases.Find(report.Lease, worker) is not { } job || job.Ticket.Job != report.Job)
            {
                running.Add(Task.FromResult(book.Leases.RefusalOf(report, worker)));
                continue;
            }
            // The same report may come again while the first is being written; both answer when it is.
            if (job.Phase != MarketPhase.Ending)
            {
                job.Ending = Follow(job, report, ends);
            }
            // A job that the market itself ends has no report to wait for.
            running.Add(job.Ending ?? Task.FromResult<string?>(OwnEnding));
        }

        // Act first: slots are free before the writes are durable, and the worker may wait for more.
        act();
        try
        {
            var refusals = await Task.WhenAll(running);
            return
            [
                .. reports
                    .Zip(refusals, (report, reason) => new RefusedReport(report.Lease, reason!))
                    .Where(refused => refused.Reason is not null),
            ];
        }
        finally
        {
            act();
            HandOut(ends);
        }
    }

    /// <returns>Why nothing of the report counts; null where it does, or where the worker itself says that it has no result.</returns>
    private async Task<string?> Follow(MarketJob job, LeaseReport report, List<Ended> ends)
    {
        if (RuleBroken(job, report) is { } refusal)
        {
            await WorkerFailed(job, job.Offer!.Offer.Worker, refusal);
            return refusal;
        }
        if (Judge(job, report) is { } again)
        {
            await again;
            return null;
        }

        var end = MarketEnds.Reported(job, report, clock.Now.Wall);
        if (job.IsSeat)
        {
            Vote(job, report, end);
            return null;
        }
        job.Figures!.Reported(job, clock.Now.Wall);
        job.FuelUsed = Math.Min(report.FuelUsed, job.Ticket.Spec.FuelMax);
        var offer = job.Offer!;
        book.BeginEnding(job);
        Ending++;
        try
        {
            var kept = await KeepEffects(job.Ticket, job.StateHeight, end, report.StateChanges);
            if (kept.End is null)
            {
                return await RunAgain(job, kept);
            }
            await Write(job, kept.End, ends);
            offer.Finished();
            return null;
        }
        catch (Exception)
        {
            // The worker repeats its report, which takes all steps again; if it does not, the lease's deadline decides.
            var now = clock.Now.Running;
            job.UnrecordedSince ??= now;
            job.LeasedUntil = MarketTime.Later(
                job.LeasedUntil,
                MarketTime.Earlier(now + MarketPolicy.ReportGrace, job.UnrecordedSince.Value + MarketPolicy.RecordMax)
            );
            book.EndingFailed(job, job.LeasedUntil);
            throw;
        }
        finally
        {
            Ending--;
        }
    }

    // 1. The report is judged. Nothing has happened yet that would have to be undone.

    /// <returns>Null where the report keeps to the rules and to what the run has brought.</returns>
    private static string? RuleBroken(MarketJob job, LeaseReport report) =>
        ReportRules.Refusal(report) is { } refusal ? refusal
        : ReportRules.SignatureRefusal(job, report) is { } unsigned ? unsigned
        : job.IsSeat && ReportRules.SeatRefusal(job, report) is { } refused ? refused
        : job.Offer!.AddsOutputs && job.Run!.RefusalOf(report.Output, job.IsSeat) is { } foreign ? foreign
        : null;

    /// <returns>Null where the report ends the job. Else the job runs again or fails, and the task completes with that.</returns>
    private Task? Judge(MarketJob job, LeaseReport report)
    {
        var worker = job.Offer!.Offer.Worker;
        if (report.Outcome is RunOutcome.InputUnavailable or RunOutcome.InvalidModule && IsDoubted(job, report.Outcome, worker))
        {
            job.Doubted = (worker, report.Outcome);
            // The second word is to be of one that has a reputation to lose.
            job.AvoidsNewcomers = true;
            return WorkerFailed(job, worker, report.Reason ?? "the worker could not fetch or compile the module or the input");
        }
        switch (JobOutcomes.VerdictOf(report.Outcome))
        {
            case JobOutcomes.Verdict.WorkerFailed:
                return WorkerFailed(job, worker, report.Reason ?? "the worker failed without a reason");
            case JobOutcomes.Verdict.Interrupted:
                return Lost(job, report.Reason ?? "the worker gave the run up");
            case JobOutcomes.Verdict.Returned:
                Returned(job, report.Reason ?? "the worker had no free slot", isBusy: job is { Offer.Loan: not null, Term.IsKnown: false });
                return Task.CompletedTask;
            default:
                return null;
        }
    }

    /// <summary>
    /// One worker that cannot fetch an input or compile a module may have lost its own blobs, or lie: until a second worker says the same,
    /// it is the first one's failure. A job without further attempts ends as the worker says.
    /// </summary>
    private static bool IsDoubted(MarketJob job, RunOutcome outcome, WorkerId worker) =>
        !job.IsSeat
        && (job.Doubted is not { } first || first.Worker == worker || first.Outcome != outcome)
        && job.Failures < job.Ticket.Spec.RetriesMax;

    /// <summary>The worker is charged with a failed attempt: another worker tries, after a while, or the job fails.</summary>
    /// <returns>Completes when the job is queued again or its end was written or left for later; never fails.</returns>
    public Task WorkerFailed(MarketJob job, WorkerId worker, string reason)
    {
        var now = clock.Now;
        outcomes.Note(job, job.Offer!, reason);
        job.Offer!.GaveUp();
        book.Release(job, now, reason);
        job.AddFailure(worker);
        job.ReadmitAt = now.Running + MarketPolicy.ReadmitDelay(job.Failures);
        job.Note(JobStatus.Pending, now.Wall, worker, reason);
        if (job.Failures > job.Ticket.Spec.RetriesMax)
        {
            return EndOnOwnAccount(job, MarketEnds.WorkersFailed(job, worker, reason));
        }
        book.Requeue(job, now, MarketPolicy.RetryDelay(job.Failures, chance));
        gossip.Retried(job, worker);
        return Task.CompletedTask;
    }

    /// <summary>
    /// The worker began the job, or sat on it, and brings no result: others come first, and for a while those that have a reputation to
    /// lose. It counts against the worker as one fault, however many runs went with this one.
    /// </summary>
    /// <inheritdoc cref="WorkerFailed"/>
    public Task Lost(MarketJob job, string reason)
    {
        var now = clock.Now;
        var offer = job.Offer!;
        outcomes.NoteLoss(job, offer, reason);
        offer.GaveUp();
        if (Interrupt(job, reason, now) is { } ending)
        {
            return ending;
        }
        job.AvoidsNewcomers = true;
        book.Avoid(job, offer.Offer.Worker, now);
        book.Requeue(job, now);
        return Task.CompletedTask;
    }

    /// <summary>The run is over and its worker is not at fault: the job runs again, at its old place in the queue.</summary>
    /// <inheritdoc cref="WorkerFailed"/>
    public Task Interrupted(MarketJob job, string reason)
    {
        var now = clock.Now;
        if (Interrupt(job, reason, now) is { } ending)
        {
            return ending;
        }
        book.Requeue(job, now);
        return Task.CompletedTask;
    }

    /// <returns>The writing of the job's end where too many runs were interrupted; null where the caller queues the job again.</returns>
    private Task? Interrupt(MarketJob job, string reason, MarketTime now)
    {
        var worker = job.Offer!.Offer.Worker;
        book.Release(job, now, reason);
        job.Interruptions++;
        job.Note(JobStatus.Pending, now.Wall, worker, reason);
        if (job.Interruptions > MarketPolicy.InterruptionsMax)
        {
            return EndOnOwnAccount(job, MarketEnds.WorkersFailed(job, worker, reason));
        }
        gossip.Retried(job, worker);
        return null;
    }

    /// <summary>
    /// The worker had no slot after all, or left before it began. Its waiting poll asked for too much, so the market answers it; the worker
    /// then polls anew instead of getting the same job again. No run was made, so the job's time to wait goes on. Others come first: it
    /// costs a worker nothing to give back, and must not keep the job from them.
    /// </summary>
    /// <param name="job">The job.</param>
    /// <param name="reason">What its history says.</param>
    /// <param name="isBusy">The worker never had it, and may have the same seat when it has a slot.</param>
    public void Returned(MarketJob job, string reason, bool isBusy = false)
    {
        var now = clock.Now;
        var offer = job.Offer!;
        job.KeepsDraw = isBusy;
        book.Release(job, now, reason);
        job.Note(JobStatus.Pending, now.Wall, offer.Offer.Worker, reason);
        book.EndPoll(offer);
        offer.GaveUp();
        if (now.Wall >= job.ExpiresAt)
        {
            Expire(job);
        }
        else
        {
            if (!job.KeepsDraw)
            {
                book.Avoid(job, offer.Offer.Worker, now);
            }
            book.PutBack(job, now);
            gossip.Retried(job, offer.Offer.Worker);
        }
    }

    public void Expire(MarketJob job) => _ = EndOnOwnAccount(job, MarketEnds.Expired(job, book.Explain(job).Explanation));

    // 2. What the run leaves behind is kept. Both calls, repeated for the same job, give the same. If the job ends otherwise, its account
    // keeps the pin and can remove it; a committed state keeps the run until step 3 is acknowledged.

    /// <summary>Keeps the blobs of the output and of its files, and the changes of state.</summary>
    /// <returns>The end with the roots; if an earlier run was committed, that run's end. Else why the job runs again.</returns>
    private async ValueTask<KeptEffects> KeepEffects(JobTicket ticket, long height, JobEnd end, ImmutableArray<StateChange> changes)
    {
        try
        {
            if (end.Output.Blob is { } blob)
            {
                await Pin(ticket.Account, blob, end.Output.Size);
            }
            foreach (var file in end.Output.Files.IsDefault ? [] : end.Output.Files)
            {
                await Pin(ticket.Account, file.Blob, file.Size);
            }
            return end.Status == JobStatus.Completed && end.RootBefore is { } before
                ? new KeptEffects(await Commit(ticket, height, before, changes, end), null)
                : new KeptEffects(end, null);
        }
        catch (MarketException refusal) when (refusal.Code is ErrorCode.QuotaExceeded or ErrorCode.LimitExceeded)
        {
            return await HasItsRoot(ticket, end, changes)
                ? new KeptEffects(MarketEnds.OutputRefused(end, refusal), null)
                : new KeptEffects(null, AnotherRoot);
        }
        catch (MarketException wrong) when (wrong.Code is ErrorCode.MalformedRequest or ErrorCode.BlobNotFound)
        {
            return new KeptEffects(null, wrong.Code == ErrorCode.MalformedRequest ? AnotherRoot : OutputMissing);
        }
    }

    private Task Pin(AccountId account, BlobId blob, long size) =>
        LostWrites.Resend(() => grains.GetGrain<IBlobGrain>(blob.ToString()).Pin(account, size, null, Authority.Market));

    private Task<JobEnd?> Commit(JobTicket ticket, long height, StateRoot before, ImmutableArray<StateChange> changes, JobEnd end) =>
        LostWrites.Resend(() =>
            grains.GetGrain<IStateGrain>(ticket.Spec.Program.ToString()).Commit(ticket.Job, height, before, changes, end, Authority.Market)
        );

    /// <summary>Of a run whose changes are not committed, so that the receipt says nothing that was not looked at.</summary>
    private async ValueTask<bool> HasItsRoot(JobTicket ticket, JobEnd end, ImmutableArray<StateChange> changes) =>
        end.Proof is not { RootBefore: { } before, Signed.RootAfter: { } claimed }
        || await grains.GetGrain<IStateGrain>(ticket.Spec.Program.ToString()).RootWith(before, changes) == claimed;

    /// <summary>The run was no use: its worker was wrong, or another run came first, which is no failure and no retry.</summary>
    /// <returns>What the worker hears.</returns>
    private async ValueTask<string> RunAgain(MarketJob job, KeptEffects kept)
    {
        if (kept.Wrong is { } wrong)
        {
            await WorkerFailed(job, job.Offer!.Offer.Worker, wrong);
        }
        else
        {
            job.Note(JobStatus.Pending, clock.Now.Wall, job.Offer!.Offer.Worker, StateMoved);
            book.Leases.NoteOver(job, RunsAgain);
            book.Requeue(job, clock.Now);
        }
        return RunsAgain;
    }

    /// <param name="End">The job's end, its effects kept; null: the job runs again.</param>
    /// <param name="Wrong">What is wrong with the report; null where another run has moved the program's state on.</param>
    private readonly record struct KeptEffects(JobEnd? End, string? Wrong);

    // 3. The job's end is written. The first terminal write of any activation wins; nothing undoes it. If the write fails, the worker
    // repeats its report; an end of the market's own is written again at the job's next deadline.

    /// <summary>The market's own ends: expired, failed on every worker, committed before a crash. Tried until written.</summary>
    public async Task EndOnOwnAccount(MarketJob job, JobEnd end)
    {
        if (job.IsSeat)
        {
            await SeatFailed(job, end);
            return;
        }
        if (job.Phase == MarketPhase.Gone)
        {
            return;
        }
        job.OwnEnd = end;
        book.Panels.CloseSeats(job, clock.Now);
        book.BeginEnding(job);
        var ends = new List<Ended>(1);
        try
        {
            await Write(job, end, ends);
        }
        catch (Exception failure)
        {
            LogEndFailed(failure, job.Ticket.Job);
            book.EndingFailed(job, clock.Now.Running + MarketPolicy.StorageRetryDelay);
        }

        act();
        HandOut(ends);
    }

    private async Task Write(MarketJob job, JobEnd end, List<Ended> ends)
    {
        JobSettlement? settlement;
        // As LostWrites.Resend, without a delegate and a second state machine for every job.
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                settlement = await grains.GetGrain<IJobGrain>(job.Ticket.Job.ToString()).Complete(end, Authority.Market);
                break;
            }
            catch (InconsistentStateException lost)
            {
                LostWrites.RequireAnother(attempt, lost);
            }
        }
        book.Remove(job, clock.Now);
        if (end.RootAfter is not null)
        {
            _ = Acknowledge(job.Ticket);
        }
        if (settlement is not null)
        {
            ends.Add(new Ended(job, end, settlement));
            outcomes.Ended(job, end, settlement);
        }
    }

    private async Task Acknowledge(JobTicket ticket)
    {
        try
        {
            await grains.GetGrain<IStateGrain>(ticket.Spec.Program.ToString()).Acknowledge(ticket.Job, Authority.Market);
        }
        catch (Exception failure)
        {
            // The state keeps the run a while longer; no grain asks for it, because the job has ended.
            LogAcknowledgeFailed(failure, ticket.Job);
        }
    }

    /// <summary>Steps 4 and 5. Nothing waits for them: both can be made again from the terminal writes.</summary>
    private void HandOut(List<Ended> ends)
    {
        foreach (var payer in ends.GroupBy(ended => ended.Settlement.Payer))
        {
            _ = Settle(payer.Key, [.. payer.Select(ended => ended.Settlement)]);
        }
        if (ends.Count == 0 || !feed.IsWanted)
        {
            return;
        }
        Announce([.. ends.Select(ended => MarketEnds.Announced(ended.Job.Ticket, ended.End, ended.Settlement)).OfType<EndedJob>()]);
    }
}
