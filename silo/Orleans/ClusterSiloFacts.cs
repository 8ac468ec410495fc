using Marketplace.Gateway;

namespace Marketplace.Silo;

/// <summary>The calls of this silo's grains, and the activations that Orleans counts on every silo of the cluster.</summary>
internal sealed class ClusterSiloFacts(IGrainFactory grains, GrainMeter meter, StorageFacts storage, SiloOptions options) : ISiloFacts
{
    public SiloStorage Storage() => storage.Read();

    public SiloSettings Settings { get; } = SiloConfiguration.Effective(options);

    public async Task<SiloGrains> Grains(CancellationToken cancellation)
    {
        var counts = await grains.GetGrain<IManagementGrain>(0).GetSimpleGrainStatistics().WaitAsync(cancellation);
        var (window, methods) = meter.Read();
        return new SiloGrains(
            (long)window.TotalMilliseconds,
            [
                .. counts
                    .Where(count => count.ActivationCount > 0)
                    .OrderByDescending(count => count.ActivationCount)
                    .Select(count => new GrainActivations(
                        NameOf(count.GrainType),
                        count.SiloAddress.Endpoint.ToString(),
                        count.ActivationCount,
                        null,
                        null,
                        null
                    )),
            ],
            methods,
            null
        );
    }

    /// <summary>Orleans names a class with its namespace and its assembly.</summary>
    private static string NameOf(string grainType) => grainType.Split(',')[0].Split('.')[^1];
}
