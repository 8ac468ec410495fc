using System.Collections.Immutable;

namespace Marketplace.GrainInterfaces;

/// <summary>
/// How a worker, or an account as a buyer, has kept to what was agreed: decayed sums over jobs that have ended, weighted by what they cost.
/// Nothing that its subject says of itself counts. Key: <see cref="ReputationKeys.OfWorker"/> or <see cref="ReputationKeys.OfBuyer"/>.
/// </summary>
[Alias("IReputationGrain")]
public interface IReputationGrain : IGrainWithStringKey
{
    /// <summary>As of now; a subject of which nothing is known is a newcomer.</summary>
    /// <param name="caller">The subject's own account and the operator also see faults and appeals, which name jobs of others. Null: none
    /// of them asks.</param>
    [Effect(Effect.None), Alias("Get")]
    Task<ReputationView> Get(Caller? caller);

    /// <summary>Counts outcomes of ended jobs, once per batch. Of one market, a batch that comes after a later one is left out.</summary>
    /// <returns>What the subject's standing is now.</returns>
    [Effect(Effect.Deduplicated), Alias("Record")]
    Task<Standing> Record(OutcomeBatch batch, Authority by);

    /// <summary>While it is on, the market gives the worker no leases; those that it has go on. Nothing is counted against it.</summary>
    /// <param name="caller">A key of the account with the worker's own key pair, with <see cref="Scopes.Submit"/>; or of the operator,
    /// with <see cref="Scopes.Admin"/>.</param>
    /// <param name="isOn">Whether it begins or ends.</param>
    /// <exception cref="MarketException"><see cref="ErrorCode.Forbidden"/>.</exception>
    [Effect(Effect.Idempotent), Alias("SetMaintenance")]
    Task<ReputationView> SetMaintenance(Caller caller, bool isOn);

    /// <summary>
    /// The worker's owner says that faults were counted wrongly, once per request id. The record keeps them beside the owner's words until
    /// the operator decides.
    /// </summary>
    /// <param name="caller">As for <see cref="SetMaintenance"/>.</param>
    /// <param name="request">Which faults, and why.</param>
    /// <exception cref="MarketException"><see cref="ErrorCode.Forbidden"/>, <see cref="ErrorCode.RequestIdReused"/>,
    /// <see cref="ErrorCode.LimitExceeded"/>, <see cref="ErrorCode.AppealRefused"/>: a job that is none of the faults that are
    /// kept.</exception>
    [Effect(Effect.Deduplicated), Alias("Appeal")]
    Task<ReputationView> Appeal(Caller caller, AppealRequest request);

    /// <summary>The operator decides an appeal, once. What is granted counts no more.</summary>
    /// <param name="caller">A key with <see cref="Scopes.Admin"/>.</param>
    /// <param name="decision">Which appeal, and how.</param>
    /// <exception cref="MarketException"><see cref="ErrorCode.Forbidden"/>, <see cref="ErrorCode.AppealRefused"/>: there is none, or it was
    /// decided otherwise.</exception>
    [Effect(Effect.Deduplicated), Alias("Decide")]
    Task<ReputationView> Decide(Caller caller, AppealDecision decision);

    /// <summary>
    /// Puts money of the caller's account at stake for this worker, once per request id of the account: it is set aside there, and counts
    /// as soon as it is. Any account may stake for any worker; a stake counts for exactly this one.
    /// </summary>
    /// <param name="caller">A key of the account that pays, with <see cref="Scopes.Submit"/>. It counts against the key's spend
    /// limit.</param>
    /// <param name="request">How much.</param>
    /// <exception cref="MarketException"><see cref="ErrorCode.Forbidden"/>, <see cref="ErrorCode.RequestIdReused"/>,
    /// <see cref="ErrorCode.LimitExceeded"/>, <see cref="ErrorCode.AccountNotFound"/>, <see cref="ErrorCode.InsufficientFunds"/>,
    /// <see cref="ErrorCode.SpendLimitReached"/>.</exception>
    [Effect(Effect.Deduplicated), Alias("Stake")]
    Task<ReputationView> Stake(Caller caller, StakeRequest request);

    /// <summary>
    /// Takes stakes back. They count no more from now on; their money stays on hold for the time of unbonding and is then available again.
    /// </summary>
    /// <param name="caller">A key of the account that has staked, with <see cref="Scopes.Submit"/>.</param>
    /// <param name="requestIds">Which of its stakes, at most <see cref="MarketLimits.StakesOfAccountMax"/>, each whole.</param>
    /// <exception cref="MarketException"><see cref="ErrorCode.Forbidden"/>, <see cref="ErrorCode.LimitExceeded"/>,
    /// <see cref="ErrorCode.StakeNotFound"/>: nothing was changed.</exception>
    [Effect(Effect.Idempotent), Alias("Unstake")]
    Task<ReputationView> Unstake(Caller caller, ImmutableArray<string> requestIds);

