using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
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
        services.TryAddSingleton(provider => new MarketDomain(provider.GetRequiredService<MarketIdentity>().PublicKey));
        services.TryAddSingleton<ResidentJobs>();
        services.TryAddSingleton(_ => new StatePageCache());
        services.TryAddSingleton(_ => new StateBounds());
        services.TryAddSingleton<QueueBounds>();
        services.TryAddSingleton<LoadBars>();
        services.TryAddSingleton<AccountTerms>();
        services.TryAddSingleton<StakeTerms>();
        services.TryAddSingleton<EpochTerms>();
        services.TryAddSingleton<SettlementTerms>();
        services.TryAddSingleton<ReuseTerms>();
        services.TryAddSingleton<JobKeeping>();
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

    /// <summary>Where the market settles is the host's to choose, but not whose market it is. To be asked once, at the start.</summary>
    /// <exception cref="InvalidOperationException">The domain is another market's, or has only one of chain and contract.</exception>
    public static void RequireOwnDomain(this IServiceProvider services)
    {
        var (domain, own) = (services.GetRequiredService<MarketDomain>(), services.GetRequiredService<MarketIdentity>().PublicKey);
        if (domain.Market != own)
        {
            throw new InvalidOperationException(
                $"The domain is of the market {domain.Market}, and this market's key is {own}: what it signs would be worth nothing."
            );
        }
        if (!domain.IsWhole)
        {
            throw new InvalidOperationException(
                $"The domain has the chain {domain.ChainId} and the contract {domain.Contract}; a market settles on a chain, by a "
                    + "contract there, or has neither."
            );
        }
    }

    private static LateReads DocumentStates(IServiceProvider services) =>
        new(new DocumentGrainStorage(services.GetRequiredService<IDocumentStore>()));
}
