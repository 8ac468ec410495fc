using System.Collections.Immutable;

namespace Marketplace.GrainInterfaces;

/// <summary>
/// The queue and the offers of one shard of the market. Keys: <see cref="MarketShards"/>. In memory; rebuilt from the read model after a
/// restart.
/// </summary>
[Alias("IMarketGrain")]
public interface IMarketGrain : IGrainWithStringKey
{
    /// <summary>Queues pending jobs. A job that is queued or leased already stays as it is.</summary>
    [Effect(Effect.Idempotent), AlwaysInterleave, Alias("Enqueue")]
    Task Enqueue(ImmutableArray<JobTicket> tickets, Authority by);

    /// <summary>
    /// How much more may be queued: asked before jobs of <paramref name="account"/> are written. What is on its way into the queue
    /// meanwhile is not counted.
    /// </summary>
    [Effect(Effect.None), AlwaysInterleave, Alias("GetRoom")]
    Task<QueueRoom> GetRoom(AccountId account);

    /// <summary>As <see cref="GetRoom"/>, for the classes of jobs: asked where a batch has jobs with needs.</summary>
    /// <param name="account">Whose jobs.</param>
    /// <param name="wanted">The names of their classes.</param>
    /// <exception cref="MarketException"><see cref="ErrorCode.LimitExceeded"/>: more classes than a batch has jobs.</exception>
    [Effect(Effect.None), AlwaysInterleave, Alias("FindClassRoom")]
    Task<ClassRoom> FindClassRoom(AccountId account, ImmutableArray<string> wanted);

    /// <summary>Takes a job out of the queue, or tells its worker to stop. Nothing happens where it is neither queued nor leased.</summary>
    [Effect(Effect.Idempotent), AlwaysInterleave, Alias("Withdraw")]
    Task Withdraw(JobId job, Authority by);

    /// <summary>
    /// Publishes or replaces a worker's offer; the market takes back the leases of the offer before. The answer's start number is part of
    /// every lease, so a worker that has not seen the answer has no lease that a repetition could take.
    /// </summary>
    [Effect(Effect.Idempotent), AlwaysInterleave, Alias("Offer")]
    Task<long> Offer(WorkerOffer offer);

    /// <summary>A worker's reputation has changed. Nothing happens where the market does not know the worker.</summary>
    [Effect(Effect.Idempotent), AlwaysInterleave, Alias("SetStanding")]
    Task SetStanding(WorkerId worker, Standing standing, Authority by);

    /// <summary>
    /// The worker is certainly gone, with the machine or process that it ran in. The market withdraws its offer and queues its jobs again
    /// at once, before their leases' deadlines. A worker that is alive after all offers again. Nothing happens if the market does not know
    /// the worker.
    /// </summary>
    /// <returns>How many jobs were queued again.</returns>
    [Effect(Effect.Idempotent), AlwaysInterleave, Alias("Dismiss")]
    Task<int> Dismiss(WorkerId worker, Authority by);

    /// <summary>
    /// The worker says goodbye: its offer is withdrawn, and the jobs that it had are queued again at once. Those that it had not begun wait
    /// on as if they had not been matched. Nothing happens if the market does not know the worker.
    /// </summary>
    [Effect(Effect.Idempotent), AlwaysInterleave, Alias("Leave")]
    Task Leave(WorkerId worker);

    /// <summary>
    /// A worker's long poll: answers as soon as it may have more leases or there are leases to stop, else when
    /// <see cref="MarketLimits.PollMax"/> is over. A repeated poll gets the first answer again, because the worker may have lost it.
    /// </summary>
    [Effect(Effect.Deduplicated), AlwaysInterleave, Alias("Poll")]
    Task<WorkerOrders> Poll(WorkerPoll poll, CancellationToken cancellation);

    /// <summary>Results of leases, in batches. When it returns, every job of the batch has its terminal write or is queued again.</summary>
    /// <returns>
    /// Those that count for nothing, and why. What was reported before and took effect is not among them. Default from a silo that does
    /// not say it yet.
    /// </returns>
    [Effect(Effect.Deduplicated), AlwaysInterleave, Alias("Report")]
    Task<ImmutableArray<RefusedReport>> Report(WorkerId worker, ImmutableArray<LeaseReport> reports);

