namespace Marketplace.Grains;

/// <summary>The limits of workers' grains.</summary>
internal static class WorkerPolicy
{
    /// <summary>
    /// How long a worker's grain goes by what the market said of a lease. A lease that ended may be used to read for as long; a report on
    /// it counts no more from the first moment.
    /// </summary>
    public static readonly TimeSpan GrantTrust = TimeSpan.FromSeconds(1);
}
