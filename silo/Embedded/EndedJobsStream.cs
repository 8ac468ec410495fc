using Marketplace.Gateway;
using Marketplace.GrainInterfaces;
using Orleans.Streams;

namespace Marketplace.Silo;

/// <summary>The market's results stream.</summary>
internal sealed partial class EndedJobsStream(IClusterClient client, ILogger<EndedJobsStream> log) : IEndedJobs
{
    public async Task<IAsyncDisposable> Listen(Action<JobsEnded> take, Action missed)
    {
        var stream = client
            .GetStreamProvider(MarketStreams.Provider)
            .GetStream<JobsEnded>(StreamId.Create(MarketStreams.Results, MarketStreams.Key));
        return new Listening(await stream.SubscribeAsync(new Observer(take, missed, log)));
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The results stream reports a fault; open event streams are told that they may have missed jobs."
    )]
    private static partial void Faulted(ILogger log, Exception fault);

    private sealed class Observer(Action<JobsEnded> take, Action missed, ILogger log) : IAsyncObserver<JobsEnded>
    {
        public Task OnNextAsync(JobsEnded item, StreamSequenceToken? token = null)
        {
            take(item);
            return Task.CompletedTask;
        }

        public Task OnErrorAsync(Exception ex)
        {
            Faulted(log, ex);
            missed();
            return Task.CompletedTask;
        }
    }

    private sealed class Listening(StreamSubscriptionHandle<JobsEnded> subscription) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await subscription.UnsubscribeAsync();
    }
}
