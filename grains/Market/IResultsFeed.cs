using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// Where the market announces: the streams of <see cref="MarketStreams"/>. Gossip: what fails to arrive is not missed.
/// </summary>
public interface IResultsFeed
{
    /// <summary>Whether ended jobs may have listeners: else no announcement is made.</summary>
    bool IsWanted { get; }

    /// <summary>The same for the news of one stream.</summary>
    bool Wants(string stream);

    /// <summary>Announces; never waits and never fails.</summary>
    void Publish(JobsEnded ended);

    /// <inheritdoc cref="Publish(JobsEnded)"/>
    void Publish(string stream, MarketNews news);
}
