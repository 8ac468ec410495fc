using System.Text.Json.Serialization;

namespace Marketplace;

/// <summary>Where a job is in its life.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<JobState>))]
public enum JobState
{
    /// <summary>Waits for a worker.</summary>
    Pending = 0,

    /// <summary>A worker has been chosen.</summary>
    Matched = 1,

    /// <summary>A worker runs it.</summary>
    Running = 2,

    /// <summary>Its result is being checked.</summary>
    Verifying = 3,

    /// <summary>Ended: the program ran to its end; there is an output.</summary>
    Completed = 4,

    /// <summary>Ended without an output; fault and code say why.</summary>
    Failed = 5,

    /// <summary>Ended by the client.</summary>
    Cancelled = 6,

    /// <summary>Ended: the program ran longer than the job allows.</summary>
    TimedOut = 7,

    /// <summary>Ended: no worker took it in time.</summary>
    Expired = 8,
}

/// <summary>A job as its owner sees it.</summary>
public sealed record Job
{
    /// <summary>The job, derived from the account and the request id.</summary>
    public required JobId Id { get; init; }

    /// <summary>The client's own id of it.</summary>
    public required string RequestId { get; init; }

    /// <summary>What it runs.</summary>
    public required ProgramId Program { get; init; }

    /// <summary>Where it is in its life.</summary>
    public required JobState State { get; init; }

    /// <summary>Whose doing the end was; none while it has not ended.</summary>
    public required JobFault Fault { get; init; }

    /// <summary>Why it did not complete.</summary>
    public ErrorCode? Code { get; init; }

    /// <summary>Why it did not complete, in a sentence. May hold text that the program chose.</summary>
    public string? Reason { get; init; }

    /// <summary>
    /// What the program exited with: 0 where it completed; absent where it was stopped or did not run, and where the job has not ended.
    /// </summary>
    public int? ExitCode { get; init; }

    /// <summary>When it was first submitted.</summary>
    public required DateTimeOffset SubmittedAt { get; init; }

    /// <summary>When it ended; absent while it has not.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Who ran it last.</summary>
    public WorkerId? Worker { get; init; }

    /// <summary>The most instructions that it may use.</summary>
    public required long FuelMax { get; init; }

    /// <summary>Instructions used, which is what is paid.</summary>
    public required long FuelUsed { get; init; }

    /// <summary>The most that it may cost.</summary>
    public required TokenAmount PriceMax { get; init; }

    /// <summary>How long workers may bid for it, in milliseconds; absent where it is matched by posted prices.</summary>
    public long? AuctionMs { get; init; }

    /// <summary>The account's group of jobs that it does not run beside; absent: it runs beside any.</summary>
    public string? Group { get; init; }

    /// <summary>With group: what its jobs do not share while they run.</summary>
    public GroupSpread? Spread { get; init; }

    /// <summary>How sure to be of its result; absent: one worker's word.</summary>
    public Assurance? Assurance { get; init; }

    /// <summary>Whether it may be answered from a receipt, and others from its own; absent: no.</summary>
    public bool? Reuse { get; init; }

    /// <summary>The job whose receipt has answered it; absent: it ran, or has not ended.</summary>
    public JobId? ReusedJob { get; init; }

    /// <summary>What the job cost.</summary>
    public required TokenAmount Charge { get; init; }

    /// <summary>Present when completed.</summary>
    public JobOutput? Output { get; init; }

    /// <summary>The program's state that the run started from, where the program keeps state.</summary>
    public StateRoot? StateRootBefore { get; init; }

    /// <summary>The program's state after the run.</summary>
    public StateRoot? StateRootAfter { get; init; }

    /// <summary>Its steps so far, oldest first.</summary>
    public required IReadOnlyList<JobStep> History { get; init; }
}

