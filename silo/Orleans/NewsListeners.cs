using System.Collections.Frozen;
using Marketplace.GrainInterfaces;

namespace Marketplace.Silo;

/// <summary>Learns which news are read, because Orleans does not tell a publisher: without readers the market publishes none.</summary>
internal sealed partial class NewsListeners(IGrainFactory grains, ClusterFacts facts, TimeProvider time, ILogger<NewsListeners> log)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stopping)
    {
        var board = grains.GetGrain<INewsBoardGrain>(MarketStreams.Key);
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                facts.Listened = (await board.GetListened()).ToFrozenSet(StringComparer.Ordinal);
            }
            catch (Exception failure)
            {
                // The board went with its silo, and is found again.
                LogLost(log, failure.Message);
            }
            await Task.Delay(ClusterPolicy.ListenersPeriod, time, stopping).ContinueWith(static _ => { }, TaskScheduler.Default);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Which news are read is not known, so it stays as it was: {Reason}")]
    private static partial void LogLost(ILogger log, string reason);
}