    /// <summary>What a dispute could take at this moment: what counts, and what is unbonding.</summary>
    [Effect(Effect.None), Alias("FindAtStake")]
    Task<TokenAmount> FindAtStake();

    /// <summary>
    /// For this dispute nothing that is at stake is given back, also if it was, or is, taken back: until <see cref="Slash"/>,
    /// <see cref="Clear"/> or <see cref="Thaw"/> for the same dispute, at the latest until <paramref name="until"/>. Other disputes freeze
    /// for themselves.
    /// </summary>
    /// <returns>See <see cref="FindAtStake"/>.</returns>
    /// <exception cref="MarketException"><see cref="ErrorCode.Forbidden"/>, also for a buyer's reputation;
    /// <see cref="ErrorCode.LimitExceeded"/>: too many disputes freeze it.</exception>
    [Effect(Effect.Idempotent), Alias("FreezeFor")]
    Task<TokenAmount> FreezeFor(JobId dispute, DateTimeOffset until, Authority by);

    /// <summary>The dispute takes nothing of the worker, and says nothing of it: it freezes no more.</summary>
    /// <exception cref="MarketException"><see cref="ErrorCode.Forbidden"/>, also for a buyer's reputation.</exception>
    [Effect(Effect.Idempotent), Alias("Thaw")]
    Task Thaw(JobId dispute, Authority by);

    /// <summary>
    /// Takes what is at stake for the worker, once for a dispute, the oldest stakes first; what is left of one that is touched stays at
    /// stake. The dispute is counted as one heavy fault, instead of what the market counts for the job.
    /// </summary>
    /// <exception cref="MarketException"><see cref="ErrorCode.Forbidden"/>, also for a buyer's reputation;
    /// <see cref="ErrorCode.MalformedRequest"/>: the dispute has cleared the worker; <see cref="ErrorCode.LimitExceeded"/>: nothing was
    /// changed.</exception>
    [Effect(Effect.Deduplicated), Alias("Slash")]
    Task<SlashOutcome> Slash(SlashOrder order, Authority by);

    /// <summary>A dispute has found the worker's result right: what the market counts against it for the job counts no more.</summary>
    /// <param name="dispute">The disputed job.</param>
    /// <param name="at">When it was decided.</param>
    /// <param name="by">Who asks.</param>
    /// <exception cref="MarketException">See <see cref="Slash"/>.</exception>
    [Effect(Effect.Deduplicated), Alias("Clear")]
    Task Clear(JobId dispute, DateTimeOffset at, Authority by);
}

/// <summary>The keys of <see cref="IReputationGrain"/>.</summary>
public static class ReputationKeys
{
    private const string Worker = "worker/";
    private const string Buyer = "buyer/";

    public static string OfWorker(WorkerId worker) => Worker + worker;

    public static string OfBuyer(AccountId account) => Buyer + account;

    /// <returns>Null where the key is that of a buyer.</returns>
    public static WorkerId? WorkerOf(string key) =>
        key.StartsWith(Worker, StringComparison.Ordinal) ? WorkerId.Parse(key[Worker.Length..]) : null;

    /// <summary>The subject's own account: a worker's is that of its key pair.</summary>
    public static AccountId AccountOf(string key) => AccountId.Parse(key[(key.IndexOf('/', StringComparison.Ordinal) + 1)..]);
}

/// <summary>What a score allows, from best to worst.</summary>
public enum StandingLevel
{
    /// <summary>Too few jobs to say anything.</summary>
    Newcomer = 0,
    Good = 1,

    /// <summary>Seen by all; nothing else.</summary>
    Warning = 2,

    /// <summary>One lease at a time.</summary>
    Probation = 3,

    /// <summary>No leases.</summary>
    Excluded = 4,
}

/// <summary>What the market has to know of a reputation.</summary>
/// <param name="Score">0 to 1000, the share of what went well.</param>
/// <param name="Level">What the score allows.</param>
/// <param name="InMaintenance">The owner wants no leases.</param>
/// <param name="Stake">What accounts have at stake for the worker; what they have taken back is not part of it.</param>
[GenerateSerializer, Immutable, Alias("Standing")]
public readonly record struct Standing(
    [property: Id(0)] int Score,
    [property: Id(1)] StandingLevel Level,
    [property: Id(2)] bool InMaintenance,
    [property: Id(3)] TokenAmount Stake = default
);