    /// <summary>
    /// The worker has results that it keeps sealed until the market asks for them. Their slots are free; nothing is durable yet. Nothing
    /// happens for a lease that is over or takes no sealed result.
    /// </summary>
    /// <returns>Those that count for nothing, and why.</returns>
    /// <exception cref="MarketException"><see cref="ErrorCode.LimitExceeded"/>: more than one report may have.</exception>
    [Effect(Effect.Idempotent), AlwaysInterleave, ResponseTimeout("00:00:05"), Alias("Commit")]
    Task<ImmutableArray<RefusedReport>> Commit(WorkerId worker, ImmutableArray<SealedResult> results);

    /// <summary>
    /// Draws a jury for a dispute, by stake, and tells the dispute's grain what it gave. A trial that is under way stays as it is; one that
    /// is lost with the market is asked for again. The job has ended: nothing of it changes.
    /// </summary>
    /// <exception cref="MarketException"><see cref="ErrorCode.LimitExceeded"/>: as many trials as the market holds are under way; ask
    /// again.</exception>
    [Effect(Effect.Idempotent), AlwaysInterleave, Alias("Try")]
    Task Try(Trial trial, Authority by);

    /// <summary>How many jurors have a result of the disputed job; null: no trial of it is under way here.</summary>
    [Effect(Effect.None), AlwaysInterleave, ResponseTimeout("00:00:02"), Alias("CountJurors")]
    Task<int?> CountJurors(JobId job);

    /// <summary>
    /// What a member of committees signs. A vote on a window that is over, and a second one of a member, change nothing; a signature that
    /// does not hold is as no vote.
    /// </summary>
    /// <exception cref="MarketException"><see cref="ErrorCode.LimitExceeded"/>: more than the market has asked for.</exception>
    [Effect(Effect.Deduplicated), AlwaysInterleave, ResponseTimeout("00:00:05"), Alias("Vote")]
    Task Vote(WorkerId worker, ImmutableArray<WindowVote> votes, ImmutableArray<CommitteeShare> shares);

    /// <summary>A member's signature of a settlement. One that does not hold, or is late, changes nothing.</summary>
    [Effect(Effect.Idempotent), AlwaysInterleave, ResponseTimeout("00:00:05"), Alias("Settle")]
    Task Settle(WorkerId worker, SettlementVote vote);

    /// <summary>
    /// A sign of life of a worker, with all its leases and how far each has come. A lease that is not named for some time is over before
    /// its deadline. It writes nothing: what was said last is what a client pays who cancels the run. Fuel that no machine can have used
    /// in the time of the lease does not count.
    /// </summary>
    /// <returns>Those of the leases that are not this worker's, or are over: it stops their runs.</returns>
    /// <exception cref="MarketException"><see cref="ErrorCode.LimitExceeded"/>: more runs than a worker may have.</exception>
    [Effect(Effect.Idempotent), AlwaysInterleave, Alias("Heartbeat")]
    Task<ImmutableArray<LeaseId>> Heartbeat(WorkerId worker, ImmutableArray<LeaseProgress> runs);

    /// <summary>
    /// The run of an open job, as its worker last told of it. Null where no worker has it. A cancellation asks this first and must not wait
    /// for long.
    /// </summary>
    [Effect(Effect.None), AlwaysInterleave, ResponseTimeout("00:00:02"), Alias("FindRun")]
    Task<OpenRun?> FindRun(JobId job, Authority by);

    /// <summary>What the lease allows. Null where it is not this worker's, was reported, or is over.</summary>
    /// <exception cref="MarketException"><see cref="ErrorCode.LimitExceeded"/>: a later call of the lease was seen.</exception>
    [Effect(Effect.Idempotent), AlwaysInterleave, Alias("FindLease")]
    Task<LeaseGrant?> FindLease(LeaseCall call);

    /// <summary>See <see cref="IWorkerGrain.BeginOutput"/>.</summary>
    /// <returns>False where <see cref="FindLease"/> is null.</returns>
    [Effect(Effect.Idempotent), AlwaysInterleave, Alias("BeginOutput")]
    Task<bool> BeginOutput(LeaseCall call, BlobId output, long size);

    /// <summary>See <see cref="IWorkerGrain.AddOutput"/>.</summary>
    /// <returns>False where <see cref="FindLease"/> is null.</returns>
    [Effect(Effect.Idempotent), AlwaysInterleave, Alias("AddOutput")]
    Task<bool> AddOutput(LeaseCall call, BlobId output);

    /// <summary>Where an open job is. Null where it is not in this market.</summary>
    [Effect(Effect.None), AlwaysInterleave, Alias("FindJob")]
    Task<OpenJobStep?> FindJob(JobId job);

