using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// When a job may be dropped, and what is left of it. Pure. RATIONALE.md, "What is left of a job that was dropped", has the reasons.
/// </summary>
internal static class JobDropping
{
    /// <summary>The earliest moment at which an ended job may be dropped; null: jobs are kept for ever, or it has not ended.</summary>
    public static DateTimeOffset? DueAt(JobState job, JobKeeping keeping)
    {
        if (job.Ending is not { } ending || keeping.Keep is not { } keep)
        {
            return null;
        }
        // The receipts of the jobs that it answered are made with its own, and the last of these ended so much later.
        var answers = ReuseRules.MayAnswer(job) ? keeping.Reuse.AgeMax + RetentionPolicy.AnswerLateMax : TimeSpan.Zero;
        return ending.EndedAt + keep + answers;
    }

    /// <summary>
    /// What stays: who paid and how much, the hold it stood on, and the certificate that a slash on the chain asks for. By the first three
    /// a repeated request finds that it was, and neither runs nor pays again.
    /// </summary>
    public static JobState Drop(JobState job) =>
        Left(
            job.Account,
            job.SpecHash,
            job.SubmittedAt,
            job.HeldAt,
            job.Ending!.EndedAt,
            job.Status,
            job.Ending.Charge,
            job.Ending.End.Certificate?.Root
        );

    /// <summary>No part of it is paid again: it has no payee, so a settlement of it gives the whole hold back.</summary>
    public static JobState Left(
        AccountId account,
        Bytes32 specHash,
        DateTimeOffset submittedAt,
        DateTimeOffset heldAt,
        DateTimeOffset endedAt,
        JobStatus status,
        TokenAmount charge,
        Bytes32? certificate
    )
    {
        var end = new JobEnd(
            Status: status,
            Fault: JobFault.None,
            Code: null,
            Reason: null,
            Worker: null,
            Payee: null,
            PricePerMillionFuel: TokenAmount.Zero,
            FuelUsed: 0,
            Output: default,
            Log: default,
            RootBefore: null,
            RootAfter: null,
            History: [],
            Explanation: new JobExplanation("", [])
        )
        {
            Certificate = certificate is { } root ? new JobCertificate(0, root, [], 0) : null,
        };
        return new JobState(
            Account: account,
            RequestId: "",
            SpecHash: specHash,
            Spec: NoSpec,
            Module: default,
            UsesState: false,
            SubmittedAt: submittedAt,
            HeldAt: heldAt,
            Ending: new JobEnding(end, charge, endedAt)
        )
        {
            IsDropped = true,
        };
    }

    private static readonly JobSpec NoSpec = new(
        Program: default,
        EntryPoint: null,
        Input: default,
        InputBlob: null,
        Arguments: [],
        FuelMax: 0,
        MemoryPagesMax: 0,
        TimeMax: TimeSpan.Zero,
        PriceMax: TokenAmount.Zero,
        RetriesMax: 0,
        ExpiresAfter: TimeSpan.Zero
    );
}
