using Marketplace.GrainInterfaces;
using Orleans.Streams;

namespace Marketplace.Grains;

/// <summary>Announces on the stream of <see cref="MarketStreams"/>.</summary>
/// <param name="provider">The stream provider.</param>
/// <param name="hasListeners">Whether anybody listens to the stream; a host that cannot say answers yes.</param>
public sealed class StreamResultsFeed(IStreamProvider provider, Func<StreamId, bool> hasListeners) : IResultsFeed
{
    private static readonly StreamId Stream = StreamId.Create(MarketStreams.Results, MarketStreams.Key);

    public bool IsWanted => hasListeners(Stream);

    public void Publish(JobsEnded ended) => _ = PublishAndForget(ended);

    private async Task PublishAndForget(JobsEnded ended)
    {
        try
        {
            await provider.GetStream<JobsEnded>(Stream).OnNextAsync(ended);
        }
        catch (Exception)
        {
            // Gossip: whoever must know asks the job. A log line per lost announcement would say nothing that the publisher could act on.
            return;
        }
    }
}
