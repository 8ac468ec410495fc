using Marketplace.GrainInterfaces;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Streams;

namespace Marketplace.Grains;

/// <summary>
/// Registers what the grains are given beside the stores, the clock and the stream provider. What is registered before stays.
/// </summary>
public static class MarketServices
{
    public static IServiceCollection AddMarketGrains(this IServiceCollection services)
    {
        services.TryAddSingleton<ISecretSource, SystemSecretSource>();
        services.TryAddSingleton<IChance, SystemChance>();
        services.TryAddSingleton<LongWaits>();
        services.TryAddSingleton<ResidentJobs>();
        services.TryAddSingleton<QueueBounds>();
        services.TryAddSingleton<IOpenJobs, OpenJobs>();
        services.TryAddSingleton<IAccountLists, AccountLists>();
        services.TryAddSingleton<IModuleInspector, ModuleInspector>();
        services.TryAddSingleton<IResultsFeed>(provider => new StreamResultsFeed(
            provider.GetRequiredKeyedService<IStreamProvider>(MarketStreams.Provider),
            hasListeners: _ => true
        ));
        return services;
    }
}
