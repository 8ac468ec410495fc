namespace Marketplace.Grains;

/// <summary>
/// What grains must know of their host and the Orleans programming model does not tell. Each host answers in one class,
/// <c>silo/Embedded/EmbeddedFacts.cs</c> and <c>silo/Orleans/ClusterFacts.cs</c>, so their differences stand side by side. Thread-safe.
/// </summary>
public interface IHostFacts
{
    /// <summary>
    /// Whether an item that is published now may reach a listener; if not, the publisher need not make it. A host that cannot know says
    /// yes.
    /// </summary>
    bool MayHaveListeners(StreamId stream);

    /// <summary>
    /// Cancelled when long waits must end before their time. An activation that has to move takes no new call until its last one has
    /// ended. A wait that ends early is answered as if its time were over; the caller asks again and reaches the grain at its new place.
    /// </summary>
    CancellationToken WaitsEnd { get; }

    /// <summary>
    /// Workers that are certainly gone, as this host finds them: the market gives their leases back at once. One worker may come again, and
    /// other silos may name it too. Ends with the host; read by one reader.
    /// </summary>
    IAsyncEnumerable<WorkerId> LostWorkers(CancellationToken cancellation);
}
