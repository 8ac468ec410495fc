using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Marketplace;

/// <summary>What is run, on what, within which bounds: a <see cref="JobRequest"/> without what names it and what it may cost.</summary>
public abstract record JobTerms
{
    /// <summary>The fuel limit of a job that states none: about a tenth of a second of one core.</summary>
    public const long FuelMaxUnstated = 100_000_000;

    /// <summary>
    /// The most that a client chooses for a job that states no fuel limit: about a second of one core. Real programs need it: an
    /// interpreter of Python starts with 600 million.
    /// </summary>
    public const long FuelMaxChosen = 1_000_000_000;

    /// <summary>What to run.</summary>
    public required ProgramId Program { get; init; }

    /// <summary>The export to call; left out: the program's only entry point.</summary>
    public string? EntryPoint { get; init; }

    /// <summary>The input in base64, at most 16 KiB decoded. At most one of input, inputText and inputBlob.</summary>
    public ReadOnlyMemory<byte>? Input { get; init; }

    /// <summary>The input as text, sent as UTF-8, at most 16 KiB.</summary>
    public string? InputText { get; init; }

    /// <summary>The input as a blob of the account.</summary>
    public BlobId? InputBlob { get; init; }

    /// <summary>Arguments of a WASI command.</summary>
    public IReadOnlyList<string>? Arguments { get; init; }

    /// <summary>What a WASI command finds in its environment: at most 64 variables, 8 KiB together.</summary>
    public IReadOnlyDictionary<string, string>? Environment { get; init; }

    /// <summary>
    /// Blobs of the account that the program finds as files under <c>/in</c>, by their names there: at most 64. A name is a relative path
    /// of at most 255 bytes.
    /// </summary>
    public IReadOnlyDictionary<string, BlobId>? InputFiles { get; init; }

    /// <summary>Instructions; left out: 100 million.</summary>
    public long? FuelMax { get; init; }

    /// <summary>Pages of 64 KiB; left out: 1024, which is 64 MiB.</summary>
    public int? MemoryPagesMax { get; init; }

    /// <summary>Wall time of the run in milliseconds; left out: 30 seconds.</summary>
    public long? TimeMaxMs { get; init; }

    /// <summary>What the worker must be; left out: any that is cheap enough and has the memory.</summary>
    public JobNeeds? Needs { get; init; }

    /// <summary>
    /// 1 to 10: the job pays so many times what its worker asks, and counts the same part of its fuel in its account's turns, so it comes
    /// earlier. Left out or 0: 1.
    /// </summary>
    public int? Priority { get; init; }

    /// <summary>
    /// How long workers may bid for the job, in milliseconds, 100 to 60,000: the lowest sealed bid wins and is paid the second lowest, at
    /// most what the price limit covers. Left out or 0: no auction, and it is paid what its worker asks publicly.
    /// </summary>
    public long? AuctionMs { get; init; }

    /// <summary>
    /// The account's own name of a group of jobs, 1 to 64 bytes: no two jobs of it run at the same time on one worker. Left out: the job
    /// runs beside any.
    /// </summary>
    public string? Group { get; init; }

    /// <summary>
    /// With group: what its jobs do not share while they run; left out: a worker. Jobs that say otherwise are of another group.
    /// </summary>
    public GroupSpread? Spread { get; init; }

    /// <summary>
    /// How sure to be of the result: <c>none</c>, one worker's word; <c>audit:10%</c>, by that chance a second worker runs it too;
    /// <c>quorum:2/3</c>, two of three workers must give one result; <c>committee:5</c>, a committee signs it. Left out: none. The price
    /// limit is for all of its runs: each may cost an equal part of it.
    /// </summary>
    public Assurance? Assurance { get; init; }

    /// <summary>
    /// Whether the job may be answered from the receipt of an earlier job with the same program, input and limits of memory, at a part of
    /// its price; and later ones from its receipt, which then names this account. Left out: no, and the job runs.
    /// </summary>
    public bool? Reuse { get; init; }

    /// <summary>Attempts after a worker's failure; left out: 3.</summary>
    public int? RetriesMax { get; init; }

    /// <summary>How long the job may wait for a worker, in milliseconds; left out: one hour.</summary>
    public long? ExpiresAfterMs { get; init; }
}

/// <summary>One job to run: the body of <c>POST /v1/jobs</c>, and an item of a batch.</summary>
public sealed record JobRequest : JobTerms
{
    /// <summary>A request whose terms are set one by one.</summary>
    [JsonConstructor]
    public JobRequest() { }

    /// <summary>A request on the terms of another or of what the client keeps.</summary>
    /// <param name="terms">What is run.</param>
    /// <param name="requestId">Names the job.</param>
    /// <param name="priceMax">What it may cost in all.</param>
    [SetsRequiredMembers]
    public JobRequest(JobTerms terms, string requestId, TokenAmount priceMax)
        : base(terms) => (RequestId, PriceMax) = (requestId, priceMax);

    /// <summary>The client's own id of the job, 1 to 128 bytes: sending it again reaches the same job.</summary>
    public required string RequestId { get; init; }

    /// <summary>What the job may cost in all, in base units; held until it is settled.</summary>
    public required TokenAmount PriceMax { get; init; }
}

/// <summary>The body of <c>POST /v1/jobs:batch</c>.</summary>
/// <param name="Jobs">1 to 1,000 jobs.</param>
public sealed record JobBatchRequest(IReadOnlyList<JobRequest> Jobs);

/// <summary>What became of a batch.</summary>
/// <param name="Results">One per item of the batch, in order.</param>
public sealed record JobBatchResponse(IReadOnlyList<JobBatchItem> Results);

/// <summary>What became of one item: code and message are there when it was refused.</summary>
/// <param name="Id">The job's id.</param>
/// <param name="Existed">The same request had created it before.</param>
/// <param name="Code">Why it was refused.</param>
/// <param name="Message">What was seen, what is allowed, what to do.</param>
public sealed record JobBatchItem(JobId Id, bool Existed, ErrorCode? Code, string? Message);

/// <summary>The body of <c>POST /v1/jobs:get</c>.</summary>
/// <param name="Ids">1 to 1,000 jobs.</param>
public sealed record JobsGetRequest(IReadOnlyList<JobId> Ids);

/// <summary>Many jobs at once.</summary>
/// <param name="Jobs">Those that were found, in the order asked.</param>
/// <param name="NotFound">The others: this account has no such jobs.</param>
public sealed record JobsGetResponse(IReadOnlyList<Job> Jobs, IReadOnlyList<JobId> NotFound);
