namespace Marketplace.Grains;

/// <summary>When a market is overloaded, and how fast its bar moves, each number with its reason.</summary>
internal static class OverloadPolicy
{
    /// <summary>
    /// Waits and rates are those of so long: a market at its peak leases hundreds of jobs in it, and a client notices no less.
    /// </summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// Intervals in a row beyond a target before anything is refused: one batch, or one pause of the process, is no overload.
    /// </summary>
    public const int OverIntervalsMin = 2;

    /// <summary>
    /// How long jobs may wait for a worker in the mean, where the operator says nothing: half of the time after which a job expires that
    /// names none. Buyers queue work for later on purpose; what waits longer than this is on its way to end without a run.
    /// </summary>
    public static readonly TimeSpan QueueWaitMax = TimeSpan.FromMinutes(30);

    /// <summary>
    /// How long even the quickest question to the market may take within the silos. It takes tens of milliseconds where large batches are
    /// written on all cores; beyond this the processor is what is short, and workers' calls come late too.
    /// </summary>
    public static readonly TimeSpan CallWaitMax = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// The same for questions to the market, as long as such a wait: those that waited together, for a market that had to start, are
    /// answered together.
    /// </summary>
    public const int CallIntervalsMin = 10;

    /// <summary>
    /// In about so long what waits beyond a small target is worked off; for a larger target it takes as long as that. Faster would leave
    /// workers without jobs before the shorter wait is seen.
    /// </summary>
    public static readonly TimeSpan DrainMin = TimeSpan.FromMilliseconds(500);

    /// <summary>What is taken before it is known to be needed: two intervals of it, so that batches need not come evenly.</summary>
    public static readonly TimeSpan BurstMax = 2 * Interval;

    /// <summary>
    /// So few jobs a minute are taken at least, however long they wait: what was measured last is old, and only jobs measure anew.
    /// </summary>
    public const int JobsPerMinuteMin = 1;

    /// <summary>The least time after which a refused client is to come again: the resolution of the header.</summary>
    public static readonly TimeSpan RetryAfterMin = TimeSpan.FromSeconds(1);

    /// <summary>The longest: beyond it nobody knows, and clients of the SDK give up instead of waiting.</summary>
    public static readonly TimeSpan RetryAfterMax = TimeSpan.FromMinutes(1);

    /// <summary>
    /// The least part of what was leased that is taken while the bar is up: those of high rank are not sent away for a queue that others
    /// have made, and the queue does not run dry unseen.
    /// </summary>
    public const double PartMin = 0.5;

    /// <summary>By so much the jobs taken grow with each interval within the targets: by half in a second.</summary>
    public const double GrowthMax = 0.02;

    /// <summary>Where so many times the jobs that come could be taken, the bar is of no use any more.</summary>
    public const double SpareMin = 1.5;

    /// <summary>
    /// Of more that comes than before so much is believed at once: the queue that grows meanwhile is what others wait for.
    /// </summary>
    public const double MorePart = 0.5;

    /// <summary>What is below the bar finds room where so much of <see cref="BurstMax"/> was left over by what is above it.</summary>
    public const double LeftPart = 0.75;

    /// <summary>What happened so long ago still counts for the rates of a market with a small target.</summary>
    public static readonly TimeSpan MemoryMin = TimeSpan.FromMilliseconds(500);

    /// <summary>The same for a large target: jobs may take minutes, and one that was leased long ago says nothing any more.</summary>
    public static readonly TimeSpan MemoryMax = TimeSpan.FromMinutes(5);

    /// <summary>How long what happened counts: a tenth of how long jobs may wait.</summary>
    public static TimeSpan MemoryOf(TimeSpan waitMax) => MarketTime.Earlier(MemoryMax, MarketTime.Later(MemoryMin, waitMax / 10));

    /// <summary>What the newest so much time counts in a mean over a memory.</summary>
    public static double PartOf(TimeSpan time, TimeSpan memory) => 1 - Math.Exp(-(time / memory));
}
