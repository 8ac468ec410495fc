using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Marketplace.Gateway;

/// <summary>
/// How a host takes the gateway in. It brings <c>IClusterClient</c>, <c>IBlobStore</c> (a second one under <see cref="OutputStore"/>),
/// <c>IAccountLists</c>, <c>IDisputeLists</c>, <c>IBookCheck</c>, <c>MarketIdentity</c>, <c>MarketDomain</c>,
/// <see cref="IReadiness"/>, <see cref="IWorkerAdmission"/>, <see cref="ISiloFacts"/> and <see cref="IMarketStreams"/>.
/// </summary>
public static class GatewayHosting
{
    /// <summary>
    /// The key of the <c>IBlobStore</c> that outputs of jobs go to: it may fill more of the disk than what clients bring.
    /// </summary>
    public const string OutputStore = "outputs";

    public static IServiceCollection AddMarketplaceGateway(this IServiceCollection services, Action<GatewayOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddOptions<GatewayOptions>().ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }
        services.AddSingleton<IValidateOptions<GatewayOptions>, GatewayOptionsValidator>();
        services.AddSingleton<IConfigureOptions<ForwardedHeadersOptions>, TrustedProxies>();
        services.AddSingleton<IConfigureOptions<KestrelServerOptions>, KestrelLimits>();
        services.AddSingleton<IConfigureOptions<SocketTransportOptions>, SocketLimits>();
        services.AddSingleton<IMemoryPoolFactory<byte>, ConnectionBuffers>();
        services.AddSingleton<IConfigureOptions<RequestTimeoutOptions>, RequestTimes>();
        services.AddRequestTimeouts();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<RateLimits>();
        services.AddSingleton<MemoryBudget>();
        services.AddSingleton<AnswerTurns>();
        services.AddSingleton<KeyCache>();
        services.AddSingleton<EventTickets>();
        services.AddSingleton<SignInTickets>();
        services.AddSingleton(provider => new SignInLinks(provider.GetRequiredService<SignInTickets>()));
        services.AddSingleton<WebFiles>();
        services.AddSingleton<EventPlaces>();
        services.AddSingleton<EventHub>();
        services.AddSingleton<NewsHub>();
        services.AddSingleton<EventAnswer.Surroundings>();
        services.AddSingleton<BlobUploads>();
        services.AddMetrics();
        services.AddSingleton<WorkerMemory>();
        services.AddSingleton<WorkerLinks>();
        services.AddSingleton<LinkCounts>();
        services.AddSingleton<WorkerCalls>();
        services.AddSingleton<WorkerRequests>();
        services.AddSingleton<WorkerAdmissions>();
        services.AddSingleton<WorkerDoor>();
        services.AddSingleton<AdmissionWatch>();
        services.AddHostedService(provider => provider.GetRequiredService<AdmissionWatch>());
        services.AddApiDescription();
        // A web host brings these two; any other does not.
        services.AddRoutingCore();
        services.TryAddSingleton(_ => new DiagnosticListener("Microsoft.AspNetCore"));
        services.AddSingleton<InProcessGateway>();
        return services;
    }

    /// <summary>Maps the whole API with its guards.</summary>
    public static TApplication MapMarketplaceGateway<TApplication>(this TApplication app)
        where TApplication : IApplicationBuilder, IEndpointRouteBuilder
    {
        ServerRefusals.Listen(app.ServiceProvider.GetRequiredService<DiagnosticListener>());
        UseGuards(app);
        MapRoutes(app);
        return app;
    }

    /// <summary>The whole API with its guards, for requests that come by no server.</summary>
    internal static RequestDelegate Build(IServiceProvider services)
    {
        var app = new ApplicationBuilder(services);
        UseGuards(app);
        IEndpointRouteBuilder? routes = null;
        app.UseEndpoints(added => routes = added);
        // Not within the call above, which adds its routes to the process's list: a server's own stand there, and the document is made of
        // it.
        MapRoutes(routes!);
        return app.Build();
    }

    /// <summary>
    /// In the order in which a request meets them: cheap refusals first; nothing is read or looked up for a request that the guard before
    /// has refused.
    /// </summary>
    private static void UseGuards(IApplicationBuilder app)
    {
        app.UseMiddleware<ProblemMiddleware>();
        app.UseForwardedHeaders();
        app.UseMiddleware<FrontMiddleware>();
        app.UseRouting();
        app.UseWebSockets();
        app.UseMiddleware<ReadinessMiddleware>();
        app.UseRequestTimeouts();
        app.UseMiddleware<AccessMiddleware>();
        app.UseMiddleware<BodyMiddleware>();
    }

    private static void MapRoutes(IEndpointRouteBuilder routes)
    {
        routes.MapJobsApi();
        routes.MapJobContentApi();
        routes.MapBlobsApi(routes.ServiceProvider.GetRequiredService<IOptions<GatewayOptions>>().Value);
        routes.MapProgramsApi();
        routes.MapStateApi();
        routes.MapLedgersApi();
        routes.MapDisputesApi();
        routes.MapEpochsApi();
        routes.MapSettlementApi();
        routes.MapSettlementsApi();
        routes.MapAccountApi();
        routes.MapOpeningApi();
        routes.MapKeysApi();
        routes.MapMarketApi();
        routes.MapQuotesApi();
        routes.MapBooksApi();
        routes.MapSilosApi();
        routes.MapEventsApi();
        routes.MapSignInsApi();
        routes.MapWorkerPagesApi();
        routes.MapAdmissionsApi();
        routes.MapWorkersApi();
        routes.MapHealthApi();
        routes.MapOpenApiDocument();
        routes.MapWebPages();
    }
}
