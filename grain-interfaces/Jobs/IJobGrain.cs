using System.Collections.Immutable;

namespace Marketplace.GrainInterfaces;

/// <summary>One job, from submission to its terminal write. Key: <see cref="JobId"/>.</summary>
[Alias("IJobGrain")]
public interface IJobGrain : IGrainWithStringKey
{
    /// <summary>
    /// Writes the pending job. The same request again gives the same answer; another spec under the same request id is refused.
    /// </summary>
    [Effect(Effect.Deduplicated), Alias("Submit")]
    Task<JobAdmission> Submit(JobSubmission submission, Authority by);

    /// <summary>Ends the job with what a worker or the market reports; the first end wins. Called by the market.</summary>
    /// <returns>What is to be settled: the same for every repetition, null where the job does not exist.</returns>
    [Effect(Effect.Deduplicated), Alias("Complete")]
    Task<JobSettlement?> Complete(JobEnd end, Authority by);

    /// <summary>
    /// Writes down how the job will end when a committee has signed that: its receipt is then the same whatever happens before. The first
    /// proposal stays; a job that ends otherwise has none.
    /// </summary>
    /// <param name="end">How it is to end.</param>
    /// <param name="epoch">Of the committee that is to sign.</param>
    /// <param name="by">The market.</param>
    /// <returns>What the committee is to sign; null where the job has ended, or does not exist.</returns>
    [Effect(Effect.Deduplicated), Alias("Propose")]
    Task<JobProposal?> Propose(JobEnd end, ulong epoch, Authority by);

    /// <summary>Ends the job as cancelled, unless it has ended; stops its run.</summary>
    /// <exception cref="MarketException"><see cref="ErrorCode.JobNotFound"/>, also for jobs of others;
    /// <see cref="ErrorCode.JobEnded"/>.</exception>
    [Effect(Effect.Idempotent), Alias("Cancel")]
    Task<JobView> Cancel(Caller caller);

    /// <exception cref="MarketException"><see cref="ErrorCode.JobNotFound"/>, also for jobs of others.</exception>
    [Effect(Effect.None), AlwaysInterleave, Alias("Get")]
    Task<JobView> Get(Caller caller);

    /// <summary>Answers when the job has ended, or with its present state when <paramref name="atMost"/> is over.</summary>
    [Effect(Effect.None), AlwaysInterleave, Alias("WaitEnded")]
    Task<JobView> WaitEnded(Caller caller, TimeSpan atMost, CancellationToken cancellation);

    [Effect(Effect.None), AlwaysInterleave, Alias("GetLog")]
    Task<ReadOnlyMemory<byte>> GetLog(Caller caller);

    /// <summary>Why the job was matched as it was, or why it still waits. A job that the market has lost is queued again.</summary>
    [Effect(Effect.Idempotent), AlwaysInterleave, Alias("Explain")]
    Task<JobExplanation> Explain(Caller caller);

    /// <summary>The receipt of a job that has ended, signed by the market: a file by receipts/RECEIPT.md.</summary>
    /// <exception cref="MarketException"><see cref="ErrorCode.ReceiptNotFound"/>: the job has not ended, or ended before there were
    /// receipts.</exception>
    [Effect(Effect.None), AlwaysInterleave, Alias("GetReceipt")]
    Task<ReadOnlyMemory<byte>> GetReceipt(Caller caller);

    /// <summary>What later jobs may be answered from; null where the job allows none of that, has no receipt, or did not run.</summary>
    [Effect(Effect.None), AlwaysInterleave, Alias("GetReusable")]
    Task<ReusableRun?> GetReusable(Authority by);

    /// <summary>
    /// How the job ended, for the account that holds money for it: null while it is open, <see cref="JobSettlement.Unknown"/> where it does
    /// not exist. A job that the market has lost is queued again.
    /// </summary>
    [Effect(Effect.Idempotent), Alias("GetSettlement")]
    Task<JobSettlement?> GetSettlement(Authority by);

    /// <summary>
    /// What was paid for the job, and what a committee has signed of it: by that a market knows what a lie about it has cost. Null where it
    /// does not exist.
    /// </summary>
    [Effect(Effect.None), AlwaysInterleave, Alias("GetPayment")]
    Task<JobPayment?> GetPayment(Authority by);

    /// <summary>
    /// Forgets an ended job that the operator need not keep any longer, but for what money may still ask of it: in one write, which also
    /// says that it was dropped. Its payer's hold is settled before.
    /// </summary>
    [Effect(Effect.Idempotent), Alias("Drop")]
    Task<JobDrop> Drop(Authority by);
}

