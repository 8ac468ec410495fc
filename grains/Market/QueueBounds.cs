namespace Marketplace.Grains;

/// <summary>How much may wait in the market's queue, and for how long; each number's reason stands where its default does.</summary>
public sealed record QueueBounds
{
    /// <summary>Jobs of all accounts.</summary>
    public int JobsMax { get; init; } = MarketPolicy.QueueJobsMax;

    /// <summary>What the jobs of all accounts take on disk, inputs included.</summary>
    public long BytesMax { get; init; } = MarketPolicy.QueueBytesMax;

    /// <summary>How long jobs may wait for a worker in the mean before the cheapest of the new ones are refused.</summary>
    public TimeSpan WaitMax { get; init; } = OverloadPolicy.QueueWaitMax;

    /// <summary>What one of so many shards may have.</summary>
    public QueueBounds PartOf(int shards) =>
        shards == 1
            ? this
            : new()
            {
                JobsMax = Math.Max(1, JobsMax / shards),
                BytesMax = BytesMax / shards,
                KeptBytesMax = KeptBytesMax / shards,
                WaitMax = WaitMax,
            };

    /// <summary>What the queue keeps in memory of that which only runs need.</summary>
    public long KeptBytesMax
    {
        get => field < 0 ? BytesMax / MarketPolicy.KeptShareOfQueue : field;
        init;
    } = -1;
}
