using System.Reflection;
using Marketplace.Gateway;

namespace Marketplace.Silo;

/// <summary>
/// The gateway opens its ports only when everything else has started, so a silo that answers is ready, until it stops, fails, or loses what
/// it stands on.
/// </summary>
internal sealed class SiloReadiness(IHostApplicationLifetime lifetime, IHostState host) : IReadiness
{
    private static readonly string Version = typeof(SiloReadiness)
        .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
        .InformationalVersion;

    public ReadinessReport Current
    {
        get
        {
            if (host.Failure is { } failure)
            {
                return new ReadinessReport(ServiceState.Failed, Version, failure);
            }
            if (lifetime.ApplicationStopping.IsCancellationRequested)
            {
                return new ReadinessReport(ServiceState.Stopping, Version);
            }
            return host.Trouble is { } trouble
                ? new ReadinessReport(ServiceState.Unavailable, Version, trouble)
                : new ReadinessReport(ServiceState.Ready, Version);
        }
    }
}
