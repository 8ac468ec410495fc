using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// What a matched job needs before its worker gets it: where its run starts, and the part of its ticket that the queue does not keep.
/// </summary>
internal sealed partial class MarketGrain
{
    private async Task Prepare(MarketJob job)
    {
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
        Act();
    }

    private async ValueTask<Prepared> Look(MarketJob job)
    {
        StateHead? head = null;
        if (job.Ticket.UsesState)
        {
            head = await GrainFactory.GetGrain<IStateGrain>(job.Ticket.Spec.Program.ToString()).Begin(job.Ticket.Job);
            if (head.Committed is not null)
            {
                return new Prepared(head, null, HasEnded: false);
            }
            // The job is asked after the state, never before it. If a run was committed and its end written in between, one of the two
            // answers tells of it.
            if (await GrainFactory.GetGrain<IJobGrain>(job.Ticket.Job.ToString()).GetSettlement(Authority.Market) is not null)
            {
                return new Prepared(head, null, HasEnded: true);
            }
        }

        var whole = job.KeepsAll ? job.Ticket : await _openJobs.Find(job.Ticket.Job);
        return new Prepared(head, whole, HasEnded: whole is null);
    }

    /// <summary>A run that was committed before a crash is ended as it was; any other begins.</summary>
    private void Begin(MarketJob job, Prepared? prepared)
    {
        var now = Now;
        if (prepared is null)
        {
            PreparationFailed(job, now);
        }
        else if (prepared.Head?.Committed is { } committed)
        {
            _ = _reports.EndOnOwnAccount(job, committed);
        }
        else if (prepared.HasEnded)
        {
            // Another activation of the market has ended the job and settles it; if that fails, the account finds the end.
            _book.Remove(job, now);
        }
        else
        {
            job.StateHeight = prepared.Head?.Height ?? 0;
            _book.Lease(job, prepared.Whole!, prepared.Head?.Root, now);
        }
    }

    /// <summary>
    /// Neither the job nor its worker is at fault. The preparation is tried again, until the job expires or its tries are used up.
    /// </summary>
    private void PreparationFailed(MarketJob job, MarketTime now)
    {
        _book.Release(job, now);
        job.Preparations++;
        if (job.Preparations >= MarketPolicy.PreparationsMax)
        {
            _ = _reports.EndOnOwnAccount(job, MarketEnds.NotPrepared(job));
        }
        else
        {
            _book.PutBack(job, now, MarketPolicy.RetryDelay(job.Preparations, _chance));
        }
    }

    /// <param name="Head">The state of the job's program; null where it uses none.</param>
    /// <param name="Whole">The ticket with all that the run needs; null where no run begins.</param>
    /// <param name="HasEnded">The job is over.</param>
    private sealed record Prepared(StateHead? Head, JobTicket? Whole, bool HasEnded);
}
