using System.Diagnostics.Metrics;

namespace Marketplace;

/// <summary>
/// What the marketplace measures: the one list of instruments. METRICS.md is made from it. Names and units follow OpenTelemetry's
/// semantic conventions; counts have units in braces, durations are seconds.
/// </summary>
public static class MarketMetrics
{
    /// <summary>The meter of all of them.</summary>
    public const string MeterName = "Marketplace";

    private const string Jobs = "{job}";
    private const string Calls = "{call}";
    private const string Units = "{base_unit}";
    private const string Embedded = "Only from a silo of one process, which has a journal.";
    private const string Chain = "Only with `--chain evm`.";
    private const string Workers = "Only where workers connect.";
    private const string Faults = "Only once it has happened.";

    public static readonly MarketMetric JobsSubmitted = Counter("jobs.submitted", Jobs, "Jobs that were accepted and written.");

    public static readonly MarketMetric JobsEnded = Counter(
        "jobs.ended",
        Jobs,
        "Jobs that ended, by how and by whose fault.",
        "state",
        "fault"
    );

    public static readonly MarketMetric JobsDropped = Counter(
        "jobs.dropped",
        Jobs,
        "Ended jobs that were dropped, because they are kept no longer."
    ) with
    {
        Condition = "Only with `--keep-jobs`, once it has happened.",
    };

    public static readonly MarketMetric FuelUsed = Counter("fuel.used", "{fuel}", "Fuel of the runs that ended jobs.");

    public static readonly MarketMetric Charged = Counter("money.charged", Units, "What ended jobs cost.");

    public static readonly MarketMetric Receipts = Counter(
        "receipts.signed",
        "{receipt}",
        "Ended jobs whose receipt has a worker's signature, by kind of assurance.",
        "assurance"
    );

    public static readonly MarketMetric MatchDuration = Histogram(
        "job.match.duration",
        "From a job's submission to the lease of the run that ended it."
    );

    public static readonly MarketMetric JobDuration = Histogram("job.duration", "From a job's submission to its end.", "state");

    public static readonly MarketMetric QueueJobs = Gauge("queue.jobs", Jobs, "Jobs that wait for an offer, by class.", "class");

    public static readonly MarketMetric QueueWait = Gauge(
        "queue.wait",
        "s",
        "How long jobs waited, in the mean: for a worker, or for the silo itself where that is what is short."
    );

    public static readonly MarketMetric LoadBar = Gauge(
        "load.bar",
        "{priority}",
        "The priority below which this silo refuses new jobs, because they wait too long; 0: it takes all."
    );

    public static readonly MarketMetric JobsShed = Counter(
        "jobs.shed",
        Jobs,
        "New jobs that were refused because others waited too long, by their priority.",
        "priority"
    ) with
    {
        Condition = Faults,
    };

    public static readonly MarketMetric LeasedJobs = Gauge("leased.jobs", Jobs, "Jobs that a worker has.");

    public static readonly MarketMetric OfferWorkers = Gauge("offers.workers", "{worker}", "Workers that offer.");

    public static readonly MarketMetric OfferSlots = Gauge("offers.slots", "{slot}", "Slots that workers offer.");

    public static readonly MarketMetric MoneyHeld = Gauge(
        "money.held",
        Units,
        "Money set aside for jobs, stakes and deals, as the last check of the books found it."
    );

    public static readonly MarketMetric BookViolations = Gauge(
        "books.violations",
        "{violation}",
        "What the last check of the books found wrong: 0, or an operator must act."
    );

    public static readonly MarketMetric FlushDuration = Histogram(
        "journal.flush.duration",
        "Writing one batch to the journal until it is on the disk."
    ) with
    {
        Condition = Embedded,
    };

    public static readonly MarketMetric FoldLag = Gauge("fold.lag", "{record}", "Durable changes that lists do not show yet.");

    public static readonly MarketMetric BlobsStored = Counter("blobs.stored", "By", "Bytes of blobs that were stored.");

    public static readonly MarketMetric DiskFree = Gauge("disk.free", "By", "Free bytes of the disk with the data folder.");

