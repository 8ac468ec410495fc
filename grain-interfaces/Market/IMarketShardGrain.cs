using System.Collections.Immutable;

namespace Marketplace.GrainInterfaces;

/// <summary>
/// What the shards of a market tell each other; the same grain as <see cref="IMarketGrain"/>, under the same key. A shard with jobs that no
/// offer of its own takes says so; one with workers that have nothing to do claims some of them. A job that was handed over stays in the
/// book of its home shard, which answers for it, and is leased by the other, until that one says that it has ended or comes back.
/// </summary>
[Alias("IMarketShardGrain")]
public interface IMarketShardGrain : IGrainWithStringKey
{
    /// <summary>Another shard has jobs that wait, or has started: what was handed to it before is lost then.</summary>
    [Effect(Effect.Idempotent), AlwaysInterleave, Alias("NoteBacklog")]
    Task NoteBacklog(ShardBacklog backlog, Authority by);

    /// <summary>
    /// Hands over jobs that the offers take, in the turns of their accounts. A repeated claim gets the same jobs again: its answer may have
    /// been lost. What no shard has after some time is in the queue again.
    /// </summary>
    /// <exception cref="MarketException"><see cref="ErrorCode.LimitExceeded"/>: more offers than a claim may have.</exception>
    [Effect(Effect.Deduplicated), AlwaysInterleave, ResponseTimeout("00:00:05"), Alias("Claim")]
    Task<ImmutableArray<HandedJob>> Claim(ShardClaim claim, Authority by);

    /// <summary>Jobs of this shard come back without an end: they wait here again.</summary>
    [Effect(Effect.Idempotent), AlwaysInterleave, Alias("TakeBack")]
    Task TakeBack(string shard, long start, ImmutableArray<HandedJob> jobs, Authority by);

    /// <summary>Jobs of this shard have ended in another; their ends are durable.</summary>
    [Effect(Effect.Idempotent), AlwaysInterleave, Alias("Conclude")]
    Task Conclude(string shard, long start, ImmutableArray<ConcludedJob> jobs, Authority by);

    /// <summary>Why the offers of this shard do not take a job of another that waits: a person asks, and must not wait for long.</summary>
    [Effect(Effect.None), AlwaysInterleave, ResponseTimeout("00:00:02"), Alias("Survey")]
    Task<ShardSurvey> Survey(WaitingJob job, Authority by);

    /// <summary>The jobs of another shard that this one has. A shard that starts asks it, and must not wait for long.</summary>
    [Effect(Effect.None), AlwaysInterleave, ResponseTimeout("00:00:05"), Alias("FindHeld")]
    Task<HeldJobs> FindHeld(string home, Authority by);

    /// <summary>
    /// Another shard lends offers of its workers, for seats of panels here. The last loan of a shard replaces those before; it lasts
    /// half a minute, unless it is repeated.
    /// </summary>
    /// <returns>False where the loan that is repeated is not known: it is to be sent whole.</returns>
    /// <exception cref="MarketException"><see cref="ErrorCode.LimitExceeded"/>: more offers than a loan may have.</exception>
    [Effect(Effect.Idempotent), AlwaysInterleave, ResponseTimeout("00:00:05"), Alias("Lend")]
    Task<bool> Lend(ShardLoan loan, Authority by);

    /// <summary>
    /// Orders of another shard for workers of this one that it has on loan: they come with the answers to these workers' polls. What the
    /// workers report goes to the shard that gave the lease.
    /// </summary>
    /// <returns>Workers whose offer is another one now: nothing of their orders counts.</returns>
    [Effect(Effect.Idempotent), AlwaysInterleave, ResponseTimeout("00:00:05"), Alias("Relay")]
    Task<ImmutableArray<WorkerId>> Relay(ShardRelay relay, Authority by);