/// <param name="HasEnded">False: all else but the payer may still change.</param>
/// <param name="Payer">Who pays.</param>
/// <param name="Charge">What the job has cost.</param>
/// <param name="Certificate">The root that names the certificate by which it ended; null: there is none.</param>
[GenerateSerializer, Immutable, Alias("JobPayment")]
public sealed record JobPayment(
    [property: Id(0)] bool HasEnded,
    [property: Id(1)] AccountId Payer,
    [property: Id(2)] TokenAmount Charge,
    [property: Id(3)] Bytes32? Certificate
);

/// <param name="Account">Who pays.</param>
/// <param name="RequestId">The client's id.</param>
/// <param name="Spec">What to run.</param>
/// <param name="Module">The program's module, resolved when the job was submitted.</param>
/// <param name="UsesState">Jobs of this program run one at a time.</param>
/// <param name="HeldAt">When the money was held. A job is not created on a hold that its account may have released again.</param>
[GenerateSerializer, Immutable, Alias("JobSubmission")]
public sealed record JobSubmission(
    [property: Id(0)] AccountId Account,
    [property: Id(1)] string RequestId,
    [property: Id(2)] JobSpec Spec,
    [property: Id(3)] BlobId Module,
    [property: Id(4)] bool UsesState,
    [property: Id(5)] DateTimeOffset HeldAt
)
{
    /// <summary>
    /// What its account refuses at this moment, beside the spec; no part of what tells one request from another. Null: nothing.
    /// </summary>
    [Id(6)]
    public RefusalList? Refusals { get; init; }

    /// <summary>
    /// How the job ends at once, because an earlier one's receipt answers it; no part of what tells one request from another. Null: it is
    /// to run.
    /// </summary>
    [Id(7)]
    public JobEnd? Answer { get; init; }

    /// <summary>When the job that answers has ended: this one ends no earlier. Of no meaning without an answer.</summary>
    [Id(8)]
    public DateTimeOffset EarlierEndedAt { get; init; }
}

public enum JobAdmissionKind
{
    Created = 0,

    /// <summary>The same request had created it before.</summary>
    Existed = 1,

    /// <summary>The request id was used with another spec.</summary>
    Conflict = 2,

    /// <summary>The hold is too old to build on: hold again.</summary>
    HoldTooOld = 3,

    /// <summary>A request with this id had created a job that has ended and was dropped. It does not run again.</summary>
    Dropped = 4,
}

/// <param name="Kind">What happened.</param>
/// <param name="SubmittedAt">When the job was created.</param>
/// <param name="HeldAt">The hold that the job stands on, which may be another than the submission's.</param>
/// <param name="Ended">What is to be settled of a job that was created as ended; null: it is to run, or existed.</param>
[GenerateSerializer, Immutable, Alias("JobAdmission")]
public readonly record struct JobAdmission(
    [property: Id(0)] JobAdmissionKind Kind,
    [property: Id(1)] DateTimeOffset SubmittedAt,
    [property: Id(2)] DateTimeOffset HeldAt,
    [property: Id(3)] JobSettlement? Ended = null
);

/// <summary>One step of a job's history.</summary>
[GenerateSerializer, Immutable, Alias("JobEvent")]
public sealed record JobEvent(
    [property: Id(0)] JobStatus Status,
    [property: Id(1)] DateTimeOffset At,
    [property: Id(2)] WorkerId? Worker,
    [property: Id(3)] string? Note
);

/// <summary>
/// An end of a job as the market reports it. Its exit code is that of a program that failed by exiting; null is every other end.
/// </summary>
[GenerateSerializer, Immutable, Alias("JobEnd")]
public sealed record JobEnd(
    [property: Id(0)] JobStatus Status,
    [property: Id(1)] JobFault Fault,
    [property: Id(2)] ErrorCode? Code,
    [property: Id(3)] string? Reason,
    [property: Id(4)] WorkerId? Worker,
    [property: Id(5)] AccountId? Payee,
    [property: Id(6)] TokenAmount PricePerMillionFuel,
    [property: Id(7)] long FuelUsed,
    [property: Id(8)] JobOutput Output,
    [property: Id(9)] ReadOnlyMemory<byte> Log,
    [property: Id(10)] StateRoot? RootBefore,
    [property: Id(11)] StateRoot? RootAfter,
    [property: Id(12)] ImmutableArray<JobEvent> History,
    [property: Id(13)] JobExplanation Explanation,
    [property: Id(14)] int? ExitCode = null
)
{
    /// <summary>
    /// What proves the run that the end is of; null where no run was reported, and in ends from before there were receipts.
    /// </summary>
    [Id(15)]
    public RunProof? Proof { get; init; }

    /// <summary>The others that ran it with this result, ascending by worker, and are paid beside the first; default is none.</summary>
    [Id(16)]
    public ImmutableArray<JobSeat> Others { get; init; }

    /// <summary>What a committee signed; null where none was bought, or it did not come to that.</summary>
    [Id(17)]
    public JobCertificate? Certificate { get; init; }

    /// <summary>
    /// The receipt that answered the job, whose run <see cref="Proof"/> is then of; null: it ran itself.
    /// </summary>
    [Id(18)]
    public JobReuse? Reuse { get; init; }
}

