using System.Diagnostics;

namespace Marketplace.Verify.Chaos;

/// <summary>How long after a kill each silo that is left serves again: takes a job and sees it completed.</summary>
internal static class ServiceProbe
{
    private static readonly TimeSpan Attempt = TimeSpan.FromSeconds(5);

    /// <returns>Seconds from now until all of <paramref name="silos"/> have completed a job; null where one had not within
    /// <paramref name="atMost"/>.</returns>
    public static async Task<double?> UntilBack(ChaosCluster cluster, IReadOnlyList<ChaosSilo> silos, ProgramId program, TimeSpan atMost)
    {
        var clock = Stopwatch.StartNew();
        using var limit = new CancellationTokenSource(atMost);
        try
        {
            await Task.WhenAll(silos.Select(silo => UntilServes(cluster, silo, program, limit.Token)));
            return clock.Elapsed.TotalSeconds;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <returns>Seconds until each of <paramref name="silos"/> says that it is not ready; null where one had not within
    /// <paramref name="atMost"/>.</returns>
    public static async Task<double?> UntilNotReady(ChaosCluster cluster, IReadOnlyList<ChaosSilo> silos, TimeSpan atMost)
    {
        var clock = Stopwatch.StartNew();
        foreach (var silo in silos)
        {
            await using var client = cluster.Client(silo);
            while (await IsReady(client))
            {
                if (clock.Elapsed > atMost)
                {
                    return null;
                }
                await Task.Delay(50);
            }
        }
        return clock.Elapsed.TotalSeconds;
    }

    private static async Task<bool> IsReady(MarketplaceClient client)
    {
        using var attempt = new CancellationTokenSource(Attempt);
        return (await client.Health.Ready(attempt.Token)).Status == "ready";
    }

    private static async Task UntilServes(ChaosCluster cluster, ChaosSilo silo, ProgramId program, CancellationToken cancellation)
    {
        await using var client = cluster.Client(silo);
        var request = new JobRequest
        {
            RequestId = $"probe {Guid.NewGuid()}",
            Program = program,
            InputText = "probe",
            FuelMax = 10_000_000,
            PriceMax = new TokenAmount(2_000_000),
        };
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            using var attempt = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            attempt.CancelAfter(Attempt);
            try
            {
                var job = await client.Jobs.Run(request, cancellation: attempt.Token);
                if (job.State == JobState.Completed)
                {
                    return;
                }
            }
            catch (Exception notYet) when (notYet is MarketplaceException or MarketplaceUnreachableException or OperationCanceledException)
            {
                await Task.Delay(100, cancellation);
            }
        }
    }
}
