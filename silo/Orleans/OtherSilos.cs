namespace Marketplace.Silo;

/// <summary>
/// Says in the log which silos come and go, and, when one is dead, that its worker is lost. A silo's name in the membership table has its
/// worker, so the row is enough.
/// </summary>
internal sealed partial class OtherSilos(
    IClusterMembershipService membership,
    ILocalSiloDetails own,
    ClusterFacts facts,
    ILogger<OtherSilos> log
) : BackgroundService
{
    private readonly Dictionary<SiloAddress, SiloStatus> _seen = [];

    protected override async Task ExecuteAsync(CancellationToken stopping)
    {
        try
        {
            await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(stopping))
            {
                foreach (var gone in _seen.Keys.Except(snapshot.Members.Keys).ToArray())
                {
                    _seen.Remove(gone);
                }
                foreach (var member in snapshot.Members.Values.Where(member => !member.SiloAddress.Equals(own.SiloAddress)))
                {
                    Follow(member, [.. snapshot.Members.Values]);
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return;
        }
    }

    private void Follow(ClusterMember member, IReadOnlyList<ClusterMember> all)
    {
        var isKnown = _seen.TryGetValue(member.SiloAddress, out var before);
        if (isKnown && before == member.Status)
        {
            return;
        }
        _seen[member.SiloAddress] = member.Status;
        var name = SiloLabel.NameOf(member.Name);
        if (member.Status == SiloStatus.Active)
        {
            LogJoined(log, name);
        }
        if (member.Status != SiloStatus.Dead)
        {
            return;
        }
        Lose(member, all, facts);
        // Those that were dead before this silo came are no news.
        if (!isKnown)
        {
            return;
        }
        if (before is SiloStatus.ShuttingDown or SiloStatus.Stopping)
        {
            LogStopped(log, name);
        }
        else
        {
            LogDead(log, name);
        }
    }

    private static void Lose(ClusterMember dead, IReadOnlyList<ClusterMember> all, ClusterFacts facts)
    {
        // A silo that was started again offers by itself, and its new leases must stay.
        if (
            SiloLabel.WorkerOf(dead.Name) is { } worker
            && !all.Any(member => member.Status != SiloStatus.Dead && SiloLabel.WorkerOf(member.Name) == worker)
        )
        {
            facts.Lose(worker);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Silo {Name} is in the cluster")]
    private static partial void LogJoined(ILogger log, string name);

    [LoggerMessage(Level = LogLevel.Information, Message = "Silo {Name} has stopped, as it was asked to")]
    private static partial void LogStopped(ILogger log, string name);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Silo {Name} is dead, and its worker with it")]
    private static partial void LogDead(ILogger log, string name);
}
