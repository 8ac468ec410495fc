using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Microsoft.Extensions.Logging;

namespace Marketplace.Grains;

/// <summary>
/// Reports of jobs that several workers run. Each counts as a vote; when enough agree, the job goes the way of any other, from its effects
/// on. Nothing before that is durable: what a crash loses is run again, and nothing was paid for it.
/// </summary>
internal sealed partial class MarketReports
{
    private readonly PanelEvidence _evidence = new(grains, openJobs, log);

    private const string NotSigned = "its committee did not sign the result";

    private const string SignsNoMore = "what its committee had at stake on the chain covers its signature no more";

    private const string NotTold = "it did not tell the result that it had sealed";

    private const string TooFewTold = "too few of its committee told the results that they had sealed";

    /// <returns>Those that count for nothing, and why.</returns>
    public ImmutableArray<RefusedReport> Commit(WorkerId worker, ImmutableArray<SealedResult> results)
    {
        if (results.Length > MarketPolicy.ReportsMax)
        {
            throw new MarketException(
                ErrorCode.LimitExceeded,
                $"The report has {results.Length} sealed results; allowed are {MarketPolicy.ReportsMax}."
            );
        }
        var refused = ImmutableArray.CreateBuilder<RefusedReport>();
        foreach (var result in results)
        {
            if (Seal(worker, result) is { } reason)
            {
                refused.Add(new RefusedReport(result.Lease, reason));
            }
        }
        act();
        return refused.ToImmutable();
    }

    private string? Seal(WorkerId worker, SealedResult result)
    {
        if (book.Leases.Find(result.Lease, worker) is not { } seat)
        {
            return book.Leases.RefusalOf(result.Lease, worker);
        }
        if (seat.Lease is not { IsSealed: true })
        {
            return "the lease takes its result as it is, not sealed";
        }
        if (seat.Phase == MarketPhase.Sealed)
        {
            return seat.Commitment == result.Commitment ? null : "another result was sealed for the lease before";
        }
        book.Panels.Seal(seat, result.Commitment);
        Advance(seat.Panel!);
        return null;
    }

    /// <summary>The panel's time to wait is over, or one of its seats has gone.</summary>
    public void OnPanelDue(MarketJob job) => Advance(job.Panel!);

    /// <summary>A run of the job is over: its result is counted.</summary>
    private void Vote(MarketJob seat, LeaseReport report, JobEnd end)
    {
        var (panel, offer) = (seat.Panel!, seat.Offer!);
        var running = end.History[^1];
        seat.Note(running.Status, running.At, running.Worker);
        seat.FuelUsed = Math.Min(report.FuelUsed, seat.Ticket.Spec.FuelMax);
        panel.Job.Explanation ??= seat.Explanation;
        panel.Count(
            new Vote(
                Offer: offer.Offer,
                Price: seat.PriceOf(offer),
                Execution: report.Execution!.Value,
                Outcome: report.Outcome,
                FuelUsed: seat.FuelUsed.Value,
                Signed: report.Signed!,
                Result: new VotedResult(end, report.StateChanges, seat.StateHeight)
            )
        );
        offer.Finished();
        book.Panels.RemoveSeat(seat, clock.Now);
        Advance(panel);
    }

    /// <summary>A dispute's jury is drawn.</summary>
    public void Try(Trial trial)
    {
        if (book.Panels.TrialCount >= PanelPolicy.TrialsMax)
        {
            throw new MarketException(
                ErrorCode.LimitExceeded,
                $"{book.Panels.TrialCount} trials are under way; the market holds {PanelPolicy.TrialsMax} at a time. Ask again later."
            );
        }
        if (book.Panels.OpenTrial(trial, clock.Now) is { } panel)
        {
            Advance(panel);
        }
        act();
    }