/// <summary>How jobs of one subject ended, since the batch before.</summary>
/// <param name="Market">Whose outcomes; each market counts its own batches.</param>
/// <param name="Start">The market's start number.</param>
/// <param name="Sequence">Counts this start's batches for the subject: 1, 2, 3 …</param>
/// <param name="Kept">Jobs that ended as agreed.</param>
/// <param name="KeptPrice">What they cost, together.</param>
/// <param name="Faults">Those that did not, by the subject's fault.</param>
[GenerateSerializer, Immutable, Alias("OutcomeBatch")]
public sealed record OutcomeBatch(
    [property: Id(0)] string Market,
    [property: Id(1)] long Start,
    [property: Id(2)] long Sequence,
    [property: Id(3)] int Kept,
    [property: Id(4)] TokenAmount KeptPrice,
    [property: Id(5)] ImmutableArray<Fault> Faults
);

/// <param name="Job">Which job.</param>
/// <param name="At">When.</param>
/// <param name="Price">What the job could have cost.</param>
/// <param name="Reason">As the market saw it.</param>
[GenerateSerializer, Immutable, Alias("Fault")]
public sealed record Fault(
    [property: Id(0)] JobId Job,
    [property: Id(1)] DateTimeOffset At,
    [property: Id(2)] TokenAmount Price,
    [property: Id(3)] string Reason
);

/// <param name="Standing">What the market goes by.</param>
/// <param name="Kept">Jobs that ended as agreed, ever.</param>
/// <param name="Faulted">Jobs that did not, ever; those of granted appeals are not among them.</param>
/// <param name="Margins">For each worse level, how far it is.</param>
/// <param name="Faults">The newest, newest first.</param>
/// <param name="Appeals">Open ones and the newest decided ones, newest first.</param>
/// <param name="Stakes">Oldest first: those of the caller's account; for the worker's own account and the operator all. None from a silo
/// that knows of none.</param>
/// <param name="History">How a worker's standing was, oldest first; none for the market, and from a silo that keeps none.</param>
[GenerateSerializer, Immutable, Alias("ReputationView")]
public sealed record ReputationView(
    [property: Id(0)] Standing Standing,
    [property: Id(1)] long Kept,
    [property: Id(2)] long Faulted,
    [property: Id(3)] ImmutableArray<StandingMargin> Margins,
    [property: Id(4)] ImmutableArray<Fault> Faults,
    [property: Id(5)] ImmutableArray<Appeal> Appeals,
    [property: Id(6)] ImmutableArray<StakeView> Stakes = default,
    [property: Id(7)] ImmutableArray<StandingSample> History = default
);

/// <param name="At">When.</param>
/// <param name="Score">The score then.</param>
/// <param name="Level">What it allowed.</param>
[GenerateSerializer, Immutable, Alias("StandingSample")]
public readonly record struct StandingSample(
    [property: Id(0)] DateTimeOffset At,
    [property: Id(1)] int Score,
    [property: Id(2)] StandingLevel Level
);

/// <param name="Level">The worse level.</param>
/// <param name="Below">It begins below this score.</param>
/// <param name="Faults">So many faults in a row, of jobs of the usual price, lead there; 0: it is reached.</param>
[GenerateSerializer, Immutable, Alias("StandingMargin")]
public readonly record struct StandingMargin(
    [property: Id(0)] StandingLevel Level,
    [property: Id(1)] int Below,
    [property: Id(2)] int Faults
);

/// <param name="RequestId">The client's own.</param>
/// <param name="Jobs">Which faults.</param>
/// <param name="Words">Why they were not the worker's.</param>
[GenerateSerializer, Immutable, Alias("AppealRequest")]
public sealed record AppealRequest(
    [property: Id(0)] string RequestId,
    [property: Id(1)] ImmutableArray<JobId> Jobs,
    [property: Id(2)] string Words
);

/// <param name="RequestId">The appeal's.</param>
/// <param name="Granted">The faults count no more.</param>
/// <param name="Words">Why.</param>
[GenerateSerializer, Immutable, Alias("AppealDecision")]
public sealed record AppealDecision([property: Id(0)] string RequestId, [property: Id(1)] bool Granted, [property: Id(2)] string Words);

/// <param name="RequestId">The client's own.</param>
/// <param name="At">When it was made.</param>
/// <param name="Faults">What it is about, as the market saw it.</param>
/// <param name="Words">The owner's.</param>
/// <param name="Decision">Null while it is open.</param>
/// <param name="DecidedAt">Null while it is open.</param>
[GenerateSerializer, Immutable, Alias("Appeal")]
public sealed record Appeal(
    [property: Id(0)] string RequestId,
    [property: Id(1)] DateTimeOffset At,
    [property: Id(2)] ImmutableArray<Fault> Faults,
    [property: Id(3)] string Words,
    [property: Id(4)] AppealDecision? Decision,
    [property: Id(5)] DateTimeOffset? DecidedAt
);
