using System.Text.Json.Serialization;

namespace Marketplace.Api.Workers;

/// <summary>What a worker asks and offers. The first message of a link.</summary>
public sealed record WorkerOffer(WorkerId Worker, AccountId PayTo, TokenAmount PricePerMillionFuel, int Slots, int MemoryPagesMax);

/// <summary>The market's answer to an offer; the start number is part of every lease.</summary>
public sealed record WorkerWelcome(long Start);

/// <summary>Asks for leases and for leases to stop. Sequence counts the polls of a start: a repeated one is answered alike.</summary>
/// <param name="Worker">Who asks.</param>
/// <param name="Start">The start number of its offer.</param>
/// <param name="Sequence">1, 2, 3 …</param>
/// <param name="LeasesMax">Leases that it wants to hold at a time, those it holds included.</param>
public sealed record WorkerPoll(WorkerId Worker, long Start, long Sequence, int LeasesMax);

/// <param name="Known">False: offer again and drop all leases.</param>
/// <param name="Leases">Jobs to run.</param>
/// <param name="Stops">Leases to stop at once; no report on them is needed.</param>
public sealed record WorkerOrders(bool Known, IReadOnlyList<WorkerLease> Leases, IReadOnlyList<LeaseId> Stops);

/// <summary>The right and duty to run one job until <paramref name="Deadline"/>.</summary>
public sealed record WorkerLease(
    LeaseId Id,
    JobId Job,
    ProgramId Program,
    BlobId Module,
    string? EntryPoint,
    IReadOnlyList<string> Arguments,
    ReadOnlyMemory<byte> Input,
    BlobId? InputBlob,
    long FuelMax,
    int MemoryPagesMax,
    TimeSpan TimeMax,
    int Attempt,
    StateRoot? Root,
    DateTimeOffset SubmittedAt,
    DateTimeOffset Deadline)
{
    /// <summary>Blobs that the program finds under <c>/in</c>, by their names.</summary>
    public IReadOnlyDictionary<string, BlobId>? Files { get; init; }

    /// <summary>What the program finds in its environment.</summary>
    public IReadOnlyDictionary<string, string>? Environment { get; init; }
}

/// <summary>How a run ended.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<RunOutcome>))]
public enum RunOutcome
{
    Completed = 0,
    Trapped = 1,
    Failed = 2,
    OutOfFuel = 3,
    OutOfMemory = 4,
    TimedOut = 5,
    Cancelled = 6,
    OutputTooLarge = 7,
    WorkerFault = 8,
    InputUnavailable = 9,
    InvalidModule = 10,

    /// <summary>Not started: the lease goes back to the market. Neither a failure nor a retry.</summary>
    Returned = 11,
}

/// <summary>The result of one lease. An output over 16 KiB was uploaded before as <paramref name="OutputBlob"/>.</summary>
public sealed record WorkerResult(
    LeaseId Lease,
    JobId Job,
    RunOutcome Outcome,
    string? Reason,
    long FuelUsed,
    ReadOnlyMemory<byte> Output,
    BlobId? OutputBlob,
    long OutputSize,
    ReadOnlyMemory<byte> Log,
    IReadOnlyList<StateChange> StateChanges,
    DateTimeOffset StartedAt,
    DateTimeOffset EndedAt)
{
    /// <summary>What the program exited with; null where it was stopped, or did not run.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Files that the program left under <c>/out</c>; all were uploaded before.</summary>
    public IReadOnlyList<JobFile>? Files { get; init; }
}

/// <summary>A changed key of program state; a null value deletes it.</summary>
public readonly record struct StateChange(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte>? Value);

/// <summary>Results in a batch: what has gathered while the report before was under way, at most 64.</summary>
public sealed record WorkerReport(WorkerId Worker, IReadOnlyList<WorkerResult> Results);
