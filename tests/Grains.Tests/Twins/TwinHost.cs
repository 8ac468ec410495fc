using Marketplace.GrainHost.Hosting;
using Marketplace.GrainHost.Simulation;
using Marketplace.GrainInterfaces;
using Marketplace.Grains.Tests.Simulation;
using Marketplace.Grains.Tests.Support;
using Marketplace.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Marketplace.Grains.Tests.Twins;

/// <summary>
/// One of several hosts of the real grains over one store. None knows of the others: that is what two silos are that do not see each other.
/// </summary>
internal sealed class TwinHost
{
    private readonly ServiceProvider _services;

    private TwinHost(ServiceProvider services, FaultPlan plan, SeededChance chance, TimeProvider time)
    {
        _services = services;
        Link = new SimulatedLink(() => services.GetRequiredService<IGrainFactory>(), plan, chance, time);
    }

    public SimulatedLink Link { get; }

    public static async Task<TwinHost> Start(string name, SimulatedRun run, TwinSetting setting)
    {
        var chance = run.Chance.Fork();
        var store = new TwinStore(name, setting.Store, setting.Watch, setting.Plan, chance.Fork(), run.Time, setting.IsUnconditional);
        var blobs = new MemoryBlobs(setting.Blobs, run.Time);
        var services = new ServiceCollection();
        services.AddLogging();
        services
            .AddSingleton<IDocumentStore>(store)
            .AddSingleton<IEventLog>(store)
            .AddSingleton<IListing>(setting.Store)
            .AddSingleton<IStoreRoom>(setting.Store)
            .AddSingleton<IBlobStore>(blobs);
        services.AddSingleton<IModuleInspector>(new TextModules(blobs)).AddSingleton<ISecretSource>(new SeededSecrets(chance.Next()));
        services.AddSingleton<IChance>(new SeededJitter(chance.Next())).AddSingleton<IResultsFeed>(setting.Feed);
        services.AddSingleton<IIncomingGrainCallFilter>(new ReminderStorm(setting.Plan, chance.Fork()));
        services.AddSingleton<IIncomingGrainCallFilter>(new SlowTransfers(setting.Plan, chance.Fork(), run.Time));
        // Checkpoints of program state come after each commit, so that they meet every fault.
        services.AddSingleton(new StateBounds { CheckpointEventBytesMin = 1 });
        services.AddSingleton(TestOwner.Market).AddSingleton<IHostFacts, StillHost>().AddMarketGrains();
        services.AddEmbeddedGrainHost(options =>
        {
            options.Assemblies.Add(typeof(JobGrain).Assembly);
            options.Scheduler = new WatchedScheduler(run.Scheduler, step => setting.Watch.Observe(name, step));
            options.TimeProvider = run.Time;
        });
        var provider = services.BuildServiceProvider();
        foreach (var hosted in provider.GetServices<IHostedService>())
        {
            await hosted.StartAsync(CancellationToken.None);
        }
        return new TwinHost(provider, setting.Plan, chance, run.Time);
    }

    public async Task Stop()
    {
        foreach (var hosted in _services.GetServices<IHostedService>())
        {
            await hosted.StopAsync(CancellationToken.None);
        }
    }
}

/// <summary>What the hosts of a run share.</summary>
internal sealed record TwinSetting(
    EmbeddedStore Store,
    MemoryDisk Blobs,
    TwinWatch Watch,
    FaultPlan Plan,
    LossyFeed Feed,
    bool IsUnconditional
);
