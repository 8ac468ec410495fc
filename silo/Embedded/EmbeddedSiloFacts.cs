using Marketplace.Gateway;
using Marketplace.GrainHost.Hosting;

namespace Marketplace.Silo;

/// <summary>The grains of the one silo that there is.</summary>
internal sealed class EmbeddedSiloFacts(EmbeddedGrainHost host, GrainMeter meter, StorageFacts storage, SiloOptions options) : ISiloFacts
{
    public SiloStorage Storage() => storage.Read();

    public SiloSettings Settings { get; } = SiloConfiguration.Effective(options);

    public Task<SiloGrains> Grains(CancellationToken cancellation)
    {
        var (window, methods) = meter.Read();
        return Task.FromResult(
            new SiloGrains(
                (long)window.TotalMilliseconds,
                [
                    .. host.Activations()
                        .OrderByDescending(grains => grains.Count)
                        .Select(grains => new GrainActivations(
                            grains.GrainClass.Name,
                            null,
                            grains.Count,
                            grains.Waiting,
                            grains.WaitingMax,
                            grains.Running
                        )),
                ],
                methods,
                host.ReminderCount
            )
        );
    }
}
