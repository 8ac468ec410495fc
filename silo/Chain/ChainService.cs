using Marketplace.GrainInterfaces;

namespace Marketplace.Silo;

/// <summary>Has the market follow its chain, from when the grains answer until the silo stops. A reminder keeps it alive besides.</summary>
internal sealed partial class ChainService(IGrainFactory grains, TimeProvider time, ILogger<ChainService> log) : BackgroundService
{
    /// <summary>Asking again costs one call, and is all that a market needs whose reminders were lost.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            do
            {
                await Follow();
            } while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            return;
        }
    }

    private async Task Follow()
    {
        try
        {
            await grains.GetGrain<ISettlementGrain>(MarketLimits.SettlementKey).Follow(Authority.Silo);
        }
        catch (Exception failure)
        {
            LogNotFollowed(log, failure);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The market could not be asked to follow its chain; it is asked again")]
    private static partial void LogNotFollowed(ILogger log, Exception failure);
}