    /// <summary>Where an open job stands and what each offer lacks. Null where the job is not in this market.</summary>
    [Effect(Effect.None), AlwaysInterleave, Alias("Explain")]
    Task<OpenJob?> Explain(JobId job);

    /// <summary>Offers in the order of price and worker, after a place in it.</summary>
    /// <exception cref="MarketException"><see cref="ErrorCode.LimitExceeded"/>: more than
    /// <see cref="MarketLimits.ListedOffersMax"/>.</exception>
    [Effect(Effect.None), AlwaysInterleave, Alias("ListOffers")]
    Task<ImmutableArray<OfferView>> ListOffers(OfferPlace? after, int limit);

    /// <summary>Why a worker gets no work, by some of the jobs that wait.</summary>
    /// <param name="worker">The worker, known or not.</param>
    /// <param name="caller">A key of the account with the worker's own key pair or of the one that it earns for; or of the
    /// operator.</param>
    /// <exception cref="MarketException"><see cref="ErrorCode.Forbidden"/>.</exception>
    [Effect(Effect.None), AlwaysInterleave, Alias("ExplainWorker")]
    Task<WorkerExplanation> ExplainWorker(WorkerId worker, Caller caller);

    /// <summary>A worker's offer; null where the market does not have it.</summary>
    [Effect(Effect.None), AlwaysInterleave, Alias("FindOffer")]
    Task<OfferView?> FindOffer(WorkerId worker);

    /// <summary>A worker's leases that are not over, those that it has longest first; those of other shards are theirs to tell.</summary>
    [Effect(Effect.None), AlwaysInterleave, Alias("ListLeases")]
    Task<ImmutableArray<LeaseView>> ListLeases(WorkerId worker);

    [Effect(Effect.None), AlwaysInterleave, Alias("GetView")]
    Task<MarketView> GetView();
}

/// <summary>All that matching and running a job needs, so that neither asks the job's grain.</summary>
[GenerateSerializer, Immutable, Alias("JobTicket")]
public sealed record JobTicket(
    [property: Id(0)] JobId Job,
    [property: Id(1)] AccountId Account,
    [property: Id(2)] JobSpec Spec,
    [property: Id(3)] BlobId Module,
    [property: Id(4)] bool UsesState,
    [property: Id(5)] DateTimeOffset SubmittedAt,
    [property: Id(6)] string RequestId,
    [property: Id(7)] RefusalList? Refusals = null
);

/// <param name="Worker">The worker's key.</param>
/// <param name="PayTo">Which account earns.</param>
/// <param name="PricePerMillionFuel">What it asks.</param>
/// <param name="Slots">Jobs that it runs at a time.</param>
/// <param name="MemoryPagesMax">The largest guest memory that it allows.</param>
/// <param name="Labels">What it says of itself, ascending; default is nothing.</param>
/// <param name="RefusedAccounts">Accounts whose jobs it does not take, ascending; default is none.</param>
/// <param name="BuyerReputationMin">The least reputation, in thousandths, of the accounts whose jobs it takes; 0: any.</param>
[GenerateSerializer, Immutable, Alias("WorkerOffer")]
public sealed record WorkerOffer(
    [property: Id(0)] WorkerId Worker,
    [property: Id(1)] AccountId PayTo,
    [property: Id(2)] TokenAmount PricePerMillionFuel,
    [property: Id(3)] int Slots,
    [property: Id(4)] int MemoryPagesMax,
    [property: Id(5)] ImmutableArray<string> Labels = default,
    [property: Id(6)] ImmutableArray<AccountId> RefusedAccounts = default,
    [property: Id(7)] int BuyerReputationMin = 0
)
{
    /// <summary>Its key for committees; null: it serves in none.</summary>
    [Id(8)]
    public CommitteeKey? Committee { get; init; }

    /// <summary>What the worker has signed of it for its ledger; null: nothing, and only the market tells the offer there.</summary>
    [Id(9)]
    public OfferStatement? Statement { get; init; }
}

/// <summary>An offer as its worker's own operation, by receipts/LEDGER.md.</summary>
/// <param name="Epoch">The worker's incarnation.</param>
/// <param name="Sequence">Counts its offers of the epoch from 1.</param>
/// <param name="Time">When it made the offer, as it says: nanoseconds since 1970, UTC.</param>
/// <param name="Signature">The worker's over the operation, for this market: Ed25519.</param>
[GenerateSerializer, Immutable, Alias("OfferStatement")]
public sealed record OfferStatement(
    [property: Id(0)] ulong Epoch,
    [property: Id(1)] ulong Sequence,
    [property: Id(2)] ulong Time,
    [property: Id(3)] ReadOnlyMemory<byte> Signature
);

