using System.Reflection;
using Marketplace.GrainHost.Activations;
using Marketplace.GrainHost.Calls;
using Marketplace.GrainHost.Reminders;
using Marketplace.GrainHost.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Runtime;
using Orleans.Timers;

namespace Marketplace.GrainHost.Hosting;

/// <summary>Registers the embedded host.</summary>
public static class GrainHostServices
{
    /// <summary>
    /// Emits the proxies of an assembly's grains now, for the hosts of this process that come: their starts find them made. What is wrong
    /// with an interface these starts say.
    /// </summary>
    /// <returns>How many are made.</returns>
    public static int EmitProxies(Assembly grains)
    {
        ArgumentNullException.ThrowIfNull(grains);
        return GrainClasses.InterfacesOf(grains).Count(EmittedProxy.TryMake);
    }

    /// <summary>
    /// Adds the embedded host, which starts and stops with the application. Storage providers are keyed services of type
    /// <see cref="Orleans.Storage.IGrainStorage"/>; call filters are services of type <see cref="IIncomingGrainCallFilter"/>.
    /// </summary>
    public static IServiceCollection AddEmbeddedGrainHost(this IServiceCollection services, Action<GrainHostOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        services.AddOptions<GrainHostOptions>().Configure(configure).ValidateOnStart();
        if (services.Any(service => service.ServiceType == typeof(EmbeddedGrainHost)))
        {
            return services;
        }
        services.TryAddSingleton<IValidateOptions<GrainHostOptions>, GrainHostOptionsValidator>();
        services.AddLogging();

        services.TryAddSingleton(new ServiceLifetimes(services));
        services.TryAddSingleton(provider =>
            new HostCore
            {
                Services = provider,
                Options = provider.GetRequiredService<IOptions<GrainHostOptions>>().Value,
                Logger = provider.GetRequiredService<ILoggerFactory>().CreateLogger("Marketplace.GrainHost"),
                Classes = new GrainClasses(
                    provider.GetRequiredService<IOptions<GrainHostOptions>>().Value.Assemblies,
                    provider.GetRequiredService<ServiceLifetimes>()
                ),
                Filters = [.. provider.GetServices<IIncomingGrainCallFilter>()],
            }.Assemble()
        );
        services.TryAddSingleton(provider => provider.GetRequiredService<HostCore>().Factory);
        services.TryAddSingleton<IClusterClient>(provider => provider.GetRequiredService<GrainFactory>());
        services.TryAddSingleton<IGrainFactory>(provider => provider.GetRequiredService<GrainFactory>());
        services.TryAddSingleton<IReminderStore, MemoryReminderStore>();
        services.TryAddSingleton<ReminderService>();
        services.TryAddSingleton<IReminderRegistry>(provider => provider.GetRequiredService<ReminderService>());
        services.TryAddSingleton<IPersistentStateFactory, PersistentStateFactory>();
        services.TryAddSingleton(provider => provider.GetRequiredService<HostCore>().Runtime);
        services.TryAddSingleton(provider => provider.GetRequiredService<GrainRuntime>().TimerRegistry);
        services.TryAddSingleton<IGrainRuntime>(provider => provider.GetRequiredService<GrainRuntime>());
        services.TryAddSingleton<IGrainContextAccessor>(provider => provider.GetRequiredService<GrainRuntime>());
        services.TryAddSingleton(provider => provider.GetRequiredService<IOptions<GrainHostOptions>>().Value.TimeProvider);
        services.TryAddSingleton(provider => new EmbeddedGrainHost(
            provider.GetRequiredService<HostCore>(),
            provider.GetRequiredService<ReminderService>()
        ));
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<EmbeddedGrainHost>());
        return services;
    }
}
