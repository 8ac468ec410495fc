using System.Text.Json.Serialization;

namespace Marketplace.Api;

/// <summary>Where a job is in its life.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<JobState>))]
public enum JobState
{
    Pending = 0,
    Matched = 1,
    Running = 2,
    Verifying = 3,
    Completed = 4,
    Failed = 5,
    Cancelled = 6,
    TimedOut = 7,
    Expired = 8,
}

/// <summary>Whose doing the end was, which decides who pays.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<JobFault>))]
public enum JobFault
{
    None = 0,
    Program = 1,
    Worker = 2,
    Input = 3,
    NoWorker = 4,
    Client = 5,
}

/// <summary>A job as its owner sees it.</summary>
public sealed record Job
{
    public required JobId Id { get; init; }
    public required string RequestId { get; init; }
    public required ProgramId Program { get; init; }
    public required JobState State { get; init; }
    public required JobFault Fault { get; init; }

    /// <summary>Why it did not complete.</summary>
    public ErrorCode? Code { get; init; }

    /// <summary>Why it did not complete, in a sentence. May hold text that the program chose.</summary>
    public string? Reason { get; init; }

    /// <summary>
    /// What the program exited with: 0 where it completed; null where it was stopped or did not run, and where the job has not ended.
    /// </summary>
    public int? ExitCode { get; init; }

    public required DateTimeOffset SubmittedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }
    public WorkerId? Worker { get; init; }
    public required long FuelMax { get; init; }
    public required long FuelUsed { get; init; }
    public required TokenAmount PriceMax { get; init; }

    /// <summary>What the job cost.</summary>
    public required TokenAmount Charge { get; init; }

    /// <summary>Present when completed.</summary>
    public JobOutput? Output { get; init; }

    public StateRoot? StateRootBefore { get; init; }
    public StateRoot? StateRootAfter { get; init; }
    public required IReadOnlyList<JobStep> History { get; init; }
}

/// <param name="Size">Bytes.</param>
/// <param name="Inline">The output itself, where it has at most 16 KiB.</param>
/// <param name="Blob">The output as a blob, where it is larger.</param>
public sealed record JobOutput(long Size, ReadOnlyMemory<byte>? Inline, BlobId? Blob)
{
    /// <summary>The files that the program left under <c>/out</c>, beside its output; absent where it left none.</summary>
    public IReadOnlyList<JobFile>? Files { get; init; }
}

/// <param name="Name">Its path under <c>/out</c>: parts divided by slashes, none of them empty, '.' or '..'.</param>
/// <param name="Blob">Its content, a blob of the job's account.</param>
/// <param name="Size">Bytes.</param>
public sealed record JobFile(string Name, BlobId Blob, long Size);

public sealed record JobStep(JobState State, DateTimeOffset At, WorkerId? Worker, string? Note);

/// <summary>A job in a list.</summary>
public sealed record JobListItem(
    JobId Id,
    string RequestId,
    ProgramId Program,
    JobState State,
    ErrorCode? Code,
    DateTimeOffset SubmittedAt,
    DateTimeOffset? EndedAt,
    long FuelUsed,
    TokenAmount Charge);

/// <summary>A page of a list, newest first. <paramref name="Next"/> is the cursor of the next page; null on the last one.</summary>
public sealed record Page<TItem>(IReadOnlyList<TItem> Items, string? Next);

/// <summary>Why a job was matched as it was, or why it waits.</summary>
/// <param name="Id">The job.</param>
/// <param name="State">Where it is in its life.</param>
/// <param name="Summary">One sentence.</param>
/// <param name="Offers">Each offer that was looked at.</param>
/// <param name="CheapestPrice">
/// The price limit at which the cheapest offer that fits would take the waiting job; null where no offer fits, and for jobs that do not wait for one.
/// </param>
public sealed record JobExplanation(
    JobId Id, JobState State, string Summary, IReadOnlyList<OfferVerdict> Offers, TokenAmount? CheapestPrice = null);

/// <param name="Worker">Whose offer.</param>
/// <param name="Price">What it would have cost at most.</param>
/// <param name="Won">Whether it got the job.</param>
/// <param name="Reason">Why it won or lost.</param>
public sealed record OfferVerdict(WorkerId Worker, TokenAmount Price, bool Won, string Reason);

/// <summary>A server-sent event <c>job</c>: a job of the account has ended.</summary>
public sealed record JobEnded(
    JobId Id, string RequestId, JobState State, ErrorCode? Code, long FuelUsed, TokenAmount Charge, JobOutput? Output);