    public static readonly MarketMetric GrainCalls = Counter("grain.calls", Calls, "Calls of this silo's grains.", "grain", "method");

    public static readonly MarketMetric GrainFailures = Counter(
        "grain.failures",
        Calls,
        "Calls that ended with an exception; a refusal is one too.",
        "grain",
        "method"
    );

    public static readonly MarketMetric GrainActivations = Gauge(
        "grain.activations",
        "{activation}",
        "Grains in memory, by class and, on a cluster, by silo.",
        "grain",
        "silo"
    );

    public static readonly MarketMetric ChainLag = Gauge(
        "chain.lag",
        "{block}",
        "Blocks between the newest one seen and the last one whose deposits are in the books."
    ) with
    {
        Condition = Chain,
    };

    public static readonly MarketMetric LinksEnded = Counter(
        "worker_links.ended",
        "{connection}",
        "Connections of workers that ended, by reason.",
        "reason"
    ) with
    {
        Condition = Workers,
    };

    public static readonly MarketMetric CallsRefused = Counter(
        "worker_calls.refused",
        Calls,
        "Calls of workers that were refused, by error code.",
        "code"
    ) with
    {
        Condition = Faults,
    };

    /// <summary>All of them, in the order of METRICS.md.</summary>
    public static readonly IReadOnlyList<MarketMetric> All =
    [
        JobsSubmitted,
        JobsEnded,
        JobsDropped,
        JobDuration,
        MatchDuration,
        FuelUsed,
        Charged,
        Receipts,
        QueueJobs,
        QueueWait,
        LoadBar,
        JobsShed,
        LeasedJobs,
        OfferWorkers,
        OfferSlots,
        MoneyHeld,
        BookViolations,
        FlushDuration,
        FoldLag,
        BlobsStored,
        DiskFree,
        GrainCalls,
        GrainFailures,
        GrainActivations,
        ChainLag,
        LinksEnded,
        CallsRefused,
    ];

    private static MarketMetric Counter(string name, string unit, string description, params string[] attributes) =>
        new(MarketMetricKind.Counter, $"marketplace.{name}", unit, description, attributes);

    private static MarketMetric Gauge(string name, string unit, string description, params string[] attributes) =>
        new(MarketMetricKind.Gauge, $"marketplace.{name}", unit, description, attributes);

    private static MarketMetric Histogram(string name, string description, params string[] attributes) =>
        new(MarketMetricKind.Histogram, $"marketplace.{name}", "s", description, attributes);
}

public enum MarketMetricKind
{
    /// <summary>A sum since the process began.</summary>
    Counter = 0,

    /// <summary>A figure of the moment.</summary>
    Gauge = 1,

    /// <summary>How many durations fell into each of a few ranges.</summary>
    Histogram = 2,
}

/// <param name="Kind">What it tells.</param>
/// <param name="Name">As collectors know it.</param>
/// <param name="Unit">A unit of UCUM; in braces what is counted.</param>
/// <param name="Description">A sentence.</param>
/// <param name="Attributes">What its values are told apart by.</param>
public sealed record MarketMetric(MarketMetricKind Kind, string Name, string Unit, string Description, IReadOnlyList<string> Attributes)
{
    /// <summary>From a flush of a tenth of a millisecond to a job that waits for an hour.</summary>
    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [0.0001, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 60, 600, 3600],
    };

    /// <summary>When there are values at all; null: always.</summary>
    public string? Condition { get; init; }

    public Counter<long> CreateCounter(Meter meter) => meter.CreateCounter<long>(Name, Unit, Description);

    public Histogram<double> CreateHistogram(Meter meter) => meter.CreateHistogram(Name, Unit, Description, tags: null, Seconds);

    /// <summary>A counter or gauge whose values are looked up when they are collected.</summary>
    public void Observe<TValue>(Meter meter, Func<IEnumerable<Measurement<TValue>>> values)
        where TValue : struct
    {
        if (Kind == MarketMetricKind.Counter)
        {
            meter.CreateObservableCounter(Name, values, Unit, Description);
        }
        else
        {
            meter.CreateObservableGauge(Name, values, Unit, Description);
        }
    }
}