    /// <summary>The dispute asks for another trial if it does not hear of this one.</summary>
    private async Task Decide(TrialPanel panel)
    {
        var (job, verdict) = (panel.Trial.Ticket.Job, panel.ToVerdict());
        book.Panels.EndTrial(panel, clock.Now);
        try
        {
            await LostWrites.Resend(() => grains.GetGrain<IDisputeGrain>(job.ToString()).Decide(verdict, Authority.Market));
        }
        catch (Exception failure)
        {
            LogVerdictLost(failure, job);
        }
    }

    [LoggerMessage(
        EventId = 1224,
        Level = LogLevel.Warning,
        Message = "The verdict on job {Job} did not reach its dispute, which asks again."
    )]
    private partial void LogVerdictLost(Exception failure, JobId job);

    /// <summary>The seat has no run any more: no worker took it, or too many failed on it.</summary>
    private async Task SeatFailed(MarketJob seat, JobEnd end)
    {
        var panel = seat.Panel!;
        book.Panels.RemoveSeat(seat, clock.Now);
        if (panel.CanDecide || panel is TrialPanel)
        {
            Advance(panel);
        }
        else if (panel.Job.Panel == panel && panel.Job.Phase == MarketPhase.Seated)
        {
            await GiveUp(panel, end);
        }
    }

    private void Advance(Panel panel)
    {
        while (panel.Job.Panel == panel && panel.Job.Phase == MarketPhase.Seated)
        {
            switch (panel.Next(clock.Now.Running, chance))
            {
                case PanelStep.Wait:
                    book.Panels.SetDue(panel);
                    return;
                case PanelStep.Draw:
                    book.Panels.Draw(panel, clock.Now);
                    break;
                case PanelStep.Reveal:
                    book.Panels.Reveal(panel);
                    break;
                case PanelStep.Drop:
                    Drop(panel);
                    break;
                case PanelStep.Accept or PanelStep.GiveUp when panel is TrialPanel trial:
                    _ = Decide(trial);
                    return;
                case PanelStep.Accept:
                    _ = Accept(panel);
                    return;
                case PanelStep.OutOfTime:
                    _ = EndOnOwnAccount(panel.Job, MarketEnds.OutOfTime(panel));
                    return;
                case PanelStep.RunAgain:
                    RunAgain(panel, TooFewTold);
                    return;
                default:
                    _ = GiveUp(panel, MarketEnds.NoAgreement(panel));
                    return;
            }
        }
    }

    private async Task GiveUp(Panel panel, JobEnd end)
    {
        var job = panel.Job;
        // Nothing else may end the job while the evidence is written.
        book.Panels.CloseSeats(job, clock.Now);
        book.BeginEnding(job);
        act();
        try
        {
            await _evidence.Keep(panel);
        }
        catch (Exception failure)
        {
            // Nothing is paid by the end; what is lost is evidence of which none is the majority's.
            LogEndFailed(failure, job.Ticket.Job);
        }
        if (job.Phase == MarketPhase.Ending)
        {
            await EndOnOwnAccount(job, end);
        }
    }

    /// <summary>Who is late with a result is not blamed; who has sealed one and does not tell it, is.</summary>
    private void Drop(Panel panel)
    {
        foreach (var seat in panel.Late)
        {
            // One of another shard may not have heard that it was to tell.
            if (panel.IsRevealing && (seat.Offer!.Loan is null || seat.IsRevealTold))
            {
                outcomes.NoteLoss(seat, seat.Offer!, NotTold);
                panel.Bar(seat.Offer!.Offer);
            }
            book.Panels.CloseSeat(seat, panel.IsRevealing ? NotTold : "enough others had a result before", clock.Now);
        }
    }

