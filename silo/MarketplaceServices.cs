using Marketplace.Gateway;
using Marketplace.GrainInterfaces;
using Marketplace.Grains;
using Marketplace.Worker;
using Microsoft.Extensions.Options;

namespace Marketplace.Silo;

/// <summary>What a silo runs beside the grains, whichever host they are on.</summary>
internal static class MarketplaceServices
{
    public static void AddMarketplaceLogging(this WebApplicationBuilder builder)
    {
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-dd HH:mm:ss ";
        });
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning);
        var services = builder.Services;
        services.AddSingleton(provider => new LogLevelRules(new(provider.GetRequiredService<ILogger<LogLevelRules>>)));
        services.AddSingleton<ILogLevels>(provider => provider.GetRequiredService<LogLevelRules>());
        services.AddSingleton<IPostConfigureOptions<LoggerFilterOptions>>(provider => provider.GetRequiredService<LogLevelRules>());
        services.AddSingleton<IOptionsChangeTokenSource<LoggerFilterOptions>>(provider => provider.GetRequiredService<LogLevelRules>());
        // A start that failed is told once, by Program: in a sentence where there is one, else with its stack trace.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.Critical);
    }

    public static void AddMarketplaceServices(this WebApplicationBuilder builder, SiloOptions options)
    {
        var services = builder.Services;
        services.AddSingleton(options);
        services.AddSingleton<StorageFacts>();
        services.AddSingleton(
            new QueueBounds { BytesMax = (long)options.QueueMiB << 20, WaitMax = TimeSpan.FromMilliseconds(options.QueueWaitMs) }
        );
        services.AddSingleton(new StakeTerms { Unbonding = TimeSpan.FromHours(options.UnbondingHours) });
        services.AddSingleton(options.Epochs);
        services.AddSingleton(options.Reuse);
        services.AddSingleton(options.Keeping);
        services.AddMarketplaceChain(options);
        services.AddMarketGrains();
        services.AddSingleton<IReadiness, SiloReadiness>();
        services.AddHostedService<LostWorkers>();
        services.AddStartPart<FirstStart>();
        services.AddStartPart<PolicyHistory>();
        if (options.SettlesOnChain)
        {
            services.AddHostedService<ChainService>();
        }
        services.AddHostedService<BlobCollectorService>();
        services.AddHostedService<RetentionService>();
        services.AddSingleton<BookCheckService>();
        services.AddSingleton<IBookCheck>(provider => provider.GetRequiredService<BookCheckService>());
        services.AddHostedService(provider => provider.GetRequiredService<BookCheckService>());
        if (options.RunsWorker)
        {
            AddWorker(services, options);
        }
        services.AddSingleton<IWorkerAdmission, KnownWorkers>();
        services.AddHostedService<Announcement>();
        services.AddMarketplaceGateway(gateway =>
        {
            gateway.AllowPlaintext = options.AllowPlaintext;
            gateway.TrustedProxies = options.TrustedProxyList;
            gateway.AllowedHosts = options.AllowedHosts.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        });
    }

    private static void AddWorker(IServiceCollection services, SiloOptions options)
    {
        var slots = options.WorkerSlots == 0 ? Environment.ProcessorCount : options.WorkerSlots;
        // From here on its first child starts. The container disposes of what a factory gives.
        var place = new GuestPlace(new GuestOptions { Slots = slots, Isolation = options.IsolationKind }, TimeProvider.System);
        services.AddSingleton(_ => place);
        services.AddSingleton<IMarketLink, LocalMarketLink>();
        services.AddSingleton(provider =>
        {
            using var key = provider.GetRequiredService<SiloFolder>().KeyPair(SiloFolder.WorkerKey);
            return new WorkerOptions
            {
                Worker = new WorkerId(key.PublicKey),
                PayTo = new AccountId(key.PublicKey),
                PricePerMillionFuel = TokenAmount.Parse(options.WorkerPrice),
                Slots = slots,
                Isolation = options.IsolationKind,
                Labels = options.WorkerLabelList,
                BuyerReputationMin = options.WorkerMinBuyerReputation,
            };
        });
        services.AddSingleton<CommitteeMembership>();
        services.AddStartPart<WorkerService>();
    }

    private static void AddStartPart<T>(this IServiceCollection services)
        where T : class, IStartPart, IHostedService
    {
        services.AddSingleton<T>();
        services.AddSingleton<IStartPart>(provider => provider.GetRequiredService<T>());
        services.AddHostedService(provider => provider.GetRequiredService<T>());
    }
}
