namespace Marketplace.GrainInterfaces;

/// <summary>What a shard has room for.</summary>
/// <param name="AccountBytes">What further jobs of the account may take. It shrinks when others queue.</param>
/// <param name="Jobs">Jobs that all accounts together may still queue.</param>
/// <param name="Bytes">What those may take.</param>
/// <param name="AccountJobs">Jobs that the account may still queue. It shrinks when others queue.</param>
[GenerateSerializer, Immutable, Alias("QueueRoom")]
public readonly record struct QueueRoom(
    [property: Id(0)] long AccountBytes,
    [property: Id(1)] int Jobs,
    [property: Id(2)] long Bytes,
    [property: Id(3)] int AccountJobs
)
{
    /// <summary>How long jobs wait; an earlier silo's market does not say.</summary>
    [Id(4)]
    public QueueWait Wait { get; init; }
}

/// <summary>How long the jobs of a shard waited for a worker that was there, in the last interval.</summary>
/// <param name="Mean">Null where that is not known: no worker took one of those that wait.</param>
/// <param name="LeasesPerHour">How many jobs got a worker lately, as so many an hour; 0 also where that is not known.</param>
[GenerateSerializer, Immutable, Alias("QueueWait")]
public readonly record struct QueueWait([property: Id(0)] TimeSpan? Mean, [property: Id(1)] long LeasesPerHour);
