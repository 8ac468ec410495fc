using System.Text.Json.Serialization;

namespace Marketplace;

/// <summary>What can be watched of the market.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<EventStream>))]
public enum EventStream
{
    /// <summary>Jobs that wait, run, and wait again.</summary>
    Jobs = 0,

    /// <summary>Offers of workers that come, change and go.</summary>
    Capabilities = 1,

    /// <summary>Jobs that have ended.</summary>
    Results = 2,

    /// <summary>Standings of workers that change.</summary>
    Reputation = 3,

    /// <summary>The market's starts and its figures.</summary>
    Health = 4,
}

/// <summary>What happened.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<MarketEventKind>))]
public enum MarketEventKind
{
    /// <summary>A job waits for an offer.</summary>
    Queued = 0,

    /// <summary>A worker took a job.</summary>
    Leased = 1,

    /// <summary>A run of a job did not count; the job waits again.</summary>
    Retried = 2,

    /// <summary>A worker made or changed its offer.</summary>
    Offered = 3,

    /// <summary>A worker said goodbye.</summary>
    Left = 4,

    /// <summary>A worker fell silent or is certainly gone.</summary>
    Lost = 5,

    /// <summary>A worker's standing changed.</summary>
    Standing = 6,

    /// <summary>The market has started.</summary>
    Started = 7,

    /// <summary>The market's figures, every ten seconds.</summary>
    Pulse = 8,

    /// <summary>A job has ended.</summary>
    Ended = 9,
}

/// <summary>
/// A server-sent event of <c>GET /v1/events?stream=…</c>, named for its stream. What tells whose job it is stands only in the events of the
/// caller's own jobs: <see cref="Account"/>, <see cref="Job"/>, <see cref="RequestId"/> and <see cref="Code"/>.
/// </summary>
/// <param name="Stream">Which stream it is of.</param>
/// <param name="Kind">What happened.</param>
public sealed record MarketEvent(EventStream Stream, MarketEventKind Kind)
{
    /// <summary>When, by the market's clock; absent for jobs that have ended.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>The job's capability class.</summary>
    public string? Class { get; init; }

    /// <summary>The worker that it is about, or that ran the job.</summary>
    public WorkerId? Worker { get; init; }

    /// <summary>The caller's account, whose job it is.</summary>
    public AccountId? Account { get; init; }

    /// <summary>The caller's job.</summary>
    public JobId? Job { get; init; }

    /// <summary>The caller's own id of the job.</summary>
    public string? RequestId { get; init; }

    /// <summary>Per million fuel: what the job pays at most while it waits, and what it pays when a worker takes it.</summary>
    public TokenAmount? Price { get; init; }

    /// <summary>The most fuel that the job may use.</summary>
    public long? FuelMax { get; init; }

    /// <summary>Pages of 64 KiB that the job may have.</summary>
    public int? MemoryPagesMax { get; init; }

    /// <summary>How the job ended.</summary>
    public JobState? State { get; init; }

    /// <summary>Why the caller's job did not complete.</summary>
    public ErrorCode? Code { get; init; }

    /// <summary>Instructions that the ended job used.</summary>
    public long? FuelUsed { get; init; }

    /// <summary>What the ended job cost.</summary>
    public TokenAmount? Charge { get; init; }

    /// <summary>The worker's offer and standing.</summary>
    public MarketWorker? Offer { get; init; }

    /// <summary>Jobs that wait.</summary>
    public int? QueuedJobs { get; init; }

    /// <summary>Jobs that run.</summary>
    public int? RunningJobs { get; init; }

    /// <summary>Workers with an offer.</summary>
    public int? Workers { get; init; }
}
