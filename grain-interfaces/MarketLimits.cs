namespace Marketplace.GrainInterfaces;

/// <summary>Bounds that callers of the market see, each with its reason.</summary>
public static class MarketLimits
{
    /// <summary>The key of the one <see cref="IAdmissionGrain"/>.</summary>
    public const string AdmissionsKey = "admissions";

    /// <summary>Why a worker is let in or refused: a sentence or two, which fit into the worker's log.</summary>
    public const int AdmissionReasonBytesMax = 500;

    /// <summary>Samples of a worker's standing that are kept: one for each quarter of a day of a month, as wide as a plot shows.</summary>
    public const int StandingSamplesMax = 120;

    /// <summary>Leases of a worker in one list: a page.</summary>
    public const int ListedLeasesMax = 1000;

    /// <summary>The key of the grain that keeps the epochs of committees: a market has one.</summary>
    public const string CommitteesKey = "committees";

    /// <summary>The key of the grain that tells the ledger what committees have signed: a market has one ledger.</summary>
    public const string BatchesKey = "batches";

    /// <summary>The key of the grain that speaks with the chain: a market settles on one.</summary>
    public const string SettlementKey = "settlement";

    /// <summary>The key of the grain that drops jobs: a market keeps all of them for the same time.</summary>
    public const string RetentionKey = "retention";

    /// <summary>
    /// The least that a market keeps ended jobs, in days. So long a stake may be unbonding, a dispute be judged again and an epoch be asked
    /// for, and with each of them a receipt counts.
    /// </summary>
    public const int KeepJobDaysMin = 30;

    /// <summary>The longest: a century. Who wants more keeps them for ever.</summary>
    public const int KeepJobDaysMax = 36_500;

    /// <summary>Settlements that the status names.</summary>
    public const int PastSettlementsMax = 100;

    /// <summary>
    /// Transactions of one settlement that are kept: with a fee an eighth higher each time, the last is far beyond any sense.
    /// </summary>
    public const int SettlementAttemptsMax = 64;

    /// <summary>
    /// Epochs that are kept: a month of hours, as long as people come back to a receipt. A receipt itself needs none, its certificate names
    /// its members; with the epoch they are drawn again. Of the longest lists it is a quarter of a gigabyte.
    /// </summary>
    public const int EpochsKeptMax = 720;

    /// <inheritdoc cref="WorkerLimits.EpochMin"/>
    public static readonly TimeSpan EpochMin = WorkerLimits.EpochMin;

    /// <summary>A list that is older has workers with nothing at stake any more, who took it back when it was drawn.</summary>
    public static readonly TimeSpan EpochMax = TimeSpan.FromDays(1);

    /// <summary>The market passes the request on in rounds of ten seconds: one may be missed.</summary>
    public static readonly TimeSpan EpochSharesMin = TimeSpan.FromSeconds(20);

    /// <summary>Half of the shortest epoch.</summary>
    public static readonly TimeSpan EpochSharesMax = EpochMin / 2;

    /// <summary>An answer from a receipt that costs more than the run did is no saving.</summary>
    public const int ReusePercentMax = 100;

    /// <summary>Ten years: no profile of the engine has lived so long.</summary>
    public static readonly TimeSpan ReuseAgeMax = TimeSpan.FromDays(3650);

    /// <summary>The capability class of workers that run plain WebAssembly.</summary>
    public const string DefaultClass = "wasm";

    /// <summary>Shards of one market: each calls all others while it has jobs without workers; few machines have more cores.</summary>
    public const int ShardsMax = 64;

    /// <inheritdoc cref="JobLimits.BatchJobsMax"/>
    public const int BatchJobsMax = JobLimits.BatchJobsMax;

    /// <inheritdoc cref="JobLimits.InlineBytesMax"/>
    public const int InlineBytesMax = JobLimits.InlineBytesMax;

    /// <summary>A client's request id: a UUID or a name with a date fits twice.</summary>
    public const int RequestIdBytesMax = 128;

    /// <summary>The operator's id of a credit: a request id less what keeps it apart from deposits in the account's log.</summary>
    public const int CreditIdBytesMax = RequestIdBytesMax - 6;

    /// <summary>Arguments of a command, together.</summary>
    public const int ArgumentBytesMax = 8 * 1024;

    /// <summary>Arguments of a command.</summary>
    public const int ArgumentsMax = 64;

    /// <summary>Names and values of a job's environment, together.</summary>
    public const int EnvironmentBytesMax = 8 * 1024;

    /// <summary>Variables of a job's environment.</summary>
    public const int EnvironmentVariablesMax = 64;

    /// <inheritdoc cref="JobLimits.FilesMax"/>
    public const int JobFilesMax = JobLimits.FilesMax;

    /// <inheritdoc cref="JobLimits.FuelMax"/>
    public const long FuelMax = JobLimits.FuelMax;

