using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>Bounds of one market, each with its reason.</summary>
internal static class MarketPolicy
{
    /// <summary>Workers with an offer: each has an entry, a waiting call and a place in the order of prices.</summary>
    public const int WorkersMax = 100_000;

    /// <inheritdoc cref="WorkerLimits.SlotsMax"/>
    public const int WorkerSlotsMax = WorkerLimits.SlotsMax;

    /// <inheritdoc cref="WorkerLimits.LeasesMax"/>
    public const int WorkerLeasesMax = WorkerLimits.LeasesMax;

    /// <inheritdoc cref="WorkerLimits.BidsMax"/>
    public const int WorkerBidsMax = WorkerLimits.BidsMax;

    /// <summary>Blobs that one run may bring: its output and the files beside it.</summary>
    public const int OutputBlobsMax = 1 + MarketLimits.JobFilesMax;

    /// <summary>Their bytes: the largest output, and files that are as large together.</summary>
    public const long OutputBlobBytesMax = 2L * MarketLimits.OutputBytesMax;

    /// <summary>Reports of one call: each may hold an inline output, a log and changes of state.</summary>
    public const int ReportsMax = 1024;

    /// <summary>
    /// Runs of a job that its workers gave up or lost with a restart, without a known fault of the job. Without this bound a job that ends
    /// its workers would do so for ever.
    /// </summary>
    public const int InterruptionsMax = 5;

    /// <summary>
    /// Leases that a newcomer may have before it has reported a result: what a machine of some cores runs at a time. Each result allows one
    /// more, so an honest one soon has all it wants, and many new keys cannot take a queue to keep it from others.
    /// </summary>
    public const int NewcomerLeasesMax = 16;

    /// <summary>Workers that a job avoids at a time: far more than fail on one job unless they want to.</summary>
    public const int AvoidedWorkersMax = 64;

    /// <summary>
    /// Failed runs of one job that count against their workers: more than its retries are lost runs, which say little more.
    /// </summary>
    public const int FaultsOfAJobMax = 16;

    /// <summary>
    /// A timer that comes so late tells that the market's process or machine stood still; a long turn or a collection takes less.
    /// </summary>
    public static readonly TimeSpan StillMin = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Times in a row that reading a matched job's state or input may fail. With the waits between them about ten minutes: a store that
    /// restarts is back by then, and damaged state does not hold the job's money until the job expires.
    /// </summary>
    public const int PreparationsMax = 32;

    /// <summary>Jobs in the queue, of all accounts: about a kilobyte of memory each, and read again after a restart, in seconds.</summary>
    public const int QueueJobsMax = 400_000;

    /// <summary>
    /// What the queued jobs of all accounts take on disk, inputs included. All of it may wait for days, so it must fit on a small disk
    /// beside its blobs.
    /// </summary>
    public const long QueueBytesMax = 4L * 1024 * 1024 * 1024;

    /// <summary>
    /// One account's jobs may take a quarter of the queue's bytes while no other waits, see <see cref="FairShare"/>: neither one account
    /// nor a few keep all others out.
    /// </summary>
    public const int AccountPartsOfQueueBytes = 4;

    /// <summary>
    /// As <see cref="AccountPartsOfQueueBytes"/>, for the number of jobs: half, because one large client may have a long queue of small
    /// jobs.
    /// </summary>
    public const int AccountPartsOfQueueJobs = 2;

    /// <summary>
    /// As the two above, for the memory of waiting jobs: half, because jobs without it are only slower to lease.
    /// </summary>
    public const int AccountPartsOfMemory = 2;

    /// <summary>
    /// How much of what only runs need stays in memory: 64 MiB. Jobs that are matched soon are leased without a read; once so many bytes
    /// wait, the input of further jobs is read from the job's document when the job is leased.
    /// </summary>
    public const int KeptShareOfQueue = 64;

