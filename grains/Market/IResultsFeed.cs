using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// Where the market announces ended jobs: the stream of <see cref="MarketStreams"/>. Gossip: what fails to arrive is not missed.
/// </summary>
public interface IResultsFeed
{
    /// <summary>Whether there may be listeners: else no announcement is made.</summary>
    bool IsWanted { get; }

    /// <summary>Announces; never waits and never fails.</summary>
    void Publish(JobsEnded ended);
}
