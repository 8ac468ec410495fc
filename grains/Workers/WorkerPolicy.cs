namespace Marketplace.Grains;

/// <summary>The limits of workers' grains.</summary>
internal static class WorkerPolicy
{
    /// <summary>
    /// How long a worker's grain trusts the market's answer about a lease. A lease that has ended may be used to read for that long; a
    /// report on it counts no more from the moment of its end.
    /// </summary>
    public static readonly TimeSpan GrantTrust = TimeSpan.FromSeconds(1);

    /// <summary>Changes of an offer that its ledger has not heard of: with more the worker has to wait until it has.</summary>
    public const int UntoldMax = 16;
}