    /// <summary>
    /// What a job counts beside its fuel when accounts take turns, in fuel: finding, leasing and ending one costs about as much as a
    /// millisecond of a guest, so many tiny jobs are not free.
    /// </summary>
    public const long ShareOfAJob = 1_000_000;

    /// <summary>
    /// How far an account may be behind the others' turns, in fuel: about a second of one core. What it could not use before, because no
    /// offer fitted its jobs, does not let it push all others aside afterwards.
    /// </summary>
    public const long ShareLagMax = 1_000_000_000;

    /// <summary>
    /// What an account's first run counts in its turns until its end is known, in fuel, where the job may use so much: the farthest that an
    /// account may be behind. Less would give each newly opened account a run that hardly counts.
    /// </summary>
    public const long ShareUnknownMax = ShareLagMax;

    /// <summary>
    /// What a run without a report counts in its account's turns for each tick of its lease, in fuel: a little more than one core does
    /// here. So a submission that is cancelled before it is reported has had its turn all the same.
    /// </summary>
    public const int FuelPerTickOfACore = 250;

    /// <summary>
    /// Leases of which the market knows why they ended without a result, for reports that come too late: those of the last minutes, in a
    /// few megabytes.
    /// </summary>
    public const int OverLeasesMax = 10_000;

    /// <summary>
    /// Leases that are given, and ends that are being recorded, before the market hears other calls: as many as a disk records in some
    /// tenths of a second. Fewer than a thousand would leave workers idle while the ends of a flush are written.
    /// </summary>
    public const int RoundLeasesMax = 1_024;

    /// <summary>
    /// Accounts without open jobs that are remembered for having had more than their share: some tens of megabytes. Beyond it the one that
    /// is least ahead of the others is forgotten, which gains least by it.
    /// </summary>
    public const int RestingAccountsMax = 100_000;

    /// <summary>
    /// Accounts that are looked at for a job's place in the queue. With more of them before it the place is "at least": nobody plans by the
    /// difference, and a question must not hold up the matches.
    /// </summary>
    public const int PositionAccountsMax = 1_000;

    /// <summary>
    /// Classes of jobs, by what they need of a worker, that the market tells apart at a time: a bit each in every offer and in the nodes
    /// of its trees.
    /// </summary>
    public const int ClassesMax = 128;

    /// <summary>
    /// Classes of which one account may have open jobs: its turn is kept in the tree of each, so more would make its matches slower for
    /// all.
    /// </summary>
    public const int AccountClassesMax = 8;

    /// <summary>
    /// Classes that may be opened at a time: each asks every offer once, a few milliseconds with very many of them.
    /// </summary>
    public const int ClassOpeningsMax = 64;

    /// <summary>For long, one class may be opened in so much time, for the same reason.</summary>
    public static readonly TimeSpan ClassOpeningPeriod = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// As <see cref="AccountPartsOfQueueBytes"/>, for the classes that no account has opened yet.
    /// </summary>
    public const int AccountPartsOfClasses = 4;

    /// <summary>
    /// Jobs of one account that a worker's poll passes over, because they refuse the worker or it failed on them, before it goes on to the
    /// next account: a long queue that refuses one worker must not hold up that worker's poll.
    /// </summary>
    public const int RefusedJobsMax = 16;

    /// <summary>
    /// Nodes of an account's queue that one search looks at: some hundred times its depth. An account whose jobs want much memory for
    /// little and little for much would make each search of an offer in between as long as its queue.
    /// </summary>
    public const int SearchedJobsMax = 2_048;

    /// <summary>
    /// Nodes of the offers that the search for one job looks at, for the same reason: workers choose their prices and memory too.
    /// </summary>
    public const int SearchedOffersMax = 4_096;

    /// <summary>Reputations of buyers that are asked for at a time: a new offer that asks for them makes the market read all.</summary>
    public const int BuyersReadMax = 100;

    /// <summary>
    /// Ready jobs of an account that are tried when its reputation has become better. Others wait for the next poll of an offer that fits,
    /// some seconds.
    /// </summary>
    public const int RisenBuyerTriesMax = FreedSeatTriesMax;

