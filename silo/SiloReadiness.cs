using System.Reflection;
using Marketplace.Gateway;
using Marketplace.Storage;

namespace Marketplace.Silo;

/// <summary>
/// The gateway opens its ports only when everything else has started, so a silo that answers is ready, until it stops or its store does.
/// </summary>
internal sealed class SiloReadiness(IHostApplicationLifetime lifetime, EmbeddedStore store) : IReadiness
{
    private static readonly string Version = typeof(SiloReadiness).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    public ReadinessReport Current => store.Stopped is not null
        ? new ReadinessReport(
            ServiceState.Failed, Version, "The store stopped after a failed write; the silo's log says why. Restart it when the disk is well.")
        : new ReadinessReport(lifetime.ApplicationStopping.IsCancellationRequested ? ServiceState.Stopping : ServiceState.Ready, Version);
}