    /// <summary>
    /// A poll of a worker that this shard has on loan was answered with leases of this shard, and with orders to tell sealed results: what
    /// the worker does not do from here on is its own fault.
    /// </summary>
    /// <param name="worker">Whose poll.</param>
    /// <param name="leases">Those that it has now.</param>
    /// <param name="reveals">Those whose results it is to tell.</param>
    /// <param name="by">Must be <see cref="Authority.Market"/>.</param>
    /// <returns>Those of the leases that are over: nothing of them counts.</returns>
    /// <exception cref="MarketException"><see cref="ErrorCode.LimitExceeded"/>: more than a poll's answer has.</exception>
    [Effect(Effect.Idempotent), AlwaysInterleave, ResponseTimeout("00:00:05"), Alias("Delivered")]
    Task<ImmutableArray<LeaseId>> Delivered(WorkerId worker, ImmutableArray<LeaseId> leases, ImmutableArray<LeaseId> reveals, Authority by);
}

/// <param name="Shard">Which shard lends.</param>
/// <param name="Start">Its start number.</param>
/// <param name="Version">Counts its loans.</param>
/// <param name="Offers">What it lends; default: what the loan of this version said.</param>
[GenerateSerializer, Immutable, Alias("ShardLoan")]
public sealed record ShardLoan(
    [property: Id(0)] string Shard,
    [property: Id(1)] long Start,
    [property: Id(2)] long Version,
    [property: Id(3)] ImmutableArray<LentOffer> Offers
);

/// <param name="Offer">The offer.</param>
/// <param name="Standing">Its worker's reputation.</param>
/// <param name="Number">Of the offer, in its shard's start: a worker that offers again has lost what it had.</param>
/// <param name="Heartbeats">Its heartbeats name its leases.</param>
[GenerateSerializer, Immutable, Alias("LentOffer")]
public sealed record LentOffer(
    [property: Id(0)] WorkerOffer Offer,
    [property: Id(1)] Standing Standing,
    [property: Id(2)] long Number,
    [property: Id(3)] bool Heartbeats
);

/// <param name="Shard">Whose orders.</param>
/// <param name="Start">Its start number.</param>
/// <param name="LenderStart">The start number of the shard that lent the offers.</param>
/// <param name="Orders">One entry for each worker.</param>
[GenerateSerializer, Immutable, Alias("ShardRelay")]
public sealed record ShardRelay(
    [property: Id(0)] string Shard,
    [property: Id(1)] long Start,
    [property: Id(2)] long LenderStart,
    [property: Id(3)] ImmutableArray<RelayedOrders> Orders
);

/// <param name="Worker">Whom they are for.</param>
/// <param name="Number">Of its lent offer.</param>
/// <param name="Orders">What it is to do.</param>
/// <param name="Freed">Leases that take no slot any more.</param>
[GenerateSerializer, Immutable, Alias("RelayedOrders")]
public sealed record RelayedOrders(
    [property: Id(0)] WorkerId Worker,
    [property: Id(1)] long Number,
    [property: Id(2)] WorkerOrders Orders,
    [property: Id(3)] ImmutableArray<LeaseId> Freed
);

/// <param name="Shard">Its key.</param>
/// <param name="Start">Its start number.</param>
/// <param name="ReadyJobs">Jobs that wait for an offer; 0 tells of a start.</param>
/// <param name="PriceCapMax">The most that one of them pays per million fuel.</param>
[GenerateSerializer, Immutable, Alias("ShardBacklog")]
public sealed record ShardBacklog(
    [property: Id(0)] string Shard,
    [property: Id(1)] long Start,
    [property: Id(2)] int ReadyJobs,
    [property: Id(3)] TokenAmount PriceCapMax
);

/// <param name="Shard">Which shard claims.</param>
/// <param name="Start">Its start number.</param>
/// <param name="Sequence">Counts its claims.</param>
/// <param name="Offers">Its offers that take leases, the cheapest first.</param>
[GenerateSerializer, Immutable, Alias("ShardClaim")]
public sealed record ShardClaim(
    [property: Id(0)] string Shard,
    [property: Id(1)] long Start,
    [property: Id(2)] long Sequence,
    [property: Id(3)] ImmutableArray<ShardOffer> Offers
);

/// <param name="Offer">The offer.</param>
/// <param name="Standing">Its worker's reputation.</param>
/// <param name="Capacity">Leases that it takes now.</param>
[GenerateSerializer, Immutable, Alias("ShardOffer")]
public sealed record ShardOffer([property: Id(0)] WorkerOffer Offer, [property: Id(1)] Standing Standing, [property: Id(2)] int Capacity);

