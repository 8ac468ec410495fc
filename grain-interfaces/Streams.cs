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

    /// <summary>Jobs that are queued, leased or queued again: <see cref="MarketNews"/>.</summary>
    public const string Jobs = "jobs";

    /// <summary>Offers that come, change and go: <see cref="MarketNews"/>.</summary>
    public const string Capabilities = "capabilities";

    /// <summary>Ended jobs in batches: <see cref="JobsEnded"/>.</summary>
    public const string Results = "results";

    /// <summary>Standings of workers that change: <see cref="MarketNews"/>.</summary>
    public const string Reputation = "reputation";

    /// <summary>The market's own starts and figures: <see cref="MarketNews"/>.</summary>
    public const string Health = "health";

    /// <summary>Each of them is one stream under this key.</summary>
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
/// <param name="Worker">Whose run ended it; null where none did, and from a silo that does not tell it yet.</param>
/// <param name="Class">The name of its capability class; null from a silo that does not tell it yet.</param>
[GenerateSerializer, Immutable, Alias("EndedJob")]
public sealed record EndedJob(
    [property: Id(0)] AccountId Account,
    [property: Id(1)] JobId Job,
    [property: Id(2)] string RequestId,
    [property: Id(3)] JobStatus Status,
    [property: Id(4)] ErrorCode? Code,
    [property: Id(5)] long FuelUsed,
    [property: Id(6)] TokenAmount Charge,
    [property: Id(7)] JobOutput Output,
    [property: Id(8)] WorkerId? Worker = null,
    [property: Id(9)] string? Class = null
);
