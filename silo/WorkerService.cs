using Marketplace.Worker;

namespace Marketplace.Silo;

/// <summary>
/// Runs the worker inside the silo, from when the grains answer until the silo stops. A worker that fails takes the silo down with a
/// reason.
/// </summary>
internal sealed partial class WorkerService(IMarketLink link, WorkerOptions options, TimeProvider time, ILoggerFactory logs)
    : BackgroundService
{
    private readonly ILogger _log = logs.CreateLogger<WorkerService>();

    protected override async Task ExecuteAsync(CancellationToken stopping)
    {
        try
        {
            await new WorkerAgent(link, options, time, logs.CreateLogger<WorkerAgent>()).Run(stopping);
        }
        catch (Exception failure)
        {
            LogFailed(_log, failure);
            throw;
        }
    }

    [LoggerMessage(
        Level = LogLevel.Critical,
        Message = "The worker inside the silo failed; the silo stops. Open jobs are queued again by the next start"
    )]
    private static partial void LogFailed(ILogger log, Exception failure);
}