/// <param name="Allowed">Those of the wanted classes that the account's jobs may be of.</param>
/// <param name="More">How many others it might open at this moment.</param>
[GenerateSerializer, Immutable, Alias("ClassRoom")]
public sealed record ClassRoom([property: Id(0)] ImmutableArray<string> Allowed, [property: Id(1)] int More);

/// <summary>A place in the order of offers.</summary>
[GenerateSerializer, Immutable, Alias("OfferPlace")]
public readonly record struct OfferPlace([property: Id(0)] TokenAmount Price, [property: Id(1)] WorkerId Worker);

/// <param name="Worker">Who polls.</param>
/// <param name="Start">The start number of its offer.</param>
/// <param name="Sequence">Counts this worker's polls; the answer to the last one is kept for a repetition.</param>
/// <param name="LeasesMax">Leases that it wants to hold at a time, those it holds included: each report makes room for new ones in the poll
/// that waits.</param>
/// <param name="AddsOutputs">Each output is announced with <see cref="IWorkerGrain.AddOutput"/> before its report; false from a silo that
/// does not do it yet.</param>
/// <param name="Heartbeats">Each lease is named by <see cref="IMarketGrain.Heartbeat"/> while the worker has it, and ends soon where it is
/// not; false from a silo that does not do it yet.</param>
[GenerateSerializer, Immutable, Alias("WorkerPoll")]
public sealed record WorkerPoll(
    [property: Id(0)] WorkerId Worker,
    [property: Id(1)] long Start,
    [property: Id(2)] long Sequence,
    [property: Id(3)] int LeasesMax,
    [property: Id(4)] bool AddsOutputs = false,
    [property: Id(5)] bool Heartbeats = false
)
{
    /// <summary>Its sealed bids in auctions that it was invited to; default is none.</summary>
    [Id(6)]
    public ImmutableArray<SealedBid> Bids { get; init; }

    /// <summary>Its bids in auctions that have closed; default is none.</summary>
    [Id(7)]
    public ImmutableArray<OpenedBid> Opened { get; init; }
}

/// <param name="Known">False: the market does not know this worker or start number; offer again, drop all leases.</param>
/// <param name="Leases">Jobs to run.</param>
/// <param name="Stops">Leases to stop at once; a report on them is not needed.</param>
/// <param name="Invitations">Auctions that it may bid in; default is none.</param>
/// <param name="Closed">Auctions that it has bid in and whose bids are to be opened now; default is none.</param>
[GenerateSerializer, Immutable, Alias("WorkerOrders")]
public sealed record WorkerOrders(
    [property: Id(0)] bool Known,
    [property: Id(1)] ImmutableArray<Lease> Leases,
    [property: Id(2)] ImmutableArray<LeaseId> Stops,
    [property: Id(3)] ImmutableArray<AuctionInvitation> Invitations = default,
    [property: Id(4)] ImmutableArray<long> Closed = default
)
{
    /// <summary>Leases whose sealed results are to be reported now; default is none.</summary>
    [Id(5)]
    public ImmutableArray<LeaseId> Reveals { get; init; }

    /// <summary>What it is to sign for committees; null: nothing.</summary>
    [Id(6)]
    public CommitteeDuties? Duties { get; init; }
}

/// <param name="Id">The lease.</param>
/// <param name="Ticket">The job.</param>
/// <param name="Attempt">1 for the first run.</param>
/// <param name="Root">The state root to start from; null: the program has no state.</param>
/// <param name="Deadline">When the report must be there, set-up and run together.</param>
/// <param name="Price">What is paid per million fuel; null from a silo that does not say it yet.</param>
[GenerateSerializer, Immutable, Alias("Lease")]
public sealed record Lease(
    [property: Id(0)] LeaseId Id,
    [property: Id(1)] JobTicket Ticket,
    [property: Id(2)] int Attempt,
    [property: Id(3)] StateRoot? Root,
    [property: Id(4)] DateTimeOffset Deadline,
    [property: Id(5)] TokenAmount? Price = null
)
{
    /// <summary>The result is committed to before it is reported: others run the same job, and none is to see what another has.</summary>
    [Id(6)]
    public bool IsSealed { get; init; }

    /// <summary>The run is of a member of a committee, which keeps what it ran until it has voted on the receipt.</summary>
    [Id(7)]
    public bool IsVotedOn { get; init; }
}

