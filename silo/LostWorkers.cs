using Marketplace.GrainInterfaces;
using Marketplace.Grains;

namespace Marketplace.Silo;

/// <summary>
/// Tells the market which workers the host knows to be gone: their leases are queued again at once. Every survivor tells; the market hears
/// the first one.
/// </summary>
internal sealed partial class LostWorkers(
    IHostFacts host,
    IGrainFactory grains,
    MarketShards shards,
    TimeProvider time,
    ILogger<LostWorkers> log
) : BackgroundService
{
    /// <summary>The market may have been where the worker was: it is somewhere else within seconds.</summary>
    private const int AttemptsMax = 20;

    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stopping)
    {
        try
        {
            await foreach (var worker in host.LostWorkers(stopping))
            {
                await Tell(worker, stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return;
        }
    }

    private async Task Tell(WorkerId worker, CancellationToken stopping)
    {
        for (var attempt = 1; attempt <= AttemptsMax; attempt++)
        {
            try
            {
                var freed = await shards.Of(grains, worker).Dismiss(worker, Authority.Silo).WaitAsync(stopping);
                if (freed > 0)
                {
                    LogFreed(log, worker, freed);
                }
                return;
            }
            catch (Exception failure) when (!stopping.IsCancellationRequested)
            {
                if (attempt == AttemptsMax)
                {
                    LogUntold(log, worker, failure);
                }
                await Task.Delay(RetryPause, time, stopping);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Worker {Worker} is gone, {Jobs} jobs queued again on this silo's word")]
    private static partial void LogFreed(ILogger log, WorkerId worker, int jobs);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The market was not told that worker {Worker} is gone with its silo: jobs leased to it wait for their leases' deadlines"
    )]
    private static partial void LogUntold(ILogger log, WorkerId worker, Exception failure);
}
