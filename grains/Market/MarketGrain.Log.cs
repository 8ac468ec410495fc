using Microsoft.Extensions.Logging;

namespace Marketplace.Grains;

internal sealed partial class MarketGrain
{
    [LoggerMessage(
        EventId = 1201,
        Level = LogLevel.Information,
        Message = "Market {Market}: start {Start}, {Jobs} pending jobs are queued again."
    )]
    private partial void LogStarted(string market, long start, int jobs);

    [LoggerMessage(EventId = 1202, Level = LogLevel.Warning, Message = "Market {Market}: could not rebuild the queue; it will try again.")]
    private partial void LogRebuildFailed(Exception failure, string market);

    [LoggerMessage(EventId = 1204, Level = LogLevel.Warning, Message = "Job {Job} of worker {Worker}: {Reason}; the lease is over.")]
    private partial void LogLeaseMissed(JobId job, WorkerId worker, string reason);

    [LoggerMessage(EventId = 1208, Level = LogLevel.Information, Message = "Worker {Worker} has fallen silent; its offer is withdrawn.")]
    private partial void LogWorkerSilent(WorkerId worker);

    [LoggerMessage(EventId = 1209, Level = LogLevel.Warning, Message = "Market {Market}: start {Start} steps down, because {Why}.")]
    private partial void LogSteppedDown(string market, long start, string why);

    [LoggerMessage(
        EventId = 1214,
        Level = LogLevel.Warning,
        Message = "Market {Market}: it stood still for {Late}; leases last so much longer."
    )]
    private partial void LogStoodStill(string market, TimeSpan late);

    [LoggerMessage(
        EventId = 1210,
        Level = LogLevel.Warning,
        Message = "Market {Market}: could not read the start number; it will try again."
    )]
    private partial void LogStartUnread(Exception failure, string market);

    [LoggerMessage(
        EventId = 1211,
        Level = LogLevel.Warning,
        Message = "Market {Market}: {Count} pending jobs had not arrived; they are queued now."
    )]
    private partial void LogSwept(string market, int count);

    [LoggerMessage(
        EventId = 1212,
        Level = LogLevel.Warning,
        Message = "Market {Market}: the search for jobs that did not arrive failed; it will run again."
    )]
    private partial void LogSweepFailed(Exception failure, string market);
}
