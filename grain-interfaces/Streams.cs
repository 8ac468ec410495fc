using System.Collections.Immutable;

namespace Marketplace.GrainInterfaces;

/// <summary>
/// Streams of the market. Gossip: at least once, unordered, lossy on restart; nothing that must not be lost depends on one. Published
/// only while there are subscribers.
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
public sealed record JobsEnded([property: Id(0)] ImmutableArray<EndedJob> Jobs);

/// <summary>What listeners are told of a job that has ended. A listener that needs more asks the job.</summary>
/// <param name="Account">Whose job it is: only this account may see the rest.</param>
/// <param name="Job">The job.</param>
/// <param name="RequestId">The client's id of it.</param>
/// <param name="Status">How it ended.</param>
/// <param name="Code">Why it did not complete.</param>
/// <param name="FuelUsed">Instructions that it ran.</param>
/// <param name="Charge">What it cost.</param>
/// <param name="Output">What it gave, where it completed.</param>
[GenerateSerializer, Immutable, Alias("EndedJob")]
public sealed record EndedJob(
    [property: Id(0)] AccountId Account,
    [property: Id(1)] JobId Job,
    [property: Id(2)] string RequestId,
    [property: Id(3)] JobStatus Status,
    [property: Id(4)] ErrorCode? Code,
    [property: Id(5)] long FuelUsed,
    [property: Id(6)] TokenAmount Charge,
    [property: Id(7)] JobOutput Output
);
