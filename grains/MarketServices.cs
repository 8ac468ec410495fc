using Marketplace.GrainInterfaces;
using Marketplace.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Storage;

namespace Marketplace.Grains;

/// <summary>
/// Registers what the grains are given beside the stores, the clock, the stream provider and <see cref="IHostFacts"/>. What is registered
/// before stays.
/// </summary>
public static class MarketServices
{
    public static IServiceCollection AddMarketGrains(this IServiceCollection services)
    {
        services.TryAddSingleton<ISecretSource, SystemSecretSource>();
        services.TryAddSingleton<IChance, SystemChance>();
        services.TryAddSingleton<ResidentJobs>();
        services.TryAddSingleton(_ => new StatePageCache());
        services.TryAddSingleton(_ => new StateBounds());
        services.TryAddSingleton<QueueBounds>();
        services.TryAddSingleton<StakeTerms>();
        services.TryAddSingleton<EpochTerms>();
        services.TryAddSingleton<ReuseTerms>();
        services.TryAddSingleton(_ => new MarketShards());
        services.TryAddSingleton<IOpenJobs, OpenJobs>();
        services.TryAddSingleton<BookAudit>();
        services.TryAddSingleton<IJury, MarketJury>();
        services.TryAddSingleton<IAccountLists, AccountLists>();
        services.TryAddSingleton<IDisputeLists, DisputeLists>();
        services.TryAddSingleton<IModuleInspector, ModuleInspector>();
        services.TryAddSingleton<IResultsFeed, StreamResultsFeed>();
        services.TryAddKeyedSingleton<IGrainStorage>(StateStorage.Documents, (provider, _) => DocumentStates(provider));
        services.TryAddKeyedSingleton<IGrainStorage>(StateStorage.Plain, (provider, _) => DocumentStates(provider));
        return services;
    }

    private static LateReads DocumentStates(IServiceProvider services) =>
        new(new DocumentGrainStorage(services.GetRequiredService<IDocumentStore>()));
}
