namespace Marketplace.Grains;

/// <summary>Bounds of one market, each with its reason.</summary>
internal static class MarketPolicy
{
    /// <summary>Workers with an offer: each has an entry, a waiting call and a place in the order of prices.</summary>
    public const int WorkersMax = 100_000;

    /// <summary>Jobs that one worker may run at a time: more cores than any machine has.</summary>
    public const int WorkerSlotsMax = 1024;

    /// <summary>
    /// Leases that one worker may hold at a time, those that wait for a slot included: what it loses when it fails must stay a small part of the
    /// queue.
    /// </summary>
    public const int WorkerLeasesMax = 4 * WorkerSlotsMax;

    /// <summary>Reports of one call: each may hold an inline output, a log and changes of state.</summary>
    public const int ReportsMax = 1024;

    /// <summary>
    /// Runs of a job that were given up by their worker, or lost because the worker started again, without a fault in the job being known. A job
    /// that ends its workers would otherwise do so for ever.
    /// </summary>
    public const int InterruptionsMax = 5;

    /// <summary>Offers that an explanation of an open job looks at, the cheapest first: what a person reads.</summary>
    public const int ExplainedOffersMax = 16;

    /// <summary>Settlements that wait for an account that does not answer; more are left to the account's own reconciliation.</summary>
    public const int UnsettledJobsMax = 10_000;

    /// <summary>What a worker may need before the guest's clock starts: fetching and compiling a module of the largest size.</summary>
    public static readonly TimeSpan SetUpMax = TimeSpan.FromSeconds(60);

    /// <summary>From the end of a run to its report: the upload of the largest output, and a report that had to be repeated.</summary>
    public static readonly TimeSpan ReportGrace = TimeSpan.FromSeconds(30);

    /// <summary>The wait after a first failure. It doubles with each further one.</summary>
    public static readonly TimeSpan RetryDelayMin = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest wait between two attempts.</summary>
    public static readonly TimeSpan RetryDelayMax = TimeSpan.FromSeconds(30);

    /// <summary>A worker that has no leases and has not polled for so long is gone: it polls every ten seconds.</summary>
    public static readonly TimeSpan WorkerSilentMax = TimeSpan.FromSeconds(60);

    /// <summary>How often silent workers and unsettled jobs are looked at.</summary>
    public static readonly TimeSpan MaintenancePeriod = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How often the market compares its start number with the stored one, and so learns that another activation has started. Until then both give
    /// leases, which costs runs that do not count and nothing else.
    /// </summary>
    public static readonly TimeSpan StartCheckPeriod = MaintenancePeriod;

    /// <summary>A market that could not read its start number for so long may have been replaced: it gives no more leases and goes.</summary>
    public static readonly TimeSpan StartUnknownMax = TimeSpan.FromSeconds(60);

    /// <summary>Attempts to write the start number at once when other activations start as well; the last of them stays.</summary>
    public const int StartAttemptsMax = 5;

    /// <summary>
    /// How often the market looks into the read model for pending jobs that never arrived: written during the rebuild, or handed to a market that
    /// went down before it answered.
    /// </summary>
    public static readonly TimeSpan SweepPeriod = TimeSpan.FromMinutes(1);

    /// <summary>A job that is younger is on its way, most likely.</summary>
    public static readonly TimeSpan SweepAgeMin = TimeSpan.FromSeconds(30);

    /// <summary>By how much two sweeps overlap: a job's pending write becomes durable some time after the moment that it names.</summary>
    public static readonly TimeSpan SweepOverlap = TimeSpan.FromMinutes(2);

    /// <summary>How long an end that could not be written waits for its next attempt, and the read model for the next attempt to rebuild the queue.</summary>
    public static readonly TimeSpan StorageRetryDelay = TimeSpan.FromSeconds(1);

    /// <summary>The reminder that wakes the market after a restart, and its period, the shortest that reminders have.</summary>
    public const string WakeReminder = "wake";

    public static readonly TimeSpan WakePeriod = TimeSpan.FromMinutes(1);

    /// <summary>
    /// The wait before attempt <paramref name="failures"/> + 1: exponential, with half of it by chance, so that jobs that failed together do not
    /// return together.
    /// </summary>
    public static TimeSpan RetryDelay(int failures, IChance chance)
    {
        var full = RetryDelayMin * Math.Pow(2, Math.Min(failures - 1, 20));
        if (full > RetryDelayMax)
            full = RetryDelayMax;
        return (full / 2) + (full / 2 * chance.Next());
    }
}
