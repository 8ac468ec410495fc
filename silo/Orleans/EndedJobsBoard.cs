using Marketplace.Gateway;
using Marketplace.GrainInterfaces;

namespace Marketplace.Silo;

/// <summary>
/// Reads the board, wherever in the cluster it is; a board that went with its silo is found again, and the gateway told that it may have
/// missed jobs.
/// </summary>
internal sealed partial class EndedJobsBoard(IGrainFactory grains, TimeProvider time, ILogger<EndedJobsBoard> log) : IEndedJobs
{
    /// <summary>The pause after a failed read: until the cluster has noticed that a silo is gone, each one fails.</summary>
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(500);

    public async Task<IAsyncDisposable> Listen(Action<JobsEnded> take, Action missed)
    {
        var board = grains.GetGrain<IResultsBoardGrain>(MarketStreams.Key);
        var now = await board.Read(null, CancellationToken.None);
        return new Listening(stop => Run(board, now.Place, take, missed, stop));
    }

    private async Task Run(IResultsBoardGrain board, ResultsPlace? place, Action<JobsEnded> take, Action missed, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var page = await board.Read(place, stop);
                if (page.Missed)
                {
                    missed();
                }
                foreach (var ended in page.Ended)
                {
                    take(ended);
                }
                place = page.Place;
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "Ended jobs cannot be read, so event streams wait: {Reason}")]
    private static partial void LogLost(ILogger log, string reason);

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
