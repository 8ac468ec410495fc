namespace Marketplace.Silo;

/// <summary>
/// Ends the long waits of this silo's grains when grains have to move: when this silo stops, and when another one is gone, because then the
/// grains go too whose place in the directory it kept. Registered after the silo itself, so that it is stopped before it.
/// </summary>
internal sealed class WaitsOfMovingGrains(IClusterMembershipService membership, ClusterFacts facts, TimeProvider time) : BackgroundService
{
    /// <summary>
    /// The directory decides at its own moment which grains go, and until then a worker polls again: so once at once, and again when it has
    /// decided.
    /// </summary>
    private static readonly TimeSpan[] Pauses = [TimeSpan.Zero, TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(1)];

    private readonly HashSet<SiloAddress> _gone = [];

    public override Task StopAsync(CancellationToken cancellationToken)
    {
        facts.CloseWaits();
        return base.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(stoppingToken))
            {
                _gone.IntersectWith(snapshot.Members.Keys);
                var left = snapshot.Members.Values.Where(member => member.Status.IsTerminating()).Select(member => member.SiloAddress);
                if (left.Count(_gone.Add) > 0)
                {
                    await EndWaits(stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            return;
        }
    }

    private async Task EndWaits(CancellationToken stopping)
    {
        foreach (var pause in Pauses)
        {
            await Task.Delay(pause, time, stopping);
            facts.EndWaits();
        }
    }
}
