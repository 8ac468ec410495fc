namespace Marketplace.Grains;

/// <summary>
/// Streams of the market. Gossip: at least once, unordered, lossy on restart; nothing that must not be lost depends on one. Published
/// only while somebody subscribes.
/// </summary>
public static class MarketStreams
{
    /// <summary>The name of the stream provider.</summary>
    public const string Provider = "market";

    /// <summary>Ended jobs in batches: <see cref="JobsEnded"/>. One stream, key <see cref="Key"/>.</summary>
    public const string Results = "results";

    public const string Key = "all";
}

/// <summary>Jobs whose terminal write is durable.</summary>
[GenerateSerializer, Immutable, Alias("JobsEnded")]
public sealed record JobsEnded([property: Id(0)] System.Collections.Immutable.ImmutableArray<JobView> Jobs);