/// <summary>How a job will end.</summary>
/// <param name="Draft">What its receipt says beside the execution.</param>
/// <param name="Receipt">The hash of its receipt, in the epoch that was asked for.</param>
[GenerateSerializer, Immutable, Alias("JobProposal")]
public sealed record JobProposal([property: Id(0)] ReceiptDraft Draft, [property: Id(1)] Bytes32 Receipt);

/// <summary>Where a job's receipt stands in what a committee signed.</summary>
/// <param name="Epoch">Of the committee.</param>
/// <param name="Root">Of the batch: names the certificate.</param>
/// <param name="Path">The neighbours on the way from the receipt to the root.</param>
/// <param name="LeftSides">Bit n: the neighbour of step n stands on the left.</param>
[GenerateSerializer, Immutable, Alias("JobCertificate")]
public sealed record JobCertificate(
    [property: Id(0)] ulong Epoch,
    [property: Id(1)] Bytes32 Root,
    [property: Id(2)] ImmutableArray<Bytes32> Path,
    [property: Id(3)] uint LeftSides
);

/// <summary>What a worker signed about a run, beside the report of it. It signs a batch of executions at a time.</summary>
/// <param name="Profile">The rules by which the run was made.</param>
/// <param name="RootAfter">The root of the program's state that the run's changes give; null: it changed nothing.</param>
/// <param name="Signature">Ed25519, over the root of the batch: 64 bytes.</param>
/// <param name="Path">The neighbours on the way from the execution to that root.</param>
/// <param name="LeftSides">Bit n: the neighbour of step n stands on the left.</param>
[GenerateSerializer, Immutable, Alias("RunSignature")]
public sealed record RunSignature(
    [property: Id(0)] Bytes32 Profile,
    [property: Id(1)] StateRoot? RootAfter,
    [property: Id(2)] ReadOnlyMemory<byte> Signature,
    [property: Id(3)] ImmutableArray<Bytes32> Path,
    [property: Id(4)] uint LeftSides
);

/// <summary>What a receipt says of a run beyond the job's end.</summary>
/// <param name="Outcome">How the run ended. The job may have ended otherwise: its output may have been refused.</param>
/// <param name="RootBefore">The root that the run began from; null: the program keeps no state.</param>
/// <param name="Writes">The digest of its changes of state.</param>
/// <param name="Signed">The worker's signature.</param>
/// <param name="Refused">Its output, where the job's end has none because it was refused; null else.</param>
[GenerateSerializer, Immutable, Alias("RunProof")]
public sealed record RunProof(
    [property: Id(0)] RunOutcome Outcome,
    [property: Id(1)] StateRoot? RootBefore,
    [property: Id(2)] Bytes32 Writes,
    [property: Id(3)] RunSignature Signed,
    [property: Id(4)] RefusedOutput? Refused = null
);

/// <summary>An output that was not kept.</summary>
/// <param name="Content">Its hash.</param>
/// <param name="Files">What stood beside it.</param>
[GenerateSerializer, Immutable, Alias("RefusedOutput")]
public sealed record RefusedOutput([property: Id(0)] BlobId Content, [property: Id(1)] ImmutableArray<OutputFile> Files);

/// <summary>An output: inline, or a blob of the job's account.</summary>
/// <param name="Inline">The bytes, at most <see cref="MarketLimits.InlineBytesMax"/>; empty when <paramref name="Blob"/> is set.</param>
/// <param name="Blob">The output as a blob.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Files">What the program left beside it, ascending by name; default is none.</param>
[GenerateSerializer, Immutable, Alias("JobOutput")]
public readonly record struct JobOutput(
    [property: Id(0)] ReadOnlyMemory<byte> Inline,
    [property: Id(1)] BlobId? Blob,
    [property: Id(2)] long Size,
    [property: Id(3)] ImmutableArray<OutputFile> Files = default
);

