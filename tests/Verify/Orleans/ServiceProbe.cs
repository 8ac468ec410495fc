using System.Diagnostics;
using Marketplace.Api;
using Marketplace.Sdk;
using Marketplace.Tests;

namespace Marketplace.Verify.Chaos;

/// <summary>How long after a kill each silo that is left serves again: takes a job and sees it completed.</summary>
internal static class ServiceProbe
{
    private static readonly TimeSpan Attempt = TimeSpan.FromSeconds(5);

    /// <returns>Seconds from now until all of <paramref name="silos"/> have completed a job; null where one had not within <paramref name="atMost"/>.</returns>
    public static async Task<double?> UntilBack(ChaosCluster cluster, IReadOnlyList<SiloProcess> silos, ProgramId program, TimeSpan atMost)
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

    private static async Task UntilServes(ChaosCluster cluster, SiloProcess silo, ProgramId program, CancellationToken cancellation)
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
                    return;
            }
            catch (Exception notYet) when (notYet is MarketplaceException or MarketplaceUnreachableException or OperationCanceledException)
            {
                await Task.Delay(100, cancellation);
            }
        }
    }
}
