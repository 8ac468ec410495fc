using Marketplace.GrainInterfaces;
using Microsoft.Extensions.Logging;

namespace Marketplace.Grains;

/// <summary>
/// What a matched job needs before its worker gets it: where its run starts, and the part of its ticket that the queue does not keep.
/// </summary>
/// <param name="book">The market's memory.</param>
/// <param name="clock">The market's clock.</param>
/// <param name="grains">Reaches the states of programs and the jobs.</param>
/// <param name="openJobs">Where the tickets are read that the queue does not keep whole.</param>
/// <param name="reports">Ends jobs of which no run begins.</param>
/// <param name="chance">Spreads retries.</param>
/// <param name="act">Does what the book has decided.</param>
/// <param name="log">The market's log.</param>
internal sealed partial class JobPreparation(
    MarketBook book,
    MarketClock clock,
    IGrainFactory grains,
    IOpenJobs openJobs,
    MarketReports reports,
    IChance chance,
    Action act,
    ILogger<MarketGrain> log
)
{
    /// <summary>Never fails; when it completes, the run has begun, or the job waits again or ends.</summary>
    public async Task Prepare(MarketJob job)
    {
        if (job.Panel is TrialPanel { Trial: var trial })
        {
            // The job has ended: its runs begin where those of the dispute did.
            book.Lease(job, job.Ticket, trial.Root, clock.Now);
            act();
            return;
        }
        Prepared? prepared = null;
        try
        {
            prepared = await Look(job);
        }
        catch (Exception failure)
        {
            LogPrepareFailed(failure, job.Ticket.Job);
        }

        // Meanwhile the job may have been cancelled, or its worker may have gone.
        if (job.Phase != MarketPhase.Preparing)
        {
            return;
        }
        Begin(job, prepared);
        act();
    }

    private async ValueTask<Prepared> Look(MarketJob job)
    {
        StateHead? head = null;
        if (job.Ticket.UsesState)
        {
            head = await grains.GetGrain<IStateGrain>(job.Ticket.Spec.Program.ToString()).Begin(job.Ticket.Job);
            if (head.Committed is not null)
            {
                return new Prepared(head, null, HasEnded: false);
            }
            // The job is asked after the state, never before it. If a run was committed and its end written in between, one of the two
            // answers tells of it.
            if (await grains.GetGrain<IJobGrain>(job.Ticket.Job.ToString()).GetSettlement(Authority.Market) is not null)
            {
                return new Prepared(head, null, HasEnded: true);
            }
        }

        var whole = job.KeepsAll ? job.Ticket : await openJobs.Find(job.Ticket.Job);
        return new Prepared(head, whole, HasEnded: whole is null);
    }

    /// <summary>A run that was committed before a crash is ended as it was; any other begins.</summary>
    private void Begin(MarketJob job, Prepared? prepared)
    {
        var now = clock.Now;
        // What ends a seat's job ends it for all seats.
        var whole = job.IsSeat ? job.Panel!.Job : job;
        if (prepared is null)
        {
            PreparationFailed(job, whole, now);
        }
        else if (prepared.Head?.Committed is { } committed)
        {
            _ = reports.EndOnOwnAccount(whole, committed);
        }
        else if (prepared.HasEnded)
        {
            // Another activation of the market has ended the job and settles it; if that fails, the account finds the end.
            book.Remove(whole, now);
        }
        else if (job.Panel?.Root is { } root && root != prepared.Head?.Root)
        {
            reports.Reopen(whole);
        }
        else
        {
            job.StateHeight = prepared.Head?.Height ?? 0;
            if (job.Panel is { } panel)
            {
                panel.Root = prepared.Head?.Root;
            }
            book.Lease(job, prepared.Whole!, prepared.Head?.Root, now);
        }
    }

    /// <summary>
    /// Neither the job nor its worker is at fault. The preparation is tried again, until the job expires or its tries are used up.
    /// </summary>
    private void PreparationFailed(MarketJob job, MarketJob whole, MarketTime now)
    {
        book.Release(job, now);
        job.Preparations++;
        if (job.Preparations >= MarketPolicy.PreparationsMax)
        {
            _ = reports.EndOnOwnAccount(whole, MarketEnds.NotPrepared(job));
        }
        else
        {
            book.PutBack(job, now, MarketPolicy.RetryDelay(job.Preparations, chance));
        }
    }

    /// <param name="Head">The state of the job's program; null where it uses none.</param>
    /// <param name="Whole">The ticket with all that the run needs; null where no run begins.</param>
    /// <param name="HasEnded">The job is over.</param>
    private sealed record Prepared(StateHead? Head, JobTicket? Whole, bool HasEnded);

    [LoggerMessage(
        EventId = 1203,
        Level = LogLevel.Warning,
        Message = "Job {Job}: its program's state did not answer; the job is queued again."
    )]
    private partial void LogPrepareFailed(Exception failure, JobId job);
}
