namespace Marketplace.Grains;

/// <summary>How much may wait in the market's queue; each number's reason stands where its default does.</summary>
public sealed record QueueBounds
{
    /// <summary>Jobs of all accounts.</summary>
    public int JobsMax { get; init; } = MarketPolicy.QueueJobsMax;

    /// <summary>What the jobs of all accounts take on disk, inputs included.</summary>
    public long BytesMax { get; init; } = MarketPolicy.QueueBytesMax;

    /// <summary>What the queue keeps in memory of that which only runs need.</summary>
    public long KeptBytesMax
    {
        get => field < 0 ? BytesMax / MarketPolicy.KeptShareOfQueue : field;
        init;
    } = -1;
}
