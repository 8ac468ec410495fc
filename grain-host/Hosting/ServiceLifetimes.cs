using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.GrainHost.Hosting;

/// <summary>Knows which services are singletons. It reads the registrations when the host starts, after all of them were made.</summary>
internal sealed class ServiceLifetimes(IServiceCollection services)
{
    private readonly Lazy<Dictionary<Type, ServiceLifetime>> _lifetimes = new(() =>
    {
        var lifetimes = new Dictionary<Type, ServiceLifetime>();
        foreach (var service in services)
        {
            if (!service.IsKeyedService)
            {
                lifetimes[service.ServiceType] = service.Lifetime;
            }
        }

        return lifetimes;
    });

    public bool IsSingleton(Type service)
    {
        if (_lifetimes.Value.TryGetValue(service, out var lifetime))
        {
            return lifetime == ServiceLifetime.Singleton;
        }
        return service.IsGenericType
            && _lifetimes.Value.TryGetValue(service.GetGenericTypeDefinition(), out lifetime)
            && lifetime == ServiceLifetime.Singleton;
    }
}
