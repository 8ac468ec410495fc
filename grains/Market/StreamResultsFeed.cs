using Marketplace.GrainInterfaces;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Streams;

namespace Marketplace.Grains;

/// <summary>Announces on the stream of <see cref="MarketStreams"/>.</summary>
public sealed class StreamResultsFeed([FromKeyedServices(MarketStreams.Provider)] IStreamProvider provider, IHostFacts host) : IResultsFeed
{
    private static readonly StreamId Stream = StreamId.Create(MarketStreams.Results, MarketStreams.Key);

    public bool IsWanted => host.MayHaveListeners(Stream);

    public void Publish(JobsEnded ended) => _ = PublishAndForget(ended);

    private async Task PublishAndForget(JobsEnded ended)
    {
        try
        {
            await provider.GetStream<JobsEnded>(Stream).OnNextAsync(ended);
        }
        catch (Exception)
        {
            // Gossip: a caller that must know asks the job. An operator could do nothing about a log line for each lost announcement.
            return;
        }
    }
}
