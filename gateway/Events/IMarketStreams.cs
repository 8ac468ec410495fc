using Marketplace.GrainInterfaces;

namespace Marketplace.Gateway;

/// <summary>
/// Where the market announces what happens; given by the host. The gateway listens only while it has readers: on the embedded host the
/// market then saves the work of publishing, on Orleans the gateway that of asking the boards.
/// </summary>
public interface IMarketStreams
{
    /// <summary>Ended jobs.</summary>
    /// <param name="take">Called for each batch, one at a time, from any thread; must not block.</param>
    /// <param name="missed">Called when something may have happened without <paramref name="take"/> being told: the way to the market was
    /// broken.</param>
    /// <returns>Dispose it to stop listening.</returns>
    Task<IAsyncDisposable> Listen(Action<JobsEnded> take, Action missed);

    /// <summary>The news of one of <see cref="MarketStreams"/>.</summary>
    /// <inheritdoc cref="Listen(Action{JobsEnded}, Action)"/>
    Task<IAsyncDisposable> Listen(string stream, Action<MarketNews> take, Action missed);
}
