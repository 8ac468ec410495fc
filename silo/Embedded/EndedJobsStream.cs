using Marketplace.Gateway;
using Marketplace.Grains;
using Orleans.Streams;

namespace Marketplace.Silo;

/// <summary>The market's results stream.</summary>
internal sealed partial class EndedJobsStream(IClusterClient client, ILogger<EndedJobsStream> log) : IEndedJobs
{
    public async Task<IAsyncDisposable> Listen(Action<JobsEnded> take)
    {
        var stream = client.GetStreamProvider(MarketStreams.Provider)
            .GetStream<JobsEnded>(StreamId.Create(MarketStreams.Results, MarketStreams.Key));
        return new Listening(await stream.SubscribeAsync(new Observer(take, log)));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The results stream reports a fault; open event streams may miss jobs.")]
    private static partial void Faulted(ILogger log, Exception fault);

    private sealed class Observer(Action<JobsEnded> take, ILogger log) : IAsyncObserver<JobsEnded>
    {
        public Task OnNextAsync(JobsEnded item, StreamSequenceToken? token = null)
        {
            take(item);
            return Task.CompletedTask;
        }

        public Task OnErrorAsync(Exception ex)
        {
            Faulted(log, ex);
            return Task.CompletedTask;
        }
    }

    private sealed class Listening(StreamSubscriptionHandle<JobsEnded> subscription) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await subscription.UnsubscribeAsync();
    }
}
