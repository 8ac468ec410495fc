using Marketplace.Gateway;
using Marketplace.GrainInterfaces;
using Marketplace.Grains;
using Marketplace.Storage;
using Orleans.Configuration;
using Orleans.Dashboard;
using Orleans.Storage;
using Orleans.Streams;

namespace Marketplace.Silo;

/// <summary>
/// The grains on Orleans: one silo of a cluster whose silos share a PostgreSQL database. Membership, reminders, documents and events are
/// there; nothing that matters is in the data folder but this silo's keys.
/// </summary>
internal static class OrleansHost
{
    private const string Postgres = "Npgsql";

    /// <summary>The name of Orleans's own storage of states.</summary>
    private const string OrleansStates = "orleans";

    public static async Task AddMarketplaceGrains(this WebApplicationBuilder builder, SiloOptions options)
    {
        var folder = new SiloFolder(options.Data);
        // Two silos of one data folder would be one worker twice.
        var held = DirectoryLock.Take(folder.Path);
        var database = new ClusterDatabase(options);
        var address = ClusterAddress.Find(options);
        using var key = folder.KeyPair(SiloFolder.WorkerKey);
        var worker = new WorkerId(key.PublicKey);
        var tls = options.UsesTls ? ClusterTls.Settings(options) : null;
        var store = await PostgresStore.Open(
            new PostgresStoreOptions { ConnectionString = database.ForStore, Projections = MarketProjections.All },
            TimeProvider.System
        );
        await ClusterName.Require(store, options.ClusterId);
        var market = await ClusterMarketKey.Find(store, folder);
        var shards = await ClusterShards.Find(store, options);
        var blobFolder = options.BlobFolder.Length > 0 ? options.BlobFolder : folder.Blobs;
        var mark = await BlobMark.Require(store, blobFolder, PinnedBlobs.Of(store));
        var blobs = FileBlobStore.OpenShared(blobFolder, new FileBlobStoreOptions { FreeBytesMin = options.DiskFloorBytes });

        builder
            .Services.AddSingleton(folder)
            .AddSingleton(_ => held)
            .AddSingleton(_ => store)
            .AddSingleton(_ => market)
            .AddSingleton(_ => shards)
            .AddSingleton<IHostState, ClusterState>()
            .AddSingleton<IDocumentStore>(services => services.GetRequiredService<PostgresStore>())
            .AddSingleton<IEventLog>(services => services.GetRequiredService<PostgresStore>())
            .AddSingleton<IListing>(services => services.GetRequiredService<PostgresStore>())
            .AddSingleton<IStoreRoom>(services => services.GetRequiredService<PostgresStore>())
            .AddSingleton(services => Dependencies(services, store, mark))
            .AddHostedService<DependencyWatch>()
            .AddKeyedSingleton<IGrainStorage>(
                StateStorage.Plain,
                (services, _) => new LateReads(services.GetRequiredKeyedService<IGrainStorage>(OrleansStates))
            )
            .AddSingleton<IMarketStreams, ClusterStreams>()
            .AddSingleton<IFatalErrorHandler, DeclaredDead>()
            .Configure<HostOptions>(host => host.ShutdownTimeout = ClusterPolicy.ShutdownMax);
        AddFacts(builder.Services);
        AddBlobs(builder.Services, blobs, mark, options.OutputsFloorBytes);
        QuietOrleans(builder.Logging);
        builder.UseOrleans(silo =>
        {
            silo.Configure<Orleans.Configuration.SiloOptions>(named => named.SiloName = SiloLabel.Of(options.NameOrHost, worker))
                .Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (options.ClusterId, options.ClusterId))
                .Configure<EndpointOptions>(endpoint =>
                {
                    endpoint.AdvertisedIPAddress = address.Address;
                    endpoint.SiloPort = address.Port;
                    endpoint.GatewayPort = options.GatewayPort;
                })
                .Configure<ClusterMembershipOptions>(ClusterPolicy.Membership)
                .Configure<SiloMessagingOptions>(ClusterPolicy.Messaging)
                .Configure<GrainCollectionOptions>(ClusterPolicy.Collection)
                .AddMemoryStreams(MarketStreams.Provider, ConfigureStreams);
            KeepIn(silo, database.ForOrleans);
            AddDashboard(silo, options);
            if (tls is not null)
            {
                silo.UseTls(tls);
            }
        });
        builder.Services.AddSingleton<IGrainFactory, GrainReferences>();
        // After the silo itself: they need it, and are stopped before it.
        builder.Services.AddHostedService<OtherSilos>().AddHostedService<WaitsOfMovingGrains>().AddHostedService<NewsListeners>();
    }

    private static void AddFacts(IServiceCollection services) =>
        services
            .AddSingleton<ClusterFacts>()
            .AddSingleton<IHostFacts>(provider => provider.GetRequiredService<ClusterFacts>())
            .AddSingleton<GrainMeter>()
            .AddSingleton<IIncomingGrainCallFilter, MeteredCalls>()
            .AddSingleton<ISiloFacts, ClusterSiloFacts>();

    private static void AddBlobs(IServiceCollection services, FileBlobStore blobs, BlobMark mark, long outputsFloorBytes) =>
        services
            .AddSingleton<IBlobStore>(new MarkedBlobStore(blobs, mark))
            .AddKeyedSingleton<IBlobStore>(GatewayHosting.OutputStore, new MarkedBlobStore(blobs.WithFloor(outputsFloorBytes), mark))
            .AddSingleton(new BlobCollector(blobs, mark));

    /// <summary>
    /// Its account of a normal start is some hundred lines; what goes wrong is told as a warning. The silo's own ones are advice about the
    /// machine. A start that failed is told once, by Program.
    /// </summary>
    private static void QuietOrleans(ILoggingBuilder logging) =>
        logging
            .AddFilter("Orleans", LogLevel.Warning)
            // By which Orleans repeats what it asks of other silos.
            .AddFilter("Polly", LogLevel.Warning)
            .AddFilter("Orleans.Runtime.Silo", LogLevel.Critical)
            // That this silo is given up is said by DeclaredDead.
            .AddFilter("Orleans.Runtime.MembershipService.MembershipTableManager", LogLevel.Critical)
            .AddFilter("Orleans.Runtime.SiloLifecycleSubject", LogLevel.Critical);

    /// <summary>What Orleans keeps by itself: who is there, reminders, and states without a row in the read model.</summary>
    private static void KeepIn(ISiloBuilder silo, string database) =>
        silo.UseAdoNetClustering(clustering => (clustering.Invariant, clustering.ConnectionString) = (Postgres, database))
            .UseAdoNetReminderService(reminders => (reminders.Invariant, reminders.ConnectionString) = (Postgres, database))
            .AddAdoNetGrainStorage(
                OrleansStates,
                states =>
                {
                    (states.Invariant, states.ConnectionString) = (Postgres, database);
                    states.GrainStorageSerializer = new StateSerializer();
                }
            );

    private static void AddDashboard(ISiloBuilder silo, SiloOptions options)
    {
        if (options.Dashboard)
        {
            // Its log stream stays hidden: logs are the machine's.
            silo.AddDashboard(dashboard => dashboard.HideTrace = true);
        }
    }

    private static void ConfigureStreams(ISiloMemoryStreamConfigurator streams)
    {
        streams.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly);
        streams.ConfigurePartitioning(ClusterPolicy.StreamQueues);
        streams.ConfigurePullingAgent(pulling => pulling.Configure(ClusterPolicy.Pulling));
        streams.ConfigureCacheEviction(eviction => eviction.Configure(ClusterPolicy.Eviction));
    }

    private static IReadOnlyList<Dependency> Dependencies(IServiceProvider services, PostgresStore store, BlobMark mark)
    {
        var (time, log) = (services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILogger<Dependency>>());
        return
        [
            new("the database", "The database does not answer.", store.Ping, time, log),
            new(
                "the blob folder",
                "The folder of blobs is not there, or is not this cluster's.",
                CheckMark,
                time,
                log,
                ClusterPolicy.BlobsLostMax
            ),
        ];

        Task CheckMark()
        {
            mark.Check();
            return Task.CompletedTask;
        }
    }

    /// <summary>Orleans's own dashboard, for holders of an admin key.</summary>
    public static void MapGrainHostPages(this WebApplication app, SiloOptions options)
    {
        if (options.Dashboard)
        {
            app.MapOrleansDashboard("/orleans").ServesOperatorPages();
        }
    }
}