    /// <summary>
    /// Offers that a new job passes over for the same reasons, or because they refuse its account. Beyond it the job waits for the next
    /// poll of an offer that fits, some seconds.
    /// </summary>
    public const int RefusedOffersMax = 256;

    /// <summary>
    /// Fuel that a run can use in a tenth of a microsecond (a tick): twenty thousand million a second, ten times what one core does here.
    /// A worker that claims more is not believed.
    /// </summary>
    public const int FuelPerTickMax = 2_000;

    /// <summary>
    /// Of the jobs that allow newcomers, one of so many goes to a newcomer although others are cheaper: enough that a new worker earns a
    /// reputation within hours, few enough that its buyers hardly notice and that many new keys gain little.
    /// </summary>
    public const int NewcomerLaneParts = 20;

    /// <summary>
    /// Workers that are invited to one auction, the cheapest that are free: more of them hardly lower the second price, and each invitation
    /// is a message there and two back.
    /// </summary>
    public const int BiddersMax = 16;

    /// <summary>Auctions that are open at a time: some tens of kilobytes with all their bids, and decided within milliseconds.</summary>
    public const int AuctionsMax = 256;

    /// <summary>Those of one account: its auctions must not take up the invitations of all workers.</summary>
    public const int AccountAuctionsMax = AuctionsMax / 16;

    /// <summary>
    /// How long workers may take to open their bids when a window has closed: a network's hiccup. All that have bid are waited for no
    /// longer than this.
    /// </summary>
    public static readonly TimeSpan BidOpeningMax = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Jobs of a group that are tried when an owner's worker has ended one of it: one of them can go to that owner. Others wait for the
    /// next poll of an offer that fits, some seconds.
    /// </summary>
    public const int FreedSeatTriesMax = 64;

    /// <summary>Capability classes whose prices are told, those with most jobs: what a person reads, and a walk over offers each.</summary>
    public const int PricedClassesMax = 12;

    /// <inheritdoc cref="MarketLimits.PriceLevelsMax"/>
    public const int PriceLevelsMax = MarketLimits.PriceLevelsMax;

    /// <summary>The last jobs of a class, whose time is kept: enough for the slowest of sixteen, a quarter of a kilobyte.</summary>
    public const int TurnaroundsMax = 64;

    /// <summary>
    /// Capability classes whose figures are kept: more than may have jobs at a time, four sizes of memory for each class of needs; a few
    /// kilobytes each.
    /// </summary>
    public const int FiguresMax = 5 * ClassesMax;

    /// <summary>
    /// Offers that the reasons of a waiting job count, the cheapest first: a person asks, and the matches wait meanwhile.
    /// </summary>
    public const int SurveyedOffersMax = 1_500;

    /// <summary>
    /// Waiting jobs that the reasons of a worker without work count: a person asks, and the matches wait meanwhile.
    /// </summary>
    public const int SurveyedJobsMax = 1_024;

    /// <summary>Of one account and class, the first ones: its others are mostly like them, and other accounts have jobs too.</summary>
    public const int SurveyedAccountJobsMax = 48;

    /// <summary>Offers that an explanation of an open job looks at, the cheapest first: what a person reads.</summary>
    public const int ExplainedOffersMax = 16;

    /// <summary>
    /// What one stream is told of one turn: as many jobs as come in one submission. What is beyond it is only counted.
    /// </summary>
    public const int NewsItemsMax = JobLimits.BatchJobsMax;

    /// <summary>Jobs that go from one shard to another with one claim: a few megabytes with the largest inline inputs.</summary>
    public const int HandedJobsMax = 256;

    /// <summary>Offers that one claim names, the cheapest: a shard with more that have nothing to do claims again.</summary>
    public const int ClaimedOffersMax = 64;

    /// <summary>Settlements that wait for an account that does not answer; more are left to the account's own reconciliation.</summary>
    public const int UnsettledJobsMax = 10_000;

