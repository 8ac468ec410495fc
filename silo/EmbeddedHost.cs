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
    public static Task AddMarketplaceGrains(this WebApplicationBuilder builder, SiloOptions options)
    {
        var folder = new DataFolder(options.Data);
        var store = EmbeddedStore.Open(
            folder.Store,
            new EmbeddedStoreOptions { Projections = MarketProjections.All, FreeBytesMin = options.DiskFloorBytes },
            TimeProvider.System
        );
        var blobs = FileBlobStore.Open(
            folder.Blobs,
            new FileBlobStoreOptions { FreeBytesMin = options.DiskFloorBytes },
            TimeProvider.System
        );

        builder
            .Services.AddSingleton(folder)
            .AddSingleton(_ => store)
            .AddSingleton(_ => new MarketIdentity(folder.KeyPair(DataFolder.MarketKey)))
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
            .AddEmbeddedGrainHost(host => host.Assemblies.Add(typeof(MarketProjections).Assembly));
        return Task.CompletedTask;
    }

    public static void MapGrainHostPages(this WebApplication app)
    {
        // The embedded host has no pages of its own.
    }
}