/// <param name="Lease">Which lease.</param>
/// <param name="Job">Its job.</param>
/// <param name="Outcome">How the run ended.</param>
/// <param name="Reason">Null when it completed.</param>
/// <param name="FuelUsed">Of this run.</param>
/// <param name="Output">What it gave.</param>
/// <param name="Log">What it wrote beside its output.</param>
/// <param name="StateChanges">The changes of program state, ascending by key.</param>
/// <param name="StartedAt">By the worker's clock.</param>
/// <param name="EndedAt">By the worker's clock.</param>
/// <param name="ExitCode">What the program exited with; null where it was stopped or did not run, and from a silo that does not know it
/// yet.</param>
[GenerateSerializer, Immutable, Alias("LeaseReport")]
public sealed record LeaseReport(
    [property: Id(0)] LeaseId Lease,
    [property: Id(1)] JobId Job,
    [property: Id(2)] RunOutcome Outcome,
    [property: Id(3)] string? Reason,
    [property: Id(4)] long FuelUsed,
    [property: Id(5)] JobOutput Output,
    [property: Id(6)] ReadOnlyMemory<byte> Log,
    [property: Id(7)] ImmutableArray<StateChange> StateChanges,
    [property: Id(8)] DateTimeOffset StartedAt,
    [property: Id(9)] DateTimeOffset EndedAt,
    [property: Id(10)] int? ExitCode = null
)
{
    /// <summary>
    /// The hash of the execution that the worker has signed, as it says; null where it has no run to show, and from a silo that does not
    /// know it yet.
    /// </summary>
    [Id(11)]
    public Bytes32? Execution { get; init; }

    /// <summary>Its signature over <see cref="Execution"/>, which the sender of the report has checked; null where that is.</summary>
    [Id(12)]
    public RunSignature? Signed { get; init; }

    /// <summary>What the commitment to the result was made with; null where the lease asked for none.</summary>
    [Id(13)]
    public Bytes32? Salt { get; init; }
}

/// <param name="Lease">The lease of the report.</param>
/// <param name="Reason">Why nothing of it counts, at most <see cref="MarketLimits.RefusalCharsMax"/> characters.</param>
[GenerateSerializer, Immutable, Alias("RefusedReport")]
public readonly record struct RefusedReport([property: Id(0)] LeaseId Lease, [property: Id(1)] string Reason);

/// <param name="Key">As the guest wrote it; it may be empty.</param>
/// <param name="Value">Null deletes the key.</param>
[GenerateSerializer, Immutable, Alias("StateChange")]
public readonly record struct StateChange([property: Id(0)] ReadOnlyMemory<byte> Key, [property: Id(1)] ReadOnlyMemory<byte>? Value);

/// <param name="Status">Where it is.</param>
/// <param name="History">Its steps so far.</param>
[GenerateSerializer, Immutable, Alias("OpenJobStep")]
public sealed record OpenJobStep([property: Id(0)] JobStatus Status, [property: Id(1)] ImmutableArray<JobEvent> History);

/// <param name="Status">Where it is.</param>
/// <param name="History">Its steps so far.</param>
/// <param name="QueuePosition">1 is the next; 0 where it does not wait for an offer.</param>
/// <param name="Explanation">Why it is there.</param>
/// <param name="IsPositionLeast">More jobs than that may be before it: not all accounts were looked at.</param>
[GenerateSerializer, Immutable, Alias("OpenJob")]
public sealed record OpenJob(
    [property: Id(0)] JobStatus Status,
    [property: Id(1)] ImmutableArray<JobEvent> History,
    [property: Id(2)] int QueuePosition,
    [property: Id(3)] JobExplanation Explanation,
    [property: Id(4)] bool IsPositionLeast = false
);

/// <param name="Summary">What keeps it from work, in a sentence or two.</param>
/// <param name="WaitingJobs">Jobs that wait for an offer.</param>
/// <param name="LookedAt">Those of them that were compared with the worker's offer, of all accounts and classes.</param>
/// <param name="Obstacles">Why these do not go to it, the most frequent first.</param>
[GenerateSerializer, Immutable, Alias("WorkerExplanation")]
public sealed record WorkerExplanation(
    [property: Id(0)] string Summary,
    [property: Id(1)] int WaitingJobs,
    [property: Id(2)] int LookedAt,
    [property: Id(3)] ImmutableArray<WorkerObstacle> Obstacles
);