    /// <summary>Steps 2 to 5 for the result that has won. Tried until the job's end is written.</summary>
    public async Task Accept(Panel panel)
    {
        var (job, vote) = (panel.Job, panel.Accepted!);
        var result = vote.Result!;
        book.Panels.CloseSeats(job, clock.Now);
        book.BeginEnding(job);
        job.FuelUsed = vote.FuelUsed;
        var ends = new List<Ended>(1);
        Ending++;
        try
        {
            var kept = await KeepEffects(job.Ticket, result.StateHeight, MarketEnds.Agreed(panel), result.Changes);
            if (kept.End is not { } end)
            {
                RunAgain(panel, kept.Wrong);
            }
            else if (panel.Committee is { } committee && end.Proof is not null)
            {
                _ = Certify(panel, committee, end, await _evidence.Keep(panel));
            }
            else
            {
                NoteOthers(panel, await _evidence.Keep(panel));
                await Write(job, end, ends);
            }
        }
        catch (Exception failure)
        {
            LogEndFailed(failure, job.Ticket.Job);
            book.EndingFailed(job, clock.Now.Running + MarketPolicy.StorageRetryDelay);
        }
        finally
        {
            Ending--;
        }
        act();
        HandOut(ends);
    }

    /// <summary>
    /// Between the second step and the third: how the job ends is written down, and its committee signs that. What is written stays the
    /// same whatever is lost, so members are never asked to sign two receipts of one job in one epoch.
    /// </summary>
    private async Task Certify(Panel panel, Committee committee, JobEnd end, ImmutableArray<WorkerId> unjudged)
    {
        var job = panel.Job;
        var ends = new List<Ended>(1);
        var ran = panel.Winners.Select(vote => vote.Worker).ToArray();
        try
        {
            // A job that has ended by another hand is told of by the last step.
            var proposal = await Propose(job.Ticket.Job, end, committee.Epoch);
            var certificate = proposal is null ? null : await windows.Certify(committee, proposal, ran);
            if (proposal is not null && certificate is null)
            {
                RunAgain(panel, committee.IsOver(clock.Now.Wall) ? SignsNoMore : NotSigned);
            }
            else
            {
                NoteOthers(panel, unjudged);
                await Write(job, end with { Certificate = certificate }, ends);
            }
        }
        catch (Exception failure)
        {
            LogEndFailed(failure, job.Ticket.Job);
            book.EndingFailed(job, clock.Now.Running + MarketPolicy.StorageRetryDelay);
        }
        act();
        HandOut(ends);
    }

    private Task<JobProposal?> Propose(JobId job, JobEnd end, ulong epoch) =>
        LostWrites.Resend(() => grains.GetGrain<IJobGrain>(job.ToString()).Propose(end, epoch, Authority.Market));

    /// <summary>
    /// Those whose results differ were wrong, as far as the panel can tell: it counts against them as a failed run does, where no jury
    /// finds out. Who was outvoted by liars must not bear what they should.
    /// </summary>
    private void NoteOthers(Panel panel, ImmutableArray<WorkerId> unjudged)
    {
        if (panel.AreFaultsNoted)
        {
            return;
        }
        panel.AreFaultsNoted = true;
        foreach (var vote in panel.Votes.Where(vote => vote.IsWrongBeside(panel.Accepted!) && unjudged.Contains(vote.Worker)))
        {
            outcomes.Note(panel.Job, vote.Offer, vote.Price, "its result was another than that of the others which ran the job");
        }
    }

    private void RunAgain(Panel panel, string? wrong)
    {
        var (job, now) = (panel.Job, clock.Now);
        // Each has brought the bytes that it signed: where they are gone, none is to blame.
        foreach (var vote in wrong is null or NotSigned or SignsNoMore or TooFewTold or OutputMissing ? [] : panel.Winners.ToArray())
        {
            outcomes.Note(job, vote.Offer, vote.Price, wrong!);
        }
        job.Interruptions++;
        job.Note(JobStatus.Pending, now.Wall, null, wrong ?? StateMoved);
        if (job.Interruptions > MarketPolicy.InterruptionsMax)
        {
            _ = EndOnOwnAccount(job, MarketEnds.WorkersFailed(job, panel.Accepted?.Worker, wrong ?? StateMoved));
            return;
        }
        book.Panels.Reopen(job, now);
    }

    /// <summary>The panel's runs would not begin at the same state: it begins anew.</summary>
    public void Reopen(MarketJob job)
    {
        job.Note(JobStatus.Pending, clock.Now.Wall, null, StateMoved);
        book.Panels.Reopen(job, clock.Now);
    }
}
