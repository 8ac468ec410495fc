using Marketplace.Gateway;
using Marketplace.GrainInterfaces;
using Orleans.Streams;

namespace Marketplace.Silo;

/// <summary>The market's streams.</summary>
internal sealed partial class EmbeddedStreams(IClusterClient client, ILogger<EmbeddedStreams> log) : IMarketStreams
{
    public Task<IAsyncDisposable> Listen(Action<JobsEnded> take, Action missed) => Subscribe(MarketStreams.Results, take, missed);

    public Task<IAsyncDisposable> Listen(string stream, Action<MarketNews> take, Action missed) => Subscribe(stream, take, missed);

    private async Task<IAsyncDisposable> Subscribe<TItem>(string name, Action<TItem> take, Action missed)
    {
        var stream = client.GetStreamProvider(MarketStreams.Provider).GetStream<TItem>(StreamId.Create(name, MarketStreams.Key));
        return new Listening<TItem>(await stream.SubscribeAsync(new Observer<TItem>(name, take, missed, log)));
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The stream {Stream} reports a fault; open event streams are told that they may have missed something."
    )]
    private static partial void Faulted(ILogger log, Exception fault, string stream);

    private sealed class Observer<TItem>(string stream, Action<TItem> take, Action missed, ILogger log) : IAsyncObserver<TItem>
    {
        public Task OnNextAsync(TItem item, StreamSequenceToken? token = null)
        {
            take(item);
            return Task.CompletedTask;
        }

        public Task OnErrorAsync(Exception ex)
        {
            Faulted(log, ex, stream);
            missed();
            return Task.CompletedTask;
        }
    }

    private sealed class Listening<TItem>(StreamSubscriptionHandle<TItem> subscription) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await subscription.UnsubscribeAsync();
    }
}
