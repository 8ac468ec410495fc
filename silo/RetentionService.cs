using Marketplace.GrainInterfaces;
using Marketplace.Grains;

namespace Marketplace.Silo;

/// <summary>Has the market drop the jobs that its operator keeps no longer. Each silo asks; one grain does it for all.</summary>
internal sealed partial class RetentionService(IGrainFactory grains, JobKeeping keeping, TimeProvider time, ILogger<RetentionService> log)
    : BackgroundService
{
    /// <summary>The grain knows when a pass is due: asking it costs one call.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(10);

    /// <summary>Between two calls of a pass, so that jobs which run have the store for most of the time.</summary>
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(50);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (keeping.Keep is null)
        {
            return;
        }
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await Pass(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            return;
        }
    }

    private async Task Pass(CancellationToken stopping)
    {
        try
        {
            var grain = grains.GetGrain<IRetentionGrain>(MarketLimits.RetentionKey);
            while (!(await grain.DropSome(Authority.Silo).WaitAsync(stopping)).IsOver)
            {
                await Task.Delay(Breath, time, stopping);
            }
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            LogFailed(failure);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Old jobs could not be dropped; it is tried again in ten minutes")]
    private partial void LogFailed(Exception failure);
}
