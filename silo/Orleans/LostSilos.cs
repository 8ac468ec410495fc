using Marketplace.Grains;

namespace Marketplace.Silo;

/// <summary>
/// Tells the market when a silo is dead, that its worker is too: its leases are queued again at once. A silo has the name of its worker, so that the
/// others know it even when all that they have left of it is its row of the membership table. Every survivor tells; the market hears the first one.
/// </summary>
internal sealed partial class LostSilos(
    IClusterMembershipService membership, IGrainFactory grains, TimeProvider time, ILogger<LostSilos> log) : BackgroundService
{
    /// <summary>The market may have been on the silo that died: it is somewhere else within seconds.</summary>
    private const int AttemptsMax = 20;

    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    private readonly HashSet<SiloAddress> _told = [];

    public static string NameOf(WorkerId worker) => worker.ToString();

    protected override async Task ExecuteAsync(CancellationToken stopping)
    {
        try
        {
            await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(stopping))
            {
                var members = snapshot.Members.Values;
                _told.IntersectWith(snapshot.Members.Keys);
                foreach (var dead in members.Where(member => member.Status == SiloStatus.Dead && _told.Add(member.SiloAddress)))
                {
                    // A silo that was started again offers by itself, and its new leases must stay.
                    var isBack = members.Any(member => member.Name == dead.Name && member.Status != SiloStatus.Dead);
                    if (!isBack && WorkerId.TryParse(dead.Name, out var worker))
                        await Tell(worker, stopping);
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return;
        }
    }

    private async Task Tell(WorkerId worker, CancellationToken stopping)
    {
        for (var attempt = 1; attempt <= AttemptsMax; attempt++)
        {
            try
            {
                await grains.GetGrain<IMarketGrain>(MarketLimits.DefaultClass).Dismiss(worker).WaitAsync(stopping);
                return;
            }
            catch (Exception failure) when (!stopping.IsCancellationRequested)
            {
                if (attempt == AttemptsMax)
                    LogUntold(log, worker, failure);
                await Task.Delay(RetryPause, time, stopping);
            }
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The market was not told that worker {Worker} is gone with its silo: jobs leased to it wait for their leases' deadlines")]
    private static partial void LogUntold(ILogger log, WorkerId worker, Exception failure);
}
