using System.Collections.Immutable;
using Marketplace.Gateway;
using Marketplace.GrainInterfaces;

namespace Marketplace.Silo;

/// <summary>
/// Reads the boards, wherever in the cluster they are; a board that went with its silo is found again, and the gateway told that it may
/// have missed something.
/// </summary>
internal sealed partial class ClusterStreams(IGrainFactory grains, TimeProvider time, ILogger<ClusterStreams> log) : IMarketStreams
{
    /// <summary>The pause after a failed read: until the cluster has noticed that a silo is gone, each one fails.</summary>
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(500);

    public Task<IAsyncDisposable> Listen(Action<JobsEnded> take, Action missed)
    {
        var board = grains.GetGrain<IResultsBoardGrain>(MarketStreams.Key);
        return Listen(
            async (place, stop) =>
            {
                var page = await board.Read(place, stop);
                return (page.Place, page.Missed, page.Ended);
            },
            take,
            missed
        );
    }

    public Task<IAsyncDisposable> Listen(string stream, Action<MarketNews> take, Action missed)
    {
        var board = grains.GetGrain<INewsBoardGrain>(MarketStreams.Key);
        return Listen(
            async (place, stop) =>
            {
                var page = await board.Read(stream, place, stop);
                return (page.Place, page.Missed, page.News);
            },
            take,
            missed
        );
    }

    private async Task<IAsyncDisposable> Listen<TItem>(BoardRead<TItem> read, Action<TItem> take, Action missed)
    {
        var (now, _, _) = await read(null, CancellationToken.None);
        return new Listening(stop => Run(read, now, take, missed, stop));
    }

    private async Task Run<TItem>(BoardRead<TItem> read, ResultsPlace? place, Action<TItem> take, Action missed, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                (place, var isMissed, var items) = await read(place, stop);
                if (isMissed)
                {
                    missed();
                }
                foreach (var item in items)
                {
                    take(item);
                }
            }
            catch (Exception) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                LogLost(log, failure.Message);
                await Task.Delay(RetryPause, time, stop).ContinueWith(static _ => { }, TaskScheduler.Default);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The market's announcements cannot be read, so event streams wait: {Reason}")]
    private static partial void LogLost(ILogger log, string reason);

    private delegate Task<(ResultsPlace Place, bool Missed, ImmutableArray<TItem> Items)> BoardRead<TItem>(
        ResultsPlace? place,
        CancellationToken stop
    );

    private sealed class Listening : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _run;

        public Listening(Func<CancellationToken, Task> run) => _run = run(_stop.Token);

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _run;
            _stop.Dispose();
        }
    }
}
