using Marketplace.Worker.Protocol;

namespace Marketplace.Worker;

/// <summary>Bounds of a worker, each with its reason.</summary>
public static class WorkerPolicy
{
    /// <summary>Blobs that one run keeps after it read them; beyond it they are fetched again.</summary>
    public const int GuestBlobBytesMax = JobLimits.InputBytesMax;

    /// <summary>What remembering a blob costs beside its bytes, so that asking for many that do not exist is bounded too.</summary>
    public const int GuestBlobEntryBytes = 128;

    /// <summary>Results of one report: enough to share its write, few enough to keep the first one from waiting.</summary>
    public const int ReportResultsMax = LinkPolicy.ReportResultsMax;

    /// <summary>Leases beyond those that run, when runs are short: they hide the market's answer time.</summary>
    public const int PrefetchMax = 256;

    /// <summary>
    /// How much work a worker keeps waiting per slot, by the time that its last runs took: the least, where the market answers at once.
    /// </summary>
    public static readonly TimeSpan PrefetchTime = TimeSpan.FromMilliseconds(10);

    /// <summary>The most, for a market far away or busy. What waits here runs nowhere else meanwhile.</summary>
    public static readonly TimeSpan PrefetchTimeMax = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Results that wait sealed for those of others: as many as a worker may have leases. One more is given back, so that a market which
    /// never asks cannot fill the worker's memory.
    /// </summary>
    public const int SealedResultsMax = WorkerLimits.LeasesMax;

    /// <summary>
    /// Runs of a member of committees that are kept for the votes on their receipts: as many as a worker may have leases. One that is
    /// pushed out is not voted on, so a market that never asks cannot fill the worker's memory.
    /// </summary>
    public const int VotedRunsMax = WorkerLimits.LeasesMax;

    /// <summary>A lease that has waited for a slot this long is given back: another worker may be free.</summary>
    public static readonly TimeSpan LeaseWaitMax = TimeSpan.FromSeconds(1);

    /// <summary>How often the worker looks whether a heartbeat is due, and asks its runs how far they have come.</summary>
    public static readonly TimeSpan HeartbeatLook = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The least time between two heartbeats, where a run has begun that the market does not know of: half of what a link lets through.
    /// </summary>
    public static readonly TimeSpan HeartbeatPauseMin = 2 * LinkPolicy.HeartbeatPeriodMin;

    /// <summary>Runs that end sooner are not worth a heartbeat of their own.</summary>
    public static readonly TimeSpan UntoldMax = TimeSpan.FromSeconds(1);

    /// <summary>
    /// A worker that has had no lease for so long drops its compiled modules. Compiling a large one again takes a second or two, and
    /// meanwhile other processes can use its memory.
    /// </summary>
    public static readonly TimeSpan IdleMax = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Modules that an idle worker must have dropped before it gives memory back. Doing so stops every thread of the process, which may be
    /// a silo's, for about 0.1 s: too much for a few small modules, whose memory the next ones use.
    /// </summary>
    public const long GiveBackBytesMin = 32L << 20;

    /// <summary>
    /// The least time between two times of giving back: a worker with a large job every few minutes must not stop its silo as often.
    /// </summary>
    public static readonly TimeSpan GiveBackPause = TimeSpan.FromMinutes(10);

    /// <summary>The pause after the first failed call to the market; doubled up to <see cref="RetryPauseMax"/>.</summary>
    public static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(50);

    public static readonly TimeSpan RetryPauseMax = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The longest pause between two connections: less than leases last without a heartbeat, so a network that is back in time costs none.
    /// </summary>
    public static readonly TimeSpan ReconnectPauseMax = TimeSpan.FromSeconds(10);

    /// <summary>How often a terminal is told what the account has earned: an answer of the market's each.</summary>
    public static readonly TimeSpan EarningsPeriod = TimeSpan.FromSeconds(10);

    /// <summary>What a worker keeps on disk of modules and inputs, in mebibytes: a terabyte is more than any market's programs.</summary>
    public const int CacheMiBMax = 1 << 20;

    /// <summary>
    /// What runs may take to end after a worker's process was asked to: service managers kill after 90 s, and reports follow.
    /// </summary>
    public static readonly TimeSpan DrainTimeMax = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long a run waits for a market that cannot be reached: longer than a silo's restart. Its lease runs on meanwhile.
    /// </summary>
    public static readonly TimeSpan RunCallTimeMax = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Bids that wait to be opened: many times what a market asks for at a time, since auctions that were cancelled are never closed.
    /// </summary>
    public const int SealedBidsMax = 256 * WorkerLimits.BidsMax;

    /// <summary>
    /// How long after its window a bid may be asked for, less the longest window, of a minute: a market that stood still goes on where it
    /// stopped.
    /// </summary>
    public static readonly TimeSpan SealedBidAge = TimeSpan.FromMinutes(6);

    /// <summary>The next pause after this one, where a call failed again.</summary>
    public static TimeSpan Longer(TimeSpan pause, TimeSpan most) => pause * 2 < most ? pause * 2 : most;

    /// <summary>Half of it by chance: workers that lost their market together must not return together.</summary>
    public static TimeSpan WithChance(TimeSpan pause) => (pause / 2) + (pause / 2 * Random.Shared.NextDouble());
}
