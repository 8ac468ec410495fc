using Marketplace.GrainInterfaces;

namespace Marketplace.Silo;

/// <summary>
/// Says in the log which silos come and go, and tells the market when one is dead, that its worker is too: its leases are queued again at
/// once. Every survivor tells; the market hears the first one.
/// </summary>
internal sealed partial class OtherSilos(
    IClusterMembershipService membership,
    ILocalSiloDetails own,
    IGrainFactory grains,
    TimeProvider time,
    ILogger<OtherSilos> log
) : BackgroundService
{
    /// <summary>The market may have been on the silo that died: it is somewhere else within seconds.</summary>
    private const int AttemptsMax = 20;

    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

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
                    await Follow(member, [.. snapshot.Members.Values], stopping);
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return;
        }
    }

    private async Task Follow(ClusterMember member, IReadOnlyList<ClusterMember> all, CancellationToken stopping)
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
        var freed = await FreeLeases(member, all, stopping);
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
            LogDead(log, name, freed);
        }
    }

    /// <returns>The jobs that this silo's word had queued again.</returns>
    private async ValueTask<int> FreeLeases(ClusterMember dead, IReadOnlyList<ClusterMember> all, CancellationToken stopping)
    {
        if (SiloLabel.WorkerOf(dead.Name) is not { } worker)
        {
            return 0;
        }
        // A silo that was started again offers by itself, and its new leases must stay.
        var isBack = all.Any(member => member.Status != SiloStatus.Dead && SiloLabel.WorkerOf(member.Name) == worker);
        return isBack ? 0 : await Tell(worker, stopping);
    }

    private async Task<int> Tell(WorkerId worker, CancellationToken stopping)
    {
        for (var attempt = 1; attempt <= AttemptsMax; attempt++)
        {
            try
            {
                return await grains.GetGrain<IMarketGrain>(MarketLimits.DefaultClass).Dismiss(worker, Authority.Silo).WaitAsync(stopping);
            }
            catch (Exception failure) when (!stopping.IsCancellationRequested)
            {
                if (attempt == AttemptsMax)
                {
                    LogUntold(log, worker, failure);
                }
                await Task.Delay(RetryPause, time, stopping);
            }
        }
        return 0;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Silo {Name} is in the cluster")]
    private static partial void LogJoined(ILogger log, string name);

    [LoggerMessage(Level = LogLevel.Information, Message = "Silo {Name} has stopped, as it was asked to")]
    private static partial void LogStopped(ILogger log, string name);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Silo {Name} is dead, {Jobs} jobs queued again on this silo's word")]
    private static partial void LogDead(ILogger log, string name, int jobs);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The market was not told that worker {Worker} is gone with its silo: jobs leased to it wait for their leases' deadlines"
    )]
    private static partial void LogUntold(ILogger log, WorkerId worker, Exception failure);
}
