namespace Marketplace.Worker;

/// <summary>Bounds of a swarm, each with its reason.</summary>
public static class SwarmPolicy
{
    /// <summary>Workers of one process: each has two timers and a few kilobytes; and a market's own limit is not far above.</summary>
    public const int WorkersMax = 20_000;

    /// <summary>Workers over sockets: each has an account, and a thousand is what one address may open at once.</summary>
    public const int ConnectedWorkersMax = 1000;

    /// <summary>The longest run that a swarm simulates: what a job may take at all.</summary>
    public static readonly TimeSpan RunTimeMax = TimeSpan.FromHours(1);

    /// <summary>
    /// The longest mean time between two losses of a worker's connection, and the longest outage: beyond it nothing happens in a trial.
    /// </summary>
    public static readonly TimeSpan DisconnectEveryMax = TimeSpan.FromDays(1);

    /// <summary>More fuel a second than any processor: the sum over an hour still fits into a job's largest limit.</summary>
    public const long FuelPerSecondMax = 2_000_000_000;

    /// <summary>Ten gigabits: faster is as good as no limit.</summary>
    public const long BytesPerSecondMax = 1_250_000_000;

    /// <summary>How many connections are made at a time: the market hashes and signs for each.</summary>
    public const int ConnectingMax = 32;

    /// <summary>What a module or an input is read in.</summary>
    internal const int ChunkBytes = 16 << 10;

    /// <summary>The label of each simulated worker: a list of workers shows what they are.</summary>
    public const string Label = "simulated";
}
