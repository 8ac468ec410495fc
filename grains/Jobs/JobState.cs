using System.Collections.Immutable;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains;

/// <summary>What is stored of a job: what was asked for, and how it ended.</summary>
/// <param name="Account">Who pays.</param>
/// <param name="RequestId">The client's id.</param>
/// <param name="SpecHash">Tells a repeated request from another one under the same id.</param>
/// <param name="Spec">What to run.</param>
/// <param name="Module">The program's module.</param>
/// <param name="UsesState">Jobs of this program run one at a time.</param>
/// <param name="SubmittedAt">When the job was created.</param>
/// <param name="HeldAt">The hold that it stands on.</param>
/// <param name="Ending">Null while the job is pending.</param>
/// <param name="Refusals">What its account refused when it was created; null: nothing.</param>
/// <param name="Proposed">How it will end when a committee has signed that; null where it is not proposed, or has ended.</param>
/// <param name="ProposedEpoch">Whose committee that is; 0 where nothing is proposed.</param>
internal sealed record JobState(
    AccountId Account,
    string RequestId,
    Bytes32 SpecHash,
    JobSpec Spec,
    BlobId Module,
    bool UsesState,
    DateTimeOffset SubmittedAt,
    DateTimeOffset HeldAt,
    JobEnding? Ending,
    RefusalList? Refusals = null,
    JobEnding? Proposed = null,
    ulong ProposedEpoch = 0
)
{
    /// <summary>Only what money may still ask of it is there: <see cref="JobDropping.Drop"/>.</summary>
    public bool IsDropped { get; init; }

    public JobStatus Status => Ending?.End.Status ?? JobStatus.Pending;

    public static JobState Create(JobSubmission submission, Bytes32 specHash, DateTimeOffset now) =>
        new(
            Account: submission.Account,
            RequestId: submission.RequestId,
            SpecHash: specHash,
            Spec: submission.Spec,
            Module: submission.Module,
            UsesState: submission.UsesState,
            SubmittedAt: now,
            HeldAt: submission.HeldAt,
            Ending: null,
            Refusals: submission.Refusals is { IsEmpty: false } refusals ? refusals : null
        );

    /// <summary>
    /// The job with the end that a committee is to sign. A later epoch's takes its place: the seats of a receipt are members of the
    /// committee that signs it, and members sign one receipt of a job in an epoch.
    /// </summary>
    public JobState Propose(JobEnd end, ulong epoch, DateTimeOffset now) =>
        this with
        {
            Proposed = EndWith(end, now).Ending,
            ProposedEpoch = epoch,
        };

    /// <summary>
    /// The job as ended. What was proposed stays as it is when it is certified. The charge and the bounds of texts are decided here, in one
    /// place for all reporters of an end.
    /// </summary>
    public JobState EndWith(JobEnd end, DateTimeOffset now)
    {
        if (end.Certificate is { } certificate && Proposed is { } proposed)
        {
            return this with
            {
                Ending = proposed with { End = proposed.End with { Certificate = certificate } },
                Proposed = null,
                ProposedEpoch = 0,
            };
        }
        var charge = JobPricing.Charge(end, Spec);
        // Clocks may step back; a history never does.
        now = now < SubmittedAt ? SubmittedAt : now;
        var history = ImmutableArray.CreateBuilder<JobEvent>(end.History.Length + 2);
        history.Add(new JobEvent(JobStatus.Pending, SubmittedAt, null, null));
        foreach (var step in end.History.Take(JobPolicy.HistoryEventsMax - 2))
        {
            history.Add(step with { Note = JobPolicy.Cut(step.Note, JobPolicy.NoteCharsMax) });
        }
        history.Add(new JobEvent(end.Status, now, end.Worker, null));
        var bounded = end with
        {
            Reason = JobPolicy.Cut(end.Reason, JobPolicy.ReasonCharsMax),
            Log = end.Log.Length <= MarketLimits.LogBytesMax ? end.Log : end.Log[..MarketLimits.LogBytesMax],
            FuelUsed = Math.Clamp(end.FuelUsed, 0, Spec.FuelMax),
            History = history.ToImmutable(),
        };
        return this with { Ending = new JobEnding(bounded, charge, now), Proposed = null, ProposedEpoch = 0 };
    }

    /// <summary>What later jobs may be answered from, with the receipt of this one.</summary>
    public ReusableRun ToReusable(JobId id, ReceiptFile receipt) =>
        new(
            Job: id,
            Account: Account,
            Spec: Spec,
            Module: Module,
            End: Ending!.End with
            {
                Log = default,
                History = [],
                Explanation = new JobExplanation("", []),
            },
            Charge: Ending.Charge,
            EndedAt: Ending.EndedAt,
            ReceiptHash: receipt.Hash(),
            Receipt: receipt.ToJson()
        );

    public JobTicket ToTicket(JobId id) =>
        new(
            Job: id,
            Account: Account,
            Spec: Spec,
            Module: Module,
            UsesState: UsesState,
            SubmittedAt: SubmittedAt,
            RequestId: RequestId,
            Refusals: Refusals
        );

    /// <summary>Null while the job is open.</summary>
    public JobSettlement? ToSettlement(JobId id) =>
        Ending is { } ending
            ? new JobSettlement(
                Job: id,
                Payer: Account,
                Payee: ending.Charge.IsZero ? null : ending.End.Payee,
                Charge: ending.Charge,
                HeldAt: HeldAt,
                Status: Status,
                Worker: ending.End.Worker,
                FuelUsed: ending.End.FuelUsed
            )
            {
                Shares = ending.End is { Others.IsDefaultOrEmpty: true, Reuse: null }
                    ? default
                    : JobPricing.Shares(ending.End, Spec, ending.Charge),
            }
            : null;

    public JobPayment ToPayment() =>
        new(
            HasEnded: Ending is not null,
            Payer: Account,
            Charge: Ending?.Charge ?? TokenAmount.Zero,
            Certificate: Ending?.End.Certificate?.Root
        );

    public JobView ToView(JobId id)
    {
        var end = Ending?.End;
        return new JobView(
            Id: id,
            RequestId: RequestId,
            Spec: Spec,
            Status: Status,
            Fault: end?.Fault ?? JobFault.None,
            Code: end?.Code,
            Reason: end?.Reason,
            SubmittedAt: SubmittedAt,
            EndedAt: Ending?.EndedAt,
            Worker: end?.Worker,
            FuelUsed: end?.FuelUsed ?? 0,
            Charge: Ending?.Charge ?? TokenAmount.Zero,
            Output: end?.Output ?? default,
            RootBefore: end?.RootBefore,
            RootAfter: end?.RootAfter,
            History: end?.History ?? [new JobEvent(JobStatus.Pending, SubmittedAt, null, null)],
            ExitCode: Status == JobStatus.Completed ? 0 : end?.ExitCode,
            ReusedJob: end?.Reuse?.Job
        );
    }
}

/// <param name="End">What was reported, within the bounds, with the whole history.</param>
/// <param name="Charge">What the job costs.</param>
/// <param name="EndedAt">The moment of the terminal write.</param>
internal sealed record JobEnding(JobEnd End, TokenAmount Charge, DateTimeOffset EndedAt);
