using System.Collections.Immutable;

namespace Marketplace.GrainInterfaces;

/// <summary>What one turn of the market did, for those who watch it. One batch is of one stream of <see cref="MarketStreams"/>.</summary>
/// <param name="Items">What happened, in its order.</param>
/// <param name="Missed">So many more did not fit.</param>
[GenerateSerializer, Immutable, Alias("MarketNews")]
public sealed record MarketNews([property: Id(0)] ImmutableArray<NewsItem> Items, [property: Id(1)] int Missed = 0);

/// <summary>What happened.</summary>
public enum NewsKind
{
    /// <summary>A job waits for an offer.</summary>
    Queued = 0,

    /// <summary>A worker took a lease of a job.</summary>
    Leased = 1,

    /// <summary>A run of a job did not count; the job waits again.</summary>
    Retried = 2,

    /// <summary>A worker made or changed its offer.</summary>
    Offered = 3,

    /// <summary>A worker said goodbye.</summary>
    Left = 4,

    /// <summary>A worker fell silent or is certainly gone.</summary>
    Lost = 5,

    /// <summary>A worker's standing changed.</summary>
    Standing = 6,

    /// <summary>The market has read its queue and gives leases.</summary>
    Started = 7,

    /// <summary>The market's figures.</summary>
    Pulse = 8,
}

/// <summary>
/// One thing that happened. <paramref name="Account"/>, <paramref name="Job"/> and <paramref name="RequestId"/> are for the job's own
/// account alone: who passes the item on to others leaves them out. The rest all may know.
/// </summary>
/// <param name="Kind">What happened.</param>
/// <param name="At">When.</param>
/// <param name="Class">The name of the job's capability class.</param>
/// <param name="Account">Whose job it is.</param>
/// <param name="Job">The job.</param>
/// <param name="RequestId">The client's id of it.</param>
/// <param name="Worker">The worker.</param>
/// <param name="Price">Per million fuel: what the job pays at most while it waits, and what it pays when it is leased.</param>
/// <param name="FuelMax">The job's size; 0 where the item is of no job.</param>
/// <param name="MemoryPagesMax">The job's memory; 0 where the item is of no job.</param>
/// <param name="Offer">The worker's offer and standing.</param>
/// <param name="Pulse">The market's figures.</param>
[GenerateSerializer, Immutable, Alias("NewsItem")]
public sealed record NewsItem(
    [property: Id(0)] NewsKind Kind,
    [property: Id(1)] DateTimeOffset At,
    [property: Id(2)] string? Class = null,
    [property: Id(3)] AccountId? Account = null,
    [property: Id(4)] JobId? Job = null,
    [property: Id(5)] string? RequestId = null,
    [property: Id(6)] WorkerId? Worker = null,
    [property: Id(7)] TokenAmount? Price = null,
    [property: Id(8)] long FuelMax = 0,
    [property: Id(9)] int MemoryPagesMax = 0,
    [property: Id(10)] OfferView? Offer = null,
    [property: Id(11)] MarketPulse? Pulse = null
);

/// <param name="QueuedJobs">Jobs that wait.</param>
/// <param name="LeasedJobs">Jobs that a worker has.</param>
/// <param name="Workers">Offers.</param>
[GenerateSerializer, Immutable, Alias("MarketPulse")]
public sealed record MarketPulse([property: Id(0)] int QueuedJobs, [property: Id(1)] int LeasedJobs, [property: Id(2)] int Workers);