/// <param name="Jobs">So many of the jobs that were looked at.</param>
/// <param name="Reason">Why, for the end of a sentence that begins with them.</param>
[GenerateSerializer, Immutable, Alias("WorkerObstacle")]
public readonly record struct WorkerObstacle([property: Id(0)] int Jobs, [property: Id(1)] string Reason);

[GenerateSerializer, Immutable, Alias("MarketView")]
public sealed record MarketView(
    [property: Id(0)] int QueuedJobs,
    [property: Id(1)] int LeasedJobs,
    [property: Id(2)] int Workers,
    [property: Id(3)] int Slots,
    [property: Id(4)] TokenAmount? LowestPricePerMillionFuel,
    [property: Id(5)] ImmutableArray<ClassPrices> Classes = default
);

/// <summary>Prices, depth and use of one capability class.</summary>
/// <param name="Name">The engine's profile, the memory, and what its jobs need.</param>
/// <param name="ReadyJobs">Jobs that wait for an offer.</param>
/// <param name="RunningJobs">Jobs that a worker has.</param>
/// <param name="Slots">Slots of the workers that meet its needs, of the cheapest ones where there are very many.</param>
/// <param name="Free">Those of them that are free, by price, the cheapest first.</param>
/// <param name="LastPrice">What the last job of it pays per million fuel; null where none was leased.</param>
/// <param name="Hour">The last hour in spans of five minutes, those in which there was something.</param>
/// <param name="Day">The last day in spans of an hour.</param>
/// <param name="Turnarounds">How long its last jobs took from submission to result, the slowest of 1, 2, 4, 8 and 16, as a rule; default or
/// empty where none has ended.</param>
[GenerateSerializer, Immutable, Alias("ClassPrices")]
public sealed record ClassPrices(
    [property: Id(0)] string Name,
    [property: Id(1)] int ReadyJobs,
    [property: Id(2)] int RunningJobs,
    [property: Id(3)] int Slots,
    [property: Id(4)] ImmutableArray<PriceLevel> Free,
    [property: Id(5)] TokenAmount? LastPrice,
    [property: Id(6)] ImmutableArray<PriceSpan> Hour,
    [property: Id(7)] ImmutableArray<PriceSpan> Day,
    [property: Id(8)] ImmutableArray<TimeSpan> Turnarounds = default
);

[GenerateSerializer, Immutable, Alias("PriceLevel")]
public readonly record struct PriceLevel([property: Id(0)] TokenAmount Price, [property: Id(1)] int Slots);

/// <param name="From">Its beginning.</param>
/// <param name="Matches">Jobs that were leased in it.</param>
/// <param name="Low">The least that one pays per million fuel; null where none was leased.</param>
/// <param name="Mean">The mean, rounded down.</param>
/// <param name="High">The most.</param>
/// <param name="UsedPermille">How much of the slots was in use; null where it was not looked at.</param>
[GenerateSerializer, Immutable, Alias("PriceSpan")]
public readonly record struct PriceSpan(
    [property: Id(0)] DateTimeOffset From,
    [property: Id(1)] int Matches,
    [property: Id(2)] TokenAmount? Low,
    [property: Id(3)] TokenAmount? Mean,
    [property: Id(4)] TokenAmount? High,
    [property: Id(5)] int? UsedPermille
);

/// <param name="Lease">The lease of the run.</param>
/// <param name="FuelUsed">By the run so far.</param>
/// <param name="Stage">How far the worker has come with it.</param>
[GenerateSerializer, Immutable, Alias("LeaseProgress")]
public readonly record struct LeaseProgress(
    [property: Id(0)] LeaseId Lease,
    [property: Id(1)] long FuelUsed,
    [property: Id(2)] LeaseStage Stage = LeaseStage.Unstated
);

/// <param name="Worker">Whose run.</param>
/// <param name="PayTo">Which account earns.</param>
/// <param name="PricePerMillionFuel">What it asks.</param>
/// <param name="FuelUsed">By the worker's last heartbeat; 0 before the first.</param>
/// <param name="HasBegun">The worker has said that it does something for the job; false from a silo that does not know it yet.</param>
[GenerateSerializer, Immutable, Alias("OpenRun")]
public sealed record OpenRun(
    [property: Id(0)] WorkerId Worker,
    [property: Id(1)] AccountId PayTo,
    [property: Id(2)] TokenAmount PricePerMillionFuel,
    [property: Id(3)] long FuelUsed,
    [property: Id(4)] bool HasBegun = false
)
{
    /// <summary>The other workers that run the same job or have run it; default is none.</summary>
    [Id(5)]
    public ImmutableArray<JobSeat> Others { get; init; }
}
