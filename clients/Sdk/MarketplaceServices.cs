using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Marketplace;

/// <summary>How an application takes a client in.</summary>
public static class MarketplaceServices
{
    /// <summary>
    /// Adds one <see cref="MarketplaceClient"/> for the whole application. Its clock is the registered <see cref="TimeProvider"/>, its
    /// log the registered <see cref="ILoggerFactory"/>, if there are such. Wrong options are reported when the client is first asked for.
    /// </summary>
    public static IServiceCollection AddMarketplaceClient(
        this IServiceCollection services,
        Action<IServiceProvider, MarketplaceClientOptions> configure
    )
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.TryAddSingleton(provider =>
        {
            var options = new MarketplaceClientOptions
            {
                TimeProvider = provider.GetService<TimeProvider>() ?? TimeProvider.System,
                LoggerFactory = provider.GetService<ILoggerFactory>(),
            };
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

    /// <summary>
    /// As above, with the options of a section of the configuration, see <see cref="MarketplaceClientOptions.FromConfiguration"/>.
    /// </summary>
    public static IServiceCollection AddMarketplaceClient(this IServiceCollection services, IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(section);
        return services.AddMarketplaceClient((_, options) => ConfiguredOptions.Apply(section, options));
    }
}