/// <param name="Ticket">The job.</param>
/// <param name="IsWhole">False where what only the run needs has to be read.</param>
/// <param name="Worker">Whose offer it was handed for.</param>
/// <param name="Track">What has happened to it.</param>
/// <param name="BuyerScore">The reputation of its account as a buyer, in thousandths, as its own shard knows it; 0: it does not.</param>
[GenerateSerializer, Immutable, Alias("HandedJob")]
public sealed record HandedJob(
    [property: Id(0)] JobTicket Ticket,
    [property: Id(1)] bool IsWhole,
    [property: Id(2)] WorkerId Worker,
    [property: Id(3)] JobTrack Track,
    [property: Id(4)] int BuyerScore = 0
);

/// <summary>What a market knows of an open job beside its ticket.</summary>
/// <param name="Attempts">Runs that were begun.</param>
/// <param name="Failures">Those that failed by their workers' fault.</param>
/// <param name="Interruptions">Those that were lost.</param>
/// <param name="FailedOn">Workers that do not see it for a while.</param>
/// <param name="AvoidsNewcomers">Nor do workers without a reputation.</param>
/// <param name="Doubted">The first worker that could not have its module or input; null where none has said so.</param>
/// <param name="DoubtedOutcome">What that one said.</param>
/// <param name="Faults">What counts against workers if another run ends the job.</param>
/// <param name="History">Its steps so far.</param>
/// <param name="ExpiresAt">Until when it waits for a worker.</param>
/// <param name="Delay">How long it must not run now.</param>
/// <param name="Preparations">How often what a run needs could not be read, in a row.</param>
[GenerateSerializer, Immutable, Alias("JobTrack")]
public sealed record JobTrack(
    [property: Id(0)] int Attempts,
    [property: Id(1)] int Failures,
    [property: Id(2)] int Interruptions,
    [property: Id(3)] ImmutableArray<WorkerId> FailedOn,
    [property: Id(4)] bool AvoidsNewcomers,
    [property: Id(5)] WorkerId? Doubted,
    [property: Id(6)] RunOutcome DoubtedOutcome,
    [property: Id(7)] ImmutableArray<NotedFault> Faults,
    [property: Id(8)] ImmutableArray<JobEvent> History,
    [property: Id(9)] DateTimeOffset ExpiresAt,
    [property: Id(10)] TimeSpan Delay,
    [property: Id(11)] int Preparations = 0
);

/// <param name="Worker">Whose fault.</param>
/// <param name="Fault">What went wrong.</param>
[GenerateSerializer, Immutable, Alias("NotedFault")]
public readonly record struct NotedFault([property: Id(0)] WorkerId Worker, [property: Id(1)] Fault Fault);

/// <param name="Job">The job, without what only a run needs.</param>
/// <param name="Before">Jobs before it.</param>
/// <param name="IsBeforeLeast">There may be more before it.</param>
[GenerateSerializer, Immutable, Alias("WaitingJob")]
public sealed record WaitingJob([property: Id(0)] HandedJob Job, [property: Id(1)] int Before, [property: Id(2)] bool IsBeforeLeast);

/// <param name="Offers">Offers that the shard has.</param>
/// <param name="Explanation">What they lack for the job.</param>
[GenerateSerializer, Immutable, Alias("ShardSurvey")]
public sealed record ShardSurvey([property: Id(0)] int Offers, [property: Id(1)] JobExplanation Explanation);

/// <param name="Job">The job.</param>
/// <param name="FuelUsed">What its account's turn counts.</param>
[GenerateSerializer, Immutable, Alias("ConcludedJob")]
public readonly record struct ConcludedJob([property: Id(0)] JobId Job, [property: Id(1)] long FuelUsed);

/// <param name="Start">The start number of the shard that has them.</param>
/// <param name="Jobs">Their ids.</param>
[GenerateSerializer, Immutable, Alias("HeldJobs")]
public sealed record HeldJobs([property: Id(0)] long Start, [property: Id(1)] ImmutableArray<JobId> Jobs);