    /// <inheritdoc cref="JobLimits.MemoryPagesMax"/>
    public const int MemoryPagesMax = JobLimits.MemoryPagesMax;

    /// <inheritdoc cref="JobLimits.OutputBytesMax"/>
    public const int OutputBytesMax = JobLimits.OutputBytesMax;

    /// <inheritdoc cref="JobLimits.LogBytesMax"/>
    public const int LogBytesMax = JobLimits.LogBytesMax;

    /// <summary>Retries of one job: a job that failed on so many workers fails on the next as well.</summary>
    public const int RetriesMax = 10;

    /// <summary>Why a result does not count: two or three sentences.</summary>
    public const int RefusalCharsMax = 500;

    /// <summary>Changes that are told to a ledger in one call: what all keys of an account ever were, in a few calls.</summary>
    public const int LedgerChangesMax = 128;

    /// <summary>Records of a ledger in one answer: a page of a list.</summary>
    public const int LedgerRecordsMax = 1000;

    /// <summary>Offers of one answer: a page of a list.</summary>
    public const int ListedOffersMax = 1000;

    /// <summary>Prices at which free slots of a class are told, the cheapest: who needs more than these has pages to read.</summary>
    public const int PriceLevelsMax = 15;

    /// <summary>Assurances that one quote compares: what a person reads in a table.</summary>
    public const int QuotedAssurancesMax = 16;

    /// <summary>Faults of a reputation that are kept with their reasons: what a person looks at, and what can be appealed.</summary>
    public const int FaultsMax = 64;

    /// <summary>The words of an appeal or a decision: a page.</summary>
    public const int WordsBytesMax = 4096;

    /// <summary>
    /// Stakes of one account for one worker: a stake is taken back whole, so who may want a part back makes several. They are listed in one
    /// piece and named in one request.
    /// </summary>
    public const int StakesOfAccountMax = 8;

    /// <summary>
    /// Stakes for one worker, of all accounts, some two hundred bytes each in a state that is written with every batch of outcomes. Others
    /// than the worker's own account leave room for as many as that account may have.
    /// </summary>
    public const int StakesMax = 128;

    /// <summary>
    /// The least wait for a worker that an operator may have new jobs refused for: below it lies the noise of polls and flushes.
    /// </summary>
    public static readonly TimeSpan QueueWaitMin = TimeSpan.FromMilliseconds(10);

    /// <summary>
    /// The shortest time for which a stake stays on hold after it was taken back: longer than a jury may take, so that what its workers
    /// have at stake when they vote can still be slashed when it has decided. A market goes by an old standing for a far shorter time.
    /// </summary>
    public static readonly TimeSpan UnbondingMin = TimeSpan.FromHours(8);

    /// <summary>The longest such time: money that is further away is as good as spent.</summary>
    public static readonly TimeSpan UnbondingMax = TimeSpan.FromDays(30);

    /// <summary>A program's name.</summary>
    public const int NameBytesMax = 128;

    /// <summary>
    /// What one account is ever credited from outside: 2^96 base units, 79 thousand million tokens of 18 decimals. Sums over accounts and
    /// years stay far below the 2^128 that an amount can hold.
    /// </summary>
    public static readonly TokenAmount CreditedMax = new(UInt128.One << 96);

    /// <summary>
    /// How long a challenge may be used: long enough to type a passphrase, and no longer than an owner would wait where the clock of one
    /// silo is ahead of the others'.
    /// </summary>
    public static readonly TimeSpan ChallengeAge = TimeSpan.FromMinutes(5);

    /// <summary>Bytes of a group's name, which is in each of its jobs and which people read.</summary>
    public const int GroupBytesMax = 64;

    /// <summary>An auction's shortest window: a bid's way there and back for a worker on the other side of the earth.</summary>
    public static readonly TimeSpan AuctionMin = TimeSpan.FromMilliseconds(100);

    /// <summary>An auction's longest window: a restart of the market begins it again.</summary>
    public static readonly TimeSpan AuctionMax = TimeSpan.FromMinutes(1);

    /// <inheritdoc cref="JobLimits.TimeMax"/>
    public static readonly TimeSpan TimeMax = JobLimits.TimeMax;

    /// <summary>How long a job may wait for a worker.</summary>
    public static readonly TimeSpan ExpiresAfterMax = TimeSpan.FromDays(7);

    /// <summary>How long the collector has for deleting a blob that is not kept: one file, with room for a stalled disk.</summary>
    public static readonly TimeSpan BlobCollectMax = TimeSpan.FromSeconds(30);

    /// <summary>A worker's poll: shorter than the response timeout of a grain call.</summary>
    public static readonly TimeSpan PollMax = TimeSpan.FromSeconds(10);

    /// <summary>A wait for one job: shorter than the response timeout of a grain call; longer waits repeat it.</summary>
    public static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(20);
}