    /// <summary>
    /// How long a lease lasts without a heartbeat that names it: three of them and a grace for the machine, the network or the silo between
    /// them. A worker that is cut off for longer works for nothing; the job of one that is gone waits no longer than this.
    /// </summary>
    public static readonly TimeSpan LeaseSilenceMax = (3 * WorkerLimits.HeartbeatPeriod) + TimeSpan.FromSeconds(5);

    /// <summary>Runs that a worker loses within so long count as one fault: it went once, with all that it had.</summary>
    public static readonly TimeSpan LossPeriod = LeaseSilenceMax;

    /// <summary>
    /// How long a lease may wait for a slot of its worker, heartbeats or not: workers give back after a second what they cannot begin, so
    /// one that sits on jobs keeps them from others.
    /// </summary>
    public static readonly TimeSpan LeaseWaitMax = TimeSpan.FromSeconds(15);

    /// <summary>What a worker may need before the guest's clock starts: fetching and compiling a module of the largest size.</summary>
    public static readonly TimeSpan SetUpMax = TimeSpan.FromSeconds(60);

    /// <summary>From the end of a run to its report: the upload of the largest output, and a report that had to be repeated.</summary>
    public static readonly TimeSpan ReportGrace = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a lease is kept for a report that arrived and could not be recorded, as long as the worker repeats it: a silo that lost its
    /// blobs has left by then, a database that fails over is back. After it the job runs again, and no worker is charged with a failure.
    /// </summary>
    public static readonly TimeSpan RecordMax = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How soon a shard tells the others of jobs that wait after it did so before: jobs that came meanwhile wait no longer than this.
    /// </summary>
    public static readonly TimeSpan BacklogPauseMin = TimeSpan.FromMilliseconds(5);

    /// <summary>How often it repeats that where no other shard takes them.</summary>
    public static readonly TimeSpan BacklogPauseMax = TimeSpan.FromSeconds(1);

    /// <summary>How long a shard remembers that another has jobs: until it would have heard so again.</summary>
    public static readonly TimeSpan BacklogTrust = 2 * BacklogPauseMax;

    /// <summary>After so long a job that was handed over is asked for, in case that the answer was lost.</summary>
    public static readonly TimeSpan StayCheckAge = TimeSpan.FromSeconds(5);

    /// <summary>Deadlines of one turn: a thousand jobs that expire at once must not keep heartbeats waiting.</summary>
    public const int DueJobsMax = 256;

    /// <summary>
    /// How often the standing of a worker on probation or excluded is read again, which gets few outcomes or none, and gets better with
    /// time; and of one with something at stake: the word that less of it counts may have been lost.
    /// </summary>
    public static readonly TimeSpan StandingPeriod = TimeSpan.FromMinutes(10);

    /// <summary>Those that are read at a time.</summary>
    public const int StandingsMax = 256;

    /// <summary>How often reputations are told of good outcomes: a write for each worker and buyer that had some.</summary>
    public static readonly TimeSpan OutcomesPeriod = TimeSpan.FromMinutes(1);

    /// <summary>The wait after a first failure. It doubles with each further one.</summary>
    public static readonly TimeSpan RetryDelayMin = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest wait between two attempts.</summary>
    public static readonly TimeSpan RetryDelayMax = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a worker that failed on a job does not see it, after its first failure. Then it may take the job again if no other offer
    /// fits: a worker that is alone must not be excluded for ever because of one fault. It doubles with each further failure.
    /// </summary>
    public static readonly TimeSpan ReadmitDelayMin = TimeSpan.FromSeconds(5);

    /// <summary>The same for one that gave the job back without having begun: as long as workers keep what they cannot begin.</summary>
    public static readonly TimeSpan ReturnedDelay = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long a lease of another shard may wait for a slot of its worker before it goes back. With the time to the worker's next
    /// heartbeat it is shorter than <see cref="LeaseSilenceMax"/>: until then none names the lease.
    /// </summary>
    public static readonly TimeSpan RelayWaitMax = LeaseWaitMax - WorkerLimits.HeartbeatPeriod;

