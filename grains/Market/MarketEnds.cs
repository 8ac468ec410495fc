using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>How jobs end, as the market reports it to their grains.</summary>
internal static class MarketEnds
{
    /// <summary>A worker's report ends the job.</summary>
    public static JobEnd Reported(MarketJob job, LeaseReport report, DateTimeOffset now)
    {
        var (status, fault, code) = JobOutcomes.End(report.Outcome);
        var offer = job.Offer!.Offer;
        // The worker's clock may be wrong; between lease and report nothing else can have happened.
        var startedAt =
            report.StartedAt < job.LeasedAt ? job.LeasedAt
            : report.StartedAt > now ? now
            : report.StartedAt;
        var completed = report.Outcome == RunOutcome.Completed;
        return new JobEnd(
            Status: status,
            Fault: fault,
            Code: code,
            Reason: completed ? null : JobPolicy.Cut(report.Reason, JobPolicy.ReasonCharsMax) ?? "The worker gave no reason.",
            Worker: offer.Worker,
            Payee: offer.PayTo,
            PricePerMillionFuel: job.PriceOf(job.Offer!),
            FuelUsed: Math.Clamp(report.FuelUsed, 0, job.Ticket.Spec.FuelMax),
            Output: completed ? ByName(report.Output) : default,
            Log: report.Log,
            RootBefore: completed ? job.Lease!.Root : null,
            RootAfter: completed && job.Lease!.Root is not null ? report.Signed?.RootAfter : null,
            History: job.History.Add(new JobEvent(JobStatus.Running, startedAt, offer.Worker, null)),
            Explanation: job.Explanation!,
            ExitCode: report.Outcome == RunOutcome.Failed ? report.ExitCode : null
        )
        {
            Proof = report.Signed is { } signed
                ? new RunProof(
                    Outcome: report.Outcome,
                    RootBefore: job.Lease!.Root,
                    Writes: completed ? JobExecutions.WritesOf(report.StateChanges) : default,
                    Signed: signed
                )
                : null,
        };
    }

    /// <summary>The worker has signed which files there are; the order in which it told them is no part of that.</summary>
    private static JobOutput ByName(JobOutput output) =>
        output.Files.IsDefaultOrEmpty
            ? output
            : output with
            {
                Files = output.Files.Sort((one, other) => string.CompareOrdinal(one.Name, other.Name)),
            };

    /// <summary>Enough of a panel's seats gave one result.</summary>
    public static JobEnd Agreed(Panel panel)
    {
        var (job, accepted) = (panel.Job, panel.Accepted!);
        var others = panel.Winners.Where(vote => vote != accepted).OrderBy(vote => vote.Worker).Select(vote => vote.ToSeat());
        return accepted.Result!.End with
        {
            Others = [.. others],
            History = job.History,
            Explanation = accepted.Result.End.Explanation with { Summary = MarketVerdicts.Agreed(panel) },
        };
    }

    /// <summary>
    /// So many seats ran out of time as would have agreed on a result. How far each came depends on its machine, so no execution is said to
    /// be the job's; each is paid what the slowest has used, as where a client cancels: the time was the client's to choose.
    /// </summary>
    public static JobEnd OutOfTime(Panel panel)
    {
        var late = panel.Votes.Where(vote => vote.Outcome == RunOutcome.TimedOut).OrderBy(vote => vote.Worker).Take(panel.Assurance.Seats);
        JobSeat[] seats = [.. late.Select(vote => vote.ToSeat() with { Signed = null })];
        var end = Own(
            panel.Job,
            JobStatus.TimedOut,
            JobFault.Client,
            ErrorCode.TimeExceeded,
            $"{seats.Length} workers ran it for its whole time of {panel.Job.Ticket.Spec.TimeMax}, and it did not end.",
            panel.Job.Explanation ?? new JobExplanation("No offer was looked at.", []),
            seats[0].Worker
        );
        return end with
        {
            Payee = seats[0].Payee,
            PricePerMillionFuel = seats[0].PricePerMillionFuel,
            FuelUsed = panel.Votes.Where(vote => vote.Outcome == RunOutcome.TimedOut).Min(vote => vote.FuelUsed),
            Others = [.. seats.Skip(1)],
        };
    }

    /// <summary>So many runs were made that no two or more of them will agree in time.</summary>
    public static JobEnd NoAgreement(Panel panel) =>
        Own(
            panel.Job,
            JobStatus.Failed,
            JobFault.Worker,
            ErrorCode.WorkerFailed,
            $"The results of {panel.Votes.Count} runs differ so that no {panel.Needed} are the same.",
            panel.Job.Explanation ?? new JobExplanation("No offer was looked at.", [])
        );

    public static JobEnd OutputRefused(JobEnd end, MarketException refusal) =>
        end with
        {
            Status = JobStatus.Failed,
            Fault = JobFault.Program,
            Code = refusal.Code,
            Reason = refusal.Message,
            Output = default,
            RootBefore = null,
            RootAfter = null,
            Proof = end.Proof is { } proof
                ? proof with
                {
                    Refused = new RefusedOutput(JobExecutions.ContentOf(end.Output), end.Output.Files),
                }
                : null,
        };

