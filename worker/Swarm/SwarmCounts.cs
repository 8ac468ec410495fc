namespace Marketplace.Worker;

/// <summary>What the workers of a swarm have done, as they know it themselves.</summary>
/// <param name="Leases">Runs that began.</param>
/// <param name="Honest">Runs that ended with an honest result.</param>
/// <param name="Lies">Runs that ended with a lie.</param>
/// <param name="Stalls">Runs that did not end until they were stopped.</param>
/// <param name="Stopped">Runs that were stopped: by the market, a lost lease, or the swarm's end.</param>
/// <param name="Failed">Runs whose module or input could not be had.</param>
/// <param name="Disconnects">Connections that were lost on purpose.</param>
/// <param name="CallsRefused">Calls that the market refused or that did not reach it.</param>
/// <param name="BytesRead">Of modules and inputs.</param>
/// <param name="JobsReported">Results that the market has taken.</param>
/// <param name="FuelReported">Their fuel.</param>
public sealed record SwarmCounts(
    long Leases,
    long Honest,
    long Lies,
    long Stalls,
    long Stopped,
    long Failed,
    long Disconnects,
    long CallsRefused,
    long BytesRead,
    long JobsReported,
    long FuelReported
);

/// <summary>The numbers behind <see cref="SwarmCounts"/>, which all workers of a swarm add to.</summary>
internal sealed class SwarmCounter
{
    public long Leases;
    public long Honest;
    public long Lies;
    public long Stalls;
    public long Stopped;
    public long Failed;
    public long Disconnects;
    public long CallsRefused;
    public long BytesRead;
}
