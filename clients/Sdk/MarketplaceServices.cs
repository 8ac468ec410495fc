using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Marketplace.Sdk;

public static class MarketplaceServices
{
    /// <summary>
    /// Adds one <see cref="MarketplaceClient"/> for the whole application. Its clock is the registered <see cref="TimeProvider"/> if there
    /// is one. Wrong options are reported when the client is first asked for.
    /// </summary>
    public static IServiceCollection AddMarketplaceClient(
        this IServiceCollection services, Action<IServiceProvider, MarketplaceClientOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.TryAddSingleton(provider =>
        {
            var options = new MarketplaceClientOptions { TimeProvider = provider.GetService<TimeProvider>() ?? TimeProvider.System };
            configure(provider, options);
            return new MarketplaceClient(options);
        });
        return services;
    }

    /// <inheritdoc cref="AddMarketplaceClient(IServiceCollection, Action{IServiceProvider, MarketplaceClientOptions})"/>
    public static IServiceCollection AddMarketplaceClient(this IServiceCollection services, Action<MarketplaceClientOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return services.AddMarketplaceClient((_, options) => configure(options));
    }
}
