using System.Text.Json.Serialization;

namespace Marketplace;

/// <summary>A worker's offer in the market.</summary>
/// <param name="Id">The worker: an Ed25519 public key, and the account of its owner.</param>
/// <param name="PayTo">The account that earns.</param>
/// <param name="PricePerMillionFuel">What it asks, in base units.</param>
/// <param name="Slots">Jobs that it runs at a time.</param>
/// <param name="SlotsUsed">Those that it runs now.</param>
/// <param name="MemoryPagesMax">Pages of 64 KiB that one job may have.</param>
/// <param name="Score">Its reputation: 0 to 1000, the share of what went well.</param>
/// <param name="Level">What the score allows.</param>
/// <param name="Maintenance">Its owner wants no leases now.</param>
/// <param name="Labels">What it says of itself; absent: nothing.</param>
/// <param name="Stake">What accounts have at stake for it, in base units; absent: nothing.</param>
/// <param name="BuyerReputationMin">The least reputation, 1 to 1000, of accounts whose jobs it takes; absent: any.</param>
public sealed record MarketWorker(
    WorkerId Id,
    AccountId PayTo,
    TokenAmount PricePerMillionFuel,
    int Slots,
    int SlotsUsed,
    int MemoryPagesMax,
    int Score,
    StandingLevel Level,
    bool Maintenance,
    IReadOnlyList<string>? Labels = null,
    TokenAmount? Stake = null,
    int? BuyerReputationMin = null
);

/// <summary>What a score allows, from best to worst.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<StandingLevel>))]
public enum StandingLevel
{
    /// <summary>Too few jobs to say anything.</summary>
    Newcomer = 0,

    /// <summary>All that a worker may have.</summary>
    Good = 1,

    /// <summary>Seen by all; nothing else.</summary>
    Warning = 2,

    /// <summary>One lease at a time.</summary>
    Probation = 3,

    /// <summary>No leases.</summary>
    Excluded = 4,
}

/// <summary>Why a worker gets no work.</summary>
/// <param name="Worker">The worker.</param>
/// <param name="Summary">What keeps it from work, in a sentence or two.</param>
/// <param name="WaitingJobs">Jobs that wait for a worker.</param>
/// <param name="LookedAt">Those of them that were compared with its offer, of all accounts and classes; at most 1024.</param>
/// <param name="Obstacles">Why these do not go to it, the most frequent first.</param>
public sealed record WorkerExplanation(
    WorkerId Worker,
    string Summary,
    int WaitingJobs,
    int LookedAt,
    IReadOnlyList<WorkerObstacle> Obstacles
);

/// <summary>What keeps a worker from some of the waiting jobs.</summary>
/// <param name="Jobs">So many of those that were looked at.</param>
/// <param name="Reason">The end of a sentence that begins with them.</param>
public sealed record WorkerObstacle(int Jobs, string Reason);

/// <summary>How a worker, or an account as a buyer, has kept to what was agreed; counted from jobs that have ended.</summary>
/// <param name="Score">0 to 1000, the share of what went well, by price; older outcomes weigh less.</param>
/// <param name="Level">What the score allows.</param>
/// <param name="Maintenance">A worker's owner wants no leases now.</param>
/// <param name="Kept">Jobs that ended as agreed, ever.</param>
/// <param name="Faulted">Jobs that did not, ever; those of granted appeals are not among them.</param>
/// <param name="Margins">How far each worse level is.</param>
/// <param name="Faults">The newest faults, newest first; for the worker's own account and the operator.</param>
/// <param name="Appeals">Open appeals and the newest decided ones, newest first; likewise.</param>
/// <param name="Stake">What accounts have at stake for a worker, in base units; absent: nothing.</param>
/// <param name="Stakes">Oldest first, those that are on their way and that were taken back included: those of the caller's account, all for
/// the worker's own account and the operator; absent: none.</param>
public sealed record Reputation(
    int Score,
    StandingLevel Level,
    bool Maintenance,
    long Kept,
    long Faulted,
    IReadOnlyList<StandingMargin> Margins,
    IReadOnlyList<Fault> Faults,
    IReadOnlyList<Appeal> Appeals,
    TokenAmount? Stake = null,
    IReadOnlyList<Stake>? Stakes = null
)
{
    /// <summary>
    /// How a worker's standing was, oldest first: four times a day, and where the level changed; absent: nothing is kept.
    /// </summary>
    public IReadOnlyList<StandingSample>? History { get; init; }
}

/// <summary>What a worker's standing was at one moment.</summary>
/// <param name="At">When.</param>
/// <param name="Score">0 to 1000.</param>
/// <param name="Level">What it allowed.</param>
public sealed record StandingSample(DateTimeOffset At, int Score, StandingLevel Level);

