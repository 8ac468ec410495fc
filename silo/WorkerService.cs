using Marketplace.Worker;

namespace Marketplace.Silo;

/// <summary>
/// Runs the worker inside the silo, from when the grains answer until the silo stops. A worker that fails takes the silo down with a
/// reason. The ports open after this service has started, so clients of a silo that answers find the offer of its worker.
/// </summary>
internal sealed partial class WorkerService(
    IMarketLink link,
    WorkerOptions options,
    CommitteeMembership committees,
    DataFolder folder,
    TimeProvider time,
    ILoggerFactory logs
) : BackgroundService
{
    /// <summary>
    /// How long the start waits for the offer: children of a busy machine take some seconds to start. Without the offer the silo serves
    /// all the same, since the markets of other silos may be what does not answer.
    /// </summary>
    private static readonly TimeSpan OfferMax = TimeSpan.FromSeconds(10);

    private readonly ILogger _log = logs.CreateLogger<WorkerService>();
    private readonly WorkerAgent _agent = new(link, options, time, logs.CreateLogger<WorkerAgent>(), committees.Voter);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await base.StartAsync(cancellationToken);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(_agent.Offered, ExecuteTask!, Task.Delay(OfferMax, time, over.Token));
        await over.CancelAsync();
    }

    protected override async Task ExecuteAsync(CancellationToken stopping)
    {
        try
        {
            folder.Delete(DataFolder.Isolation);
            var run = _agent.Run(stopping);
            if (await Task.WhenAny(_agent.Isolation, run) == _agent.Isolation)
            {
                folder.Write(DataFolder.Isolation, (await _agent.Isolation).ToString());
            }
            await run;
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
