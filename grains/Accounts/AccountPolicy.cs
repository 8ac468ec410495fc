namespace Marketplace.Grains;

/// <summary>Bounds of one account, each with its reason.</summary>
internal static class AccountPolicy
{
    /// <summary>
    /// Jobs with a hold: each takes about a hundred bytes of the account's memory. It is also the most that one account may have queued.
    /// </summary>
    public const int OpenJobsMax = MarketPolicy.QueueJobsMax / MarketPolicy.AccountPartsOfQueueJobs;

    /// <summary>Keys that are not revoked: one per person and machine of a team.</summary>
    public const int KeysMax = 100;

    /// <summary>Keys in all, revoked ones included: they stay listed, and the list is answered in one piece.</summary>
    public const int KeysEverMax = 10_000;

    /// <summary>
    /// Credits without a moment, each remembered for ever: the first start makes one. All others name their moment.
    /// </summary>
    public const int UndatedCreditsMax = 1000;

    /// <summary>
    /// How long the id of a credit, debit, reversal or ended hold is remembered after its moment: longer than a chain is reorganised, a
    /// queue of repeated calls lasts, or an operator is away. Operations of an older moment are refused.
    /// </summary>
    public static readonly TimeSpan OperationMemory = TimeSpan.FromDays(30);

    /// <summary>How far the moment of an operation may be ahead of the silo's clock: clocks of machines differ by less.</summary>
    public static readonly TimeSpan OperationEarlyMax = TimeSpan.FromMinutes(10);

    /// <summary>Operations that are remembered at a time, some two hundred bytes each: one every half minute, all month.</summary>
    public const int OperationsMax = 100_000;

    /// <summary>
    /// Of them, those that the account's own keys begin, transfers and holds for other purposes than jobs: half, so that no key keeps
    /// deposits and their reversals out.
    /// </summary>
    public const int KeyOperationsMax = OperationsMax / 2;

    /// <summary>Holds of one account that are not for jobs: each is a stake, a deal or a withdrawal that a client began.</summary>
    public const int FundsMax = 10_000;

    /// <inheritdoc cref="JobLimits.AccountRefusalsMax"/>
    public const int RefusalsMax = JobLimits.AccountRefusalsMax;

    /// <summary>Payees of one settlement: a committee and those beside it.</summary>
    public const int PayeesMax = 64;

    /// <summary>
    /// Accounts that one account has paid, by jobs or transfers, when a transfer to another one is refused: each is remembered for ever, in
    /// some hundred and fifty bytes.
    /// </summary>
    public const int TransferPayeesMax = 10_000;

    /// <summary>How far a challenge may be ahead of the silo's clock: another silo may have made it.</summary>
    public static readonly TimeSpan ChallengeEarlyMax = TimeSpan.FromSeconds(30);

    /// <summary>Keeps the operator's own credits apart from deposits, whose ids others choose.</summary>
    public const string GrantPrefix = "grant/";

    /// <summary>The id of a credit or debit: a transaction's hash or a name, or a client's id behind <see cref="GrantPrefix"/>.</summary>
    public const int OperationBytesMax = 128;

    /// <summary>Jobs that one round of reconciliation asks: a round is a minute, its calls must not crowd out the market's.</summary>
    public const int ReconcileJobsMax = 1000;

    /// <summary>
    /// The age at which the account asks a hold's job how it ended: an ordinary job is settled within moments of its end, unless the market
    /// that knew of it is gone. Each further question comes after twice the time, up to <see cref="HoldOrphanAge"/>, so that long jobs are
    /// seldom asked.
    /// </summary>
    public static readonly TimeSpan HoldAskAge = TimeSpan.FromMinutes(1);

    /// <summary>
    /// The first pause after a job could not be asked how it ended; each further failure doubles it, up to <see cref="HoldFailedAskMax"/>.
    /// </summary>
    public static readonly TimeSpan HoldFailedAskMin = TimeSpan.FromMinutes(1);

    /// <summary>
    /// The longest such pause: a job that cannot be read costs a call an hour, and its money is free within an hour after its repair.
    /// </summary>
    public static readonly TimeSpan HoldFailedAskMax = TimeSpan.FromHours(1);

    /// <summary>
    /// The age at which the hold of a job that does not exist is released: the submission that made the hold has long given up.
    /// </summary>
    public static readonly TimeSpan HoldOrphanAge = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Pairs of accounts that a check of the books remembers, some hundred and fifty bytes each while it runs. With more it says that it
    /// cannot check.
    /// </summary>
    public const int AuditedPairsMax = 1_000_000;

    /// <summary>How often transfers are sent again and old holds are looked at; also the shortest period of a reminder.</summary>
    public static readonly TimeSpan ReconcilePeriod = TimeSpan.FromMinutes(1);

    /// <summary>
    /// The time from loading an account with open holds to asking how their jobs ended: short, but the calls that loaded it come first.
    /// </summary>
    public static readonly TimeSpan ReconcileAfterLoad = TimeSpan.FromSeconds(1);

    /// <summary>The reminder that wakes an account with unfinished business after a restart.</summary>
    public const string ReconcileReminder = "reconcile";
}