/// <summary>What a completed job gave.</summary>
/// <param name="Size">Bytes.</param>
/// <param name="Inline">The output itself, where it has at most 16 KiB.</param>
/// <param name="Blob">The output as a blob, where it is larger.</param>
public sealed record JobOutput(long Size, ReadOnlyMemory<byte>? Inline, BlobId? Blob)
{
    /// <summary>The files that the program left under <c>/out</c>, beside its output; absent where it left none.</summary>
    public IReadOnlyList<JobFile>? Files { get; init; }
}

/// <summary>A file that a program left.</summary>
/// <param name="Name">Its path under <c>/out</c>: parts divided by slashes, none of them empty, '.' or '..'.</param>
/// <param name="Blob">Its content, a blob of the job's account.</param>
/// <param name="Size">Bytes.</param>
public sealed record JobFile(string Name, BlobId Blob, long Size);

/// <summary>A step of a job's life.</summary>
/// <param name="State">The state that began.</param>
/// <param name="At">When.</param>
/// <param name="Worker">Whose run it concerns.</param>
/// <param name="Note">Why, in words.</param>
public sealed record JobStep(JobState State, DateTimeOffset At, WorkerId? Worker, string? Note);

/// <summary>A job in a list.</summary>
/// <param name="Id">The job.</param>
/// <param name="RequestId">The client's own id of it.</param>
/// <param name="Program">What it runs.</param>
/// <param name="State">Where it is in its life.</param>
/// <param name="Code">Why it did not complete.</param>
/// <param name="SubmittedAt">When it was first submitted.</param>
/// <param name="EndedAt">When it ended; absent while it has not.</param>
/// <param name="FuelUsed">Instructions used.</param>
/// <param name="Charge">What it cost.</param>
public sealed record JobListItem(
    JobId Id,
    string RequestId,
    ProgramId Program,
    JobState State,
    ErrorCode? Code,
    DateTimeOffset SubmittedAt,
    DateTimeOffset? EndedAt,
    long FuelUsed,
    TokenAmount Charge
);

/// <summary>A page of a list, newest first.</summary>
/// <param name="Items">At most as many as were asked for.</param>
/// <param name="Next">The cursor of the next page; absent on the last one.</param>
public sealed record Page<TItem>(IReadOnlyList<TItem> Items, string? Next);

/// <summary>Why a job was matched as it was, or why it waits.</summary>
/// <param name="Id">The job.</param>
/// <param name="State">Where it is in its life.</param>
/// <param name="Summary">Why, in a sentence.</param>
/// <param name="Offers">What became of the offers that were compared.</param>
/// <param name="CheapestPrice">
/// The price limit at which the cheapest offer that fits would take the waiting job; absent where no offer fits, and for jobs that do not
/// wait for one.
/// </param>
public sealed record JobExplanation(
    JobId Id,
    JobState State,
    string Summary,
    IReadOnlyList<OfferVerdict> Offers,
    TokenAmount? CheapestPrice = null
);

/// <summary>Why one offer won or lost.</summary>
/// <param name="Worker">Whose offer.</param>
/// <param name="Price">What it would have cost at most.</param>
/// <param name="Won">Whether it got the job.</param>
/// <param name="Reason">Why it won or lost.</param>
public sealed record OfferVerdict(WorkerId Worker, TokenAmount Price, bool Won, string Reason);

/// <summary>
/// A server-sent event <c>lagged</c>: events were left out, because the reader was too slow or the way to the market was broken.
/// </summary>
/// <param name="Missed">How many at least.</param>
public sealed record EventsLagged(long Missed);

/// <summary>A server-sent event <c>job</c>: a job of the account has ended.</summary>
/// <param name="Id">The job.</param>
/// <param name="RequestId">The client's own id of it.</param>
/// <param name="State">How it ended.</param>
/// <param name="Code">Why it did not complete.</param>
/// <param name="FuelUsed">Instructions used.</param>
/// <param name="Charge">What it cost.</param>
/// <param name="Output">Present when completed.</param>
public sealed record JobEnded(
    JobId Id,
    string RequestId,
    JobState State,
    ErrorCode? Code,
    long FuelUsed,
    TokenAmount Charge,
    JobOutput? Output
);
