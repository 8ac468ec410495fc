using System.Reflection;
using Marketplace.Crypto;
using Marketplace.Gateway;
using Marketplace.GrainHost.Hosting;
using Marketplace.GrainHost.Reminders;
using Marketplace.GrainHost.Streams;
using Marketplace.GrainInterfaces;
using Marketplace.Grains;
using Marketplace.Storage;

namespace Marketplace.Silo;

/// <summary>The grains on the embedded host, their documents and events in the store of the data folder.</summary>
internal static class EmbeddedHost
{
    private static Assembly Grains => typeof(MarketProjections).Assembly;

    /// <inheritdoc cref="HostKind.Begin"/>
    public static void Begin() => Beside(() => GrainHostServices.EmitProxies(Grains));

    public static Task AddMarketplaceGrains(this WebApplicationBuilder builder, SiloOptions options)
    {
        var folder = new SiloFolder(options.Data);
        // Beside the rest of the start, which waits for it where it first reads.
        var store = Beside(() =>
            EmbeddedStore.Open(
                folder.Store,
                new EmbeddedStoreOptions { Projections = MarketProjections.All, FreeBytesMin = options.DiskFloorBytes },
                TimeProvider.System
            )
        );
        var blobs = FileBlobStore.Open(
            folder.Blobs,
            new FileBlobStoreOptions { FreeBytesMin = options.DiskFloorBytes },
            TimeProvider.System
        );

        var meter = new GrainMeter(TimeProvider.System);

        builder
            .Services.AddSingleton(folder)
            .AddSingleton(meter)
            .AddSingleton(_ => store.GetAwaiter().GetResult())
            .AddSingleton(_ => new MarketIdentity(folder.KeyPair(SiloFolder.MarketKey)))
            .AddSingleton<IHostState, EmbeddedState>()
            .AddSingleton<IDocumentStore>(services => services.GetRequiredService<EmbeddedStore>())
            .AddSingleton<IEventLog>(services => services.GetRequiredService<EmbeddedStore>())
            .AddSingleton<IListing>(services => services.GetRequiredService<EmbeddedStore>())
            .AddSingleton<IStoreRoom>(services => services.GetRequiredService<EmbeddedStore>())
            .AddSingleton(blobs)
            .AddSingleton<IBlobStore>(blobs)
            .AddKeyedSingleton<IBlobStore>(GatewayHosting.OutputStore, blobs.WithFloor(options.OutputsFloorBytes))
            .AddSingleton(new BlobCollector(blobs))
            .AddGossipStreams(MarketStreams.Provider)
            .AddSingleton<IHostFacts, EmbeddedFacts>()
            .AddSingleton<IMarketStreams, EmbeddedStreams>()
            .AddSingleton<IReminderStore, DocumentReminderStore>()
            .AddSingleton<ISiloFacts, EmbeddedSiloFacts>()
            .AddEmbeddedGrainHost(host =>
            {
                host.Assemblies.Add(Grains);
                host.CallMeter = meter.Of;
            });
        return Task.CompletedTask;
    }

    private static Task<T> Beside<T>(Func<T> part) =>
        Task.Factory.StartNew(part, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    public static void MapGrainHostPages(this WebApplication app, SiloOptions options)
    {
        // The embedded host has no pages of its own, so no option asks for them.
    }
}
