using Marketplace.Grains;

namespace Marketplace.Gateway;

/// <summary>
/// Where ended jobs come from. The market publishes only while somebody listens, so the gateway listens only while it has readers.
/// </summary>
public interface IEndedJobs
{
    /// <param name="take">Called for each batch, one at a time, from any thread; must not block.</param>
    /// <returns>Dispose it to stop listening.</returns>
    Task<IAsyncDisposable> Listen(Action<JobsEnded> take);
}
