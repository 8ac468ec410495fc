using Marketplace.GrainInterfaces;

namespace Marketplace.Gateway;

/// <summary>
/// Where ended jobs come from; given by the host. The gateway listens only while it has readers: on the embedded host the market then
/// saves the work of publishing, on Orleans the gateway that of asking the results board.
/// </summary>
public interface IEndedJobs
{
    /// <param name="take">Called for each batch, one at a time, from any thread; must not block.</param>
    /// <param name="missed">Called when jobs may have ended without <paramref name="take"/> being told: the way to the market was
    /// broken.</param>
    /// <returns>Dispose it to stop listening.</returns>
    Task<IAsyncDisposable> Listen(Action<JobsEnded> take, Action missed);
}