/// <summary>A job that a worker has now.</summary>
/// <param name="Lease">Names the worker's right and duty to run it.</param>
/// <param name="Job">Which.</param>
/// <param name="Since">When the worker got it.</param>
/// <param name="Until">When its report must be there at the latest.</param>
/// <param name="Begun">Whether the worker may have done something for it; else it waits there for a slot.</param>
public sealed record LeasedJob(LeaseId Lease, JobId Job, DateTimeOffset Since, DateTimeOffset Until, bool Begun);

/// <summary>How far a worse level is.</summary>
/// <param name="Level">The level.</param>
/// <param name="Below">It begins below this score.</param>
/// <param name="Faults">So many faults in a row, of jobs of the usual price, lead there; 0: it is reached; at most 1000.</param>
public sealed record StandingMargin(StandingLevel Level, int Below, int Faults);

/// <summary>A job that did not end as agreed.</summary>
/// <param name="Job">Which one.</param>
/// <param name="At">When it was counted.</param>
/// <param name="Price">What it could have cost.</param>
/// <param name="Reason">As the market saw it.</param>
public sealed record Fault(JobId Job, DateTimeOffset At, TokenAmount Price, string Reason);

/// <summary>What a worker's owner says of faults, and what the operator decided.</summary>
/// <param name="RequestId">The owner's own.</param>
/// <param name="At">When it was made.</param>
/// <param name="Faults">What it is about, as the market saw it.</param>
/// <param name="Words">The owner's.</param>
/// <param name="Granted">Whether the faults count no more; absent while it is open.</param>
/// <param name="Answer">The operator's words; absent while it is open.</param>
/// <param name="DecidedAt">Absent while it is open.</param>
public sealed record Appeal(
    string RequestId,
    DateTimeOffset At,
    IReadOnlyList<Fault> Faults,
    string Words,
    bool? Granted = null,
    string? Answer = null,
    DateTimeOffset? DecidedAt = null
);

/// <summary>The body of <c>POST /v1/workers/{id}/maintenance</c>.</summary>
/// <param name="On">Whether it begins or ends.</param>
public sealed record MaintenanceRequest(bool On);

/// <summary>The body of <c>POST /v1/workers/{id}/appeals</c>.</summary>
/// <param name="RequestId">The owner's own: the same again is the same appeal.</param>
/// <param name="Jobs">Which of the listed faults, at most 64.</param>
/// <param name="Words">Why they were not the worker's, at most 4096 bytes.</param>
public sealed record AppealRequest(string RequestId, IReadOnlyList<JobId> Jobs, string Words);

/// <summary>The body of <c>POST /v1/workers/{id}/decisions</c>.</summary>
/// <param name="RequestId">The appeal's.</param>
/// <param name="Granted">The faults count no more.</param>
/// <param name="Words">Why, at most 4096 bytes.</param>
public sealed record DecisionRequest(string RequestId, bool Granted, string Words);

/// <summary>Money that one account has at stake for one worker.</summary>
/// <param name="Account">Whose money it is.</param>
/// <param name="RequestId">Names it among the account's stakes for this worker.</param>
/// <param name="Amount">How much, in base units.</param>
/// <param name="At">When it was first asked for.</param>
/// <param name="State">How far it is; only one that is held counts.</param>
/// <param name="EndsAt">When what is on hold becomes available again, or the account has answered; absent: it does not end by
/// itself.</param>
public sealed record Stake(
    AccountId Account,
    string RequestId,
    TokenAmount Amount,
    DateTimeOffset At,
    StakeState State,
    DateTimeOffset? EndsAt = null
)
{
    /// <summary>What disputes have taken of the amount, in base units; absent: nothing. The rest is at stake, or goes back.</summary>
    public TokenAmount? Taken { get; init; }
}

/// <summary>How far a stake is.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<StakeState>))]
public enum StakeState
{
    /// <summary>The account is asked to set the money aside; it does not count yet.</summary>
    Asked = 0,

    /// <summary>The money is on hold, and counts.</summary>
    Held = 1,

    /// <summary>It was taken back: the money is on hold for a while and does not count.</summary>
    Unbonding = 2,

    /// <summary>The account refused, or did not answer in time. The same request tries again.</summary>
    Refused = 3,

    /// <summary>Disputes have taken all of it.</summary>
    Slashed = 4,

    /// <summary>It is unbonded, and its money is on its way back.</summary>
    Released = 5,
}

/// <summary>The body of <c>POST /v1/workers/{id}/stake</c>.</summary>
/// <param name="RequestId">The client's own: the same again is the same stake.</param>
/// <param name="Amount">How much of the account's money, in base units.</param>
public sealed record StakeRequest(string RequestId, TokenAmount Amount);

/// <summary>The body of <c>POST /v1/workers/{id}/unstake</c>.</summary>
/// <param name="Stakes">The request ids of the account's stakes that are taken back, each whole; at most 8.</param>
public sealed record UnstakeRequest(IReadOnlyList<string> Stakes);