    /// <summary>
    /// Offers that a shard lends to each other one: the members of the epoch's widest committee come first, and as many others, so that a
    /// panel of any width finds owners where a shard has few workers of its own.
    /// </summary>
    public const int LentOffersMax = 128;

    /// <summary>
    /// Those of one owner, members of committees apart: a panel takes one worker of each owner, and has another where that one is busy.
    /// </summary>
    public const int LentOffersOfOwnerMax = 4;

    /// <summary>
    /// How long after a loan the next one is told, whatever changes meanwhile: each is some ten kilobytes for every shard.
    /// </summary>
    public static readonly TimeSpan LoanPause = TimeSpan.FromSeconds(1);

    /// <summary>The longest such wait.</summary>
    public static readonly TimeSpan ReadmitDelayMax = TimeSpan.FromMinutes(5);

    /// <summary>A worker that has no leases and has not polled for so long is gone: it polls every ten seconds.</summary>
    public static readonly TimeSpan WorkerSilentMax = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How often the market looks at silent workers and unsettled jobs, and compares its start number with the stored one. A newer one
    /// tells that another activation has started. Until then both give leases, which only costs runs that do not count.
    /// </summary>
    public static readonly TimeSpan MaintenancePeriod = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a loan lasts: it is repeated with each round of maintenance, of which two may be lost.
    /// </summary>
    public static readonly TimeSpan LoanTrust = (3 * MaintenancePeriod) + TimeSpan.FromSeconds(5);

    /// <summary>
    /// A market that could not read its start number for so long may have been replaced: it gives no more leases and goes.
    /// </summary>
    public static readonly TimeSpan StartUnknownMax = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How often the market looks into the read model for pending jobs that never arrived: written during the rebuild, or handed to a
    /// market that went down before it answered.
    /// </summary>
    public static readonly TimeSpan SweepPeriod = TimeSpan.FromMinutes(1);

    /// <summary>A job that is younger is on its way, most likely.</summary>
    public static readonly TimeSpan SweepAgeMin = TimeSpan.FromSeconds(30);

    /// <summary>By how much two sweeps overlap: a job's pending write becomes durable some time after the moment that it names.</summary>
    public static readonly TimeSpan SweepOverlap = TimeSpan.FromMinutes(2);

    /// <summary>
    /// The wait before another attempt to write an end, and before another attempt to rebuild the queue from the read model.
    /// </summary>
    public static readonly TimeSpan StorageRetryDelay = TimeSpan.FromSeconds(1);

    /// <summary>The reminder that wakes the market after a restart, and its period, the shortest that reminders have.</summary>
    public const string WakeReminder = "wake";

    public static readonly TimeSpan WakePeriod = TimeSpan.FromMinutes(1);

    /// <summary>
    /// The wait before attempt <paramref name="failures"/> + 1: exponential and half of it random, so that jobs that failed together do not
    /// return together.
    /// </summary>
    public static TimeSpan RetryDelay(int failures, IChance chance)
    {
        var full = Doubled(RetryDelayMin, failures, RetryDelayMax);
        return (full / 2) + (full / 2 * chance.Next());
    }

    /// <summary>How long a job avoids the workers that failed on it, lost it or gave it back, before it looks whether others fit.</summary>
    public static TimeSpan AvoidDelay(MarketJob job) =>
        job.Failures + job.Interruptions == 0 ? ReturnedDelay : ReadmitDelay(Math.Max(1, job.Failures));

    public static TimeSpan ReadmitDelay(int failures) => Doubled(ReadmitDelayMin, failures, ReadmitDelayMax);

    private static TimeSpan Doubled(TimeSpan first, int count, TimeSpan max)
    {
        var full = first * Math.Pow(2, Math.Min(count - 1, 20));
        return full < max ? full : max;
    }
}
