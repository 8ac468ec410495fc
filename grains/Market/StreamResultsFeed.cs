using System.Collections.Frozen;
using Marketplace.GrainInterfaces;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Streams;

namespace Marketplace.Grains;

/// <summary>Announces on the streams of <see cref="MarketStreams"/>.</summary>
public sealed class StreamResultsFeed([FromKeyedServices(MarketStreams.Provider)] IStreamProvider provider, IHostFacts host) : IResultsFeed
{
    private static readonly StreamId Ends = StreamId.Create(MarketStreams.Results, MarketStreams.Key);

    /// <summary>Made once: the market asks for them at every turn.</summary>
    private static readonly FrozenDictionary<string, StreamId> News = new[]
    {
        MarketStreams.Jobs,
        MarketStreams.Capabilities,
        MarketStreams.Reputation,
        MarketStreams.Health,
    }.ToFrozenDictionary(stream => stream, stream => StreamId.Create(stream, MarketStreams.Key), StringComparer.Ordinal);

    public bool IsWanted => host.MayHaveListeners(Ends);

    public bool Wants(string stream) => host.MayHaveListeners(News[stream]);

    public void Publish(JobsEnded ended) => _ = PublishAndForget(Ends, ended);

    public void Publish(string stream, MarketNews news) => _ = PublishAndForget(News[stream], news);

    private async Task PublishAndForget<TItem>(StreamId stream, TItem item)
    {
        try
        {
            await provider.GetStream<TItem>(stream).OnNextAsync(item);
        }
        catch (Exception)
        {
            // Gossip: a caller that must know asks the job. An operator could do nothing about a log line for each lost announcement.
            return;
        }
    }
}
