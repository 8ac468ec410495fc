using System.Reflection;
using Marketplace.Gateway;

namespace Marketplace.Silo;

/// <summary>
/// The gateway opens its ports only when everything else has started, so a silo that answers is ready, until it stops or what it stands on does.
/// </summary>
internal sealed class SiloReadiness(IHostApplicationLifetime lifetime, IHostState host) : IReadiness
{
    private static readonly string Version = typeof(SiloReadiness).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    public ReadinessReport Current => host.Failure is { } failure
        ? new ReadinessReport(ServiceState.Failed, Version, failure)
        : new ReadinessReport(lifetime.ApplicationStopping.IsCancellationRequested ? ServiceState.Stopping : ServiceState.Ready, Version);
}
