using Orleans.Runtime;

namespace Marketplace.Grains.Tests.Support;

/// <summary>A host whose grains never move and whose workers never go; every stream may have listeners.</summary>
internal sealed class StillHost : IHostFacts
{
    public bool MayHaveListeners(StreamId stream) => true;

    public CancellationToken WaitsEnd => CancellationToken.None;

    public IAsyncEnumerable<WorkerId> LostWorkers(CancellationToken cancellation) => AsyncEnumerable.Empty<WorkerId>();
}
