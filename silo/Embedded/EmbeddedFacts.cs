using Marketplace.GrainHost.Streams;
using Marketplace.GrainInterfaces;
using Marketplace.Grains;
using Orleans.Streams;

namespace Marketplace.Silo;

/// <summary>One process: its grains never move, its worker ends with it, and its streams know who listens.</summary>
internal sealed class EmbeddedFacts([FromKeyedServices(MarketStreams.Provider)] IStreamProvider streams) : IHostFacts
{
    public bool MayHaveListeners(StreamId stream) => streams.HasListeners(stream);

    public CancellationToken WaitsEnd => CancellationToken.None;

    public IAsyncEnumerable<WorkerId> LostWorkers(CancellationToken cancellation) => AsyncEnumerable.Empty<WorkerId>();
}
