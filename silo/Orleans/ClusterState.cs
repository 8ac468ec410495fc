namespace Marketplace.Silo;

/// <summary>A silo that the others have declared dead must not serve: it stops by itself, and says so until then.</summary>
internal sealed class ClusterState(ISiloStatusOracle membership) : IHostState
{
    public string? Failure => membership.CurrentStatus == SiloStatus.Dead
        ? "The other silos do not reach this one any more and go on without it. It stops; start it again when the network is well."
        : null;
}