    public static JobEnd Expired(MarketJob job, JobExplanation explanation) =>
        Own(
            job,
            JobStatus.Expired,
            JobFault.NoWorker,
            ErrorCode.NoWorker,
            $"No worker took the job in the {job.Ticket.Spec.ExpiresAfter} that it may wait. {explanation.Summary}",
            explanation
        );

    public static JobEnd WorkersFailed(MarketJob job, WorkerId? last, string reason) =>
        Own(
            job,
            JobStatus.Failed,
            JobFault.Worker,
            ErrorCode.WorkerFailed,
            $"{Tries(job)}: {JobPolicy.Cut(reason, JobPolicy.NoteCharsMax)}.",
            job.Explanation ?? new JobExplanation("No offer was looked at.", []),
            last
        );

    /// <summary>A panel's runs are no attempts of its job; that each came to nothing is counted.</summary>
    private static string Tries(MarketJob job) =>
        job.Interruptions > MarketPolicy.InterruptionsMax ? $"{job.Interruptions} runs came to nothing; the last"
        : job.Attempts > 1 ? $"{job.Attempts} attempts failed on the workers' side; the last"
        : "It failed on the workers' side";

    /// <summary>It came in beside others of its account that were all within the bound when each was submitted.</summary>
    public static JobEnd TooManyClasses(MarketJob job) =>
        Own(
            job,
            JobStatus.Failed,
            JobFault.NoWorker,
            ErrorCode.LimitExceeded,
            NeedsRules.TooManyClasses(0),
            new JobExplanation("No offer was looked at.", [])
        );

    /// <summary>What its run needs could not be read, again and again: it was never begun.</summary>
    public static JobEnd NotPrepared(MarketJob job) =>
        Own(
            job,
            JobStatus.Failed,
            JobFault.Input,
            job.Ticket.UsesState ? ErrorCode.StateUnavailable : ErrorCode.InputUnavailable,
            $"{MarketVerdicts.NotPrepared(job)}. The service's log says why.",
            job.Explanation ?? new JobExplanation("No offer was looked at.", [])
        );

    /// <summary>What listeners see of a job that was cancelled before or during its run.</summary>
    public static EndedJob Cancelled(JobTicket ticket, JobSettlement written) =>
        new(
            Account: ticket.Account,
            Job: ticket.Job,
            RequestId: ticket.RequestId,
            Status: JobStatus.Cancelled,
            Code: ErrorCode.CancelledByClient,
            FuelUsed: written.FuelUsed,
            Charge: written.Charge,
            Output: default,
            Worker: written.Worker,
            Class: ClassFigures.NameOf(ticket.Spec)
        );

    /// <summary>What listeners see of a job that an earlier one's receipt has answered.</summary>
    public static EndedJob Answered(AccountId account, SubmissionItem item, JobSettlement written) =>
        new(
            Account: account,
            Job: item.Job,
            RequestId: item.RequestId,
            Status: written.Status,
            Code: null,
            FuelUsed: written.FuelUsed,
            Charge: written.Charge,
            Output: item.Answer!.Output,
            Worker: null,
            Class: ClassFigures.NameOf(item.Spec)
        );

    /// <summary>What listeners are told of a job that has its terminal write.</summary>
    /// <returns>
    /// Null if another end was written first and is not a cancellation: the market that wrote it announces it, and only that market knows
    /// the output.
    /// </returns>
    public static EndedJob? Announced(JobTicket ticket, JobEnd end, JobSettlement written)
    {
        if (written.Status == JobStatus.Cancelled)
        {
            return Cancelled(ticket, written);
        }
        var fuelUsed = Math.Clamp(end.FuelUsed, 0, ticket.Spec.FuelMax);
        if (written.Status != end.Status || written.Worker != end.Worker || written.FuelUsed != fuelUsed)
        {
            return null;
        }
        return new EndedJob(
            Account: ticket.Account,
            Job: ticket.Job,
            RequestId: ticket.RequestId,
            Status: end.Status,
            Code: end.Code,
            FuelUsed: fuelUsed,
            Charge: written.Charge,
            Output: end.Output,
            Worker: end.Worker,
            Class: ClassFigures.NameOf(ticket.Spec)
        );
    }

    private static JobEnd Own(
        MarketJob job,
        JobStatus status,
        JobFault fault,
        ErrorCode code,
        string reason,
        JobExplanation explanation,
        WorkerId? worker = null
    ) =>
        new(
            Status: status,
            Fault: fault,
            Code: code,
            Reason: reason,
            Worker: worker,
            Payee: null,
            PricePerMillionFuel: TokenAmount.Zero,
            FuelUsed: 0,
            Output: default,
            Log: default,
            RootBefore: null,
            RootAfter: null,
            History: job.History,
            Explanation: explanation
        );
}
