using Marketplace.Gateway;
using Marketplace.Sdk.Grains;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace;

/// <summary>
/// How code in the process of a silo, or of another host that has the gateway's services, takes a client in that calls the grains itself.
/// Everything else is as over HTTP: the key is checked, the same is refused in the same words, the same limits count.
/// </summary>
public static class MarketplaceGrains
{
    /// <summary>
    /// Where a client over grains says that the service is: in this process. It is also the name that such requests carry.
    /// </summary>
    public static Uri Url { get; } = new("http://localhost");

    /// <summary>
    /// As <see cref="MarketplaceServices.AddMarketplaceClient(IServiceCollection, Action{IServiceProvider, MarketplaceClientOptions})"/>,
    /// over the grains that the same services have. <see cref="MarketplaceClientOptions.Url"/> and
    /// <see cref="MarketplaceClientOptions.Handler"/> are chosen here, whatever <paramref name="configure"/> sets; nothing is sent, so what
    /// concerns connections has no effect.
    /// </summary>
    public static IServiceCollection AddMarketplaceGrainClient(
        this IServiceCollection services,
        Action<IServiceProvider, MarketplaceClientOptions> configure
    )
    {
        ArgumentNullException.ThrowIfNull(configure);
        return services.AddMarketplaceClient(
            (provider, options) =>
            {
                configure(provider, options);
                options.UseGrains(provider);
            }
        );
    }

    /// <inheritdoc cref="AddMarketplaceGrainClient(IServiceCollection, Action{IServiceProvider, MarketplaceClientOptions})"/>
    public static IServiceCollection AddMarketplaceGrainClient(this IServiceCollection services, Action<MarketplaceClientOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return services.AddMarketplaceGrainClient((_, options) => configure(options));
    }

    /// <summary>
    /// As above, with the options of a section of the configuration, see <see cref="MarketplaceClientOptions.FromConfiguration"/>.
    /// </summary>
    public static IServiceCollection AddMarketplaceGrainClient(this IServiceCollection services, IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(section);
        return services.AddMarketplaceGrainClient((_, options) => ConfiguredOptions.Apply(section, options));
    }

    /// <summary>
    /// Has a client with these options call the grains of the services' host: for an application that keeps several, each with its own
    /// key.
    /// </summary>
    /// <param name="options">Of the client.</param>
    /// <param name="services">Those of a silo, or of a host that has taken the gateway in.</param>
    /// <returns>The same options.</returns>
    /// <exception cref="InvalidOperationException">The services have no gateway.</exception>
    public static MarketplaceClientOptions UseGrains(this MarketplaceClientOptions options, IServiceProvider services)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(services);
        var gateway =
            services.GetService<InProcessGateway>()
            ?? throw new InvalidOperationException(
                "These services have no gateway, so there are no grains to call. Expected those of a silo, or of a host that has called "
                    + $"{nameof(GatewayHosting.AddMarketplaceGateway)} and brings what it names. Over HTTP, use "
                    + $"{nameof(MarketplaceServices.AddMarketplaceClient)}."
            );
        options.Url = Url;
        options.Handler = new GatewayHandler(gateway, services.GetRequiredService<IServiceScopeFactory>());
        return options;
    }
}
