using Marketplace.GrainInterfaces;
using Marketplace.Grains.Tests.Support;
using Marketplace.Silo;
using Marketplace.Storage;
using Microsoft.Extensions.Hosting;
using Orleans;
using Orleans.Hosting;
using Orleans.TestingHost;

namespace Marketplace.Tests.Orleans.Cluster;

/// <summary>
/// Two silos of Orleans and a client in this process, with the real grains over the real store, which both silos share. Calls between them
/// are messages in the wire format; what is simulated is the network and the membership.
/// </summary>
[CollectionDefinition(Name)]
public sealed class ClusterFixture : IAsyncLifetime, ICollectionFixture<ClusterFixture>
{
    public const string Name = "cluster";

    private readonly TemporaryFolder _folder = new();
    private EmbeddedStore _store = null!;
    private InProcessTestCluster _cluster = null!;

    public IClusterClient Client => _cluster.Client;

    /// <summary>Of one of the silos.</summary>
    public IServiceProvider Services => _cluster.Silos[0].ServiceProvider;

    public FileBlobStore Blobs { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        _store = EmbeddedStore.Open(
            Path.Combine(_folder.Name, "store"),
            new EmbeddedStoreOptions { Projections = MarketProjections.All },
            TimeProvider.System
        );
        Blobs = FileBlobStore.Open(Path.Combine(_folder.Name, "blobs"), new FileBlobStoreOptions(), TimeProvider.System);
        var builder = new InProcessTestClusterBuilder(initialSilosCount: 2);
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureSiloHost((_, host) => AddMarket(host.Services));
        builder.ConfigureSilo(
            (_, silo) => silo.UseInMemoryReminderService().AddMemoryStreams(MarketStreams.Provider).AddMemoryGrainStorage("PubSubStore")
        );
        _cluster = builder.Build();
        await _cluster.DeployAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        await _store.DisposeAsync();
        _folder.Dispose();
    }

    private void AddMarket(IServiceCollection services) =>
        services
            .AddSingleton<IDocumentStore>(new UnreadableDocuments(_store))
            .AddSingleton<IEventLog>(_store)
            .AddSingleton<IListing>(_store)
            .AddSingleton<IStoreRoom>(_store)
            .AddSingleton<IBlobStore>(Blobs)
            .AddSingleton(TestOwner.Market)
            .AddSingleton<IHostFacts, StillHost>()
            .AddMarketGrains()
            .AddSingleton<IGrainFactory, GrainReferences>();
}