/// <summary>What the payer's account applies, once, by the job's id.</summary>
/// <param name="Job">The operation id.</param>
/// <param name="Payer">Whose hold is released.</param>
/// <param name="Payee">Who is paid; null when nothing is charged.</param>
/// <param name="Charge">At most the job's price limit; the rest of the hold goes back.</param>
/// <param name="HeldAt">
/// The hold that the job stands on. A request that is repeated after the job was settled makes a later hold for the same job; that one is
/// released and not charged.
/// </param>
/// <param name="Status">How the job ended.</param>
/// <param name="Worker">
/// The worker whose run it was. This and <paramref name="FuelUsed"/> tell the sender of a report whether its own report was written.
/// </param>
/// <param name="FuelUsed">Of that run.</param>
[GenerateSerializer, Immutable, Alias("JobSettlement")]
public sealed record JobSettlement(
    [property: Id(0)] JobId Job,
    [property: Id(1)] AccountId Payer,
    [property: Id(2)] AccountId? Payee,
    [property: Id(3)] TokenAmount Charge,
    [property: Id(4)] DateTimeOffset HeldAt,
    [property: Id(5)] JobStatus Status,
    [property: Id(6)] WorkerId? Worker = null,
    [property: Id(7)] long FuelUsed = 0
)
{
    /// <summary>Who gets how much of the charge, where there are several; default: <see cref="Payee"/> gets it all.</summary>
    [Id(8)]
    public ImmutableArray<PayeeAmount> Shares { get; init; }

    /// <summary>Whether there is such a job, and it has ended; of <see cref="Unknown"/> there is none.</summary>
    public bool IsOfJob => HeldAt > DateTimeOffset.MinValue;

    /// <summary>
    /// A hold that no job stands on: it goes back whole. Also the answer of a job that was never written, which knows no payer.
    /// </summary>
    public static JobSettlement Unknown(JobId job, AccountId payer) =>
        new(Job: job, Payer: payer, Payee: null, Charge: TokenAmount.Zero, HeldAt: DateTimeOffset.MinValue, Status: JobStatus.Pending);
}

/// <summary>
/// A job as its owner sees it. Its exit code is 0 where it completed; null where the program was stopped, did not run, or has not ended.
/// </summary>
[GenerateSerializer, Immutable, Alias("JobView")]
public sealed record JobView(
    [property: Id(0)] JobId Id,
    [property: Id(1)] string RequestId,
    [property: Id(2)] JobSpec Spec,
    [property: Id(3)] JobStatus Status,
    [property: Id(4)] JobFault Fault,
    [property: Id(5)] ErrorCode? Code,
    [property: Id(6)] string? Reason,
    [property: Id(7)] DateTimeOffset SubmittedAt,
    [property: Id(8)] DateTimeOffset? EndedAt,
    [property: Id(9)] WorkerId? Worker,
    [property: Id(10)] long FuelUsed,
    [property: Id(11)] TokenAmount Charge,
    [property: Id(12)] JobOutput Output,
    [property: Id(13)] StateRoot? RootBefore,
    [property: Id(14)] StateRoot? RootAfter,
    [property: Id(15)] ImmutableArray<JobEvent> History,
    [property: Id(16)] int? ExitCode = null,
    [property: Id(17)] JobId? ReusedJob = null
);

/// <summary>Why a job was matched to the offer that won, or why it waits.</summary>
/// <param name="Summary">One sentence.</param>
/// <param name="Offers">Each offer that was looked at.</param>
/// <param name="CheapestPrice">
/// The lowest price limit at which an offer that fits in all but price would take the waiting job. Null where there is no such offer, and
/// for jobs that do not wait for one.
/// </param>
[GenerateSerializer, Immutable, Alias("JobExplanation")]
public sealed record JobExplanation(
    [property: Id(0)] string Summary,
    [property: Id(1)] ImmutableArray<OfferVerdict> Offers,
    [property: Id(2)] TokenAmount? CheapestPrice = null
);

/// <param name="Worker">Whose offer.</param>
/// <param name="Price">What it would have cost at most.</param>
/// <param name="Won">Whether it got the job.</param>
/// <param name="Reason">Why it won or lost.</param>
[GenerateSerializer, Immutable, Alias("OfferVerdict")]
public sealed record OfferVerdict(
    [property: Id(0)] WorkerId Worker,
    [property: Id(1)] TokenAmount Price,
    [property: Id(2)] bool Won,
    [property: Id(3)] string Reason
);
