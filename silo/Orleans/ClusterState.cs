namespace Marketplace.Silo;

/// <summary>
/// A silo that the others have declared dead must not serve: it stops by itself, and says so until then. One without its database or its
/// blobs must not either, until they are back.
/// </summary>
internal sealed class ClusterState(ISiloStatusOracle membership, IReadOnlyList<Dependency> dependencies) : IHostState
{
    public string? Failure =>
        membership.CurrentStatus == SiloStatus.Dead
            ? "The other silos do not reach this one any more and go on without it. It stops; start it again when the network is well."
            : null;

    public string? Trouble => dependencies.FirstOrDefault(dependency => dependency.Trouble is not null)?.Trouble;
}
