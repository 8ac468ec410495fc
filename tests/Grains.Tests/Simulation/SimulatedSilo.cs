using Marketplace.GrainHost.Hosting;
using Marketplace.GrainHost.Simulation;
using Marketplace.GrainInterfaces;
using Marketplace.Grains.Tests.Support;
using Marketplace.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace Marketplace.Grains.Tests.Simulation;

/// <summary>
/// A silo of the real grains over the real embedded store on a simulated disk, which loses power now and then. Calls from outside go over a
/// link that loses, repeats and delays them.
/// </summary>
internal sealed class SimulatedSilo : IAsyncDisposable
{
    private readonly SimulatedRun _run;
    private readonly FaultPlan _plan;
    private readonly Action<IServiceCollection>? _register;
    private readonly Func<IEventLog, IEventLog> _watch;
    private readonly Func<IDocumentStore, IDocumentStore> _watchDocuments;
    private readonly SimulatedStore _disk;
    private readonly MemoryDisk _blobs = new();
    private readonly SeededChance _faults;
    private ServiceProvider? _services;

    /// <param name="run">Clock, scheduler and chance.</param>
    /// <param name="plan">The faults.</param>
    /// <param name="register">Replaces services of the grains.</param>
    /// <param name="watch">Sees what becomes durable in the event log, below the faults.</param>
    /// <param name="watchDocuments">The same for the documents.</param>
    public SimulatedSilo(
        SimulatedRun run,
        FaultPlan plan,
        Action<IServiceCollection>? register = null,
        Func<IEventLog, IEventLog>? watch = null,
        Func<IDocumentStore, IDocumentStore>? watchDocuments = null
    )
    {
        (_run, _plan, _register, _watch) = (run, plan, register, watch ?? (log => log));
        _watchDocuments = watchDocuments ?? (documents => documents);
        _disk = new SimulatedStore(
            run.Time,
            (int)(run.Chance.Next() >> 33),
            new EmbeddedStoreOptions
            {
                Projections = MarketProjections.All,
                SegmentBytes = 64 * 1024,
                FoldDelay = TimeSpan.FromMilliseconds(50),
            },
            new SimulatedDelays()
        );
        _faults = run.Chance.Fork();
        Link = new SimulatedLink(() => Grains, plan, run.Chance.Fork(), run.Time);
        Feed = new LossyFeed(plan, run.Chance.Fork());
    }

    public SimulatedLink Link { get; }

    /// <summary>What a listener heard, over all starts.</summary>
    public LossyFeed Feed { get; }

    public TimeProvider Time => _run.Time;

    public EmbeddedStore Store => _disk.Store;

    public MemoryBlobs Blobs => new(_blobs, Time);

    public IGrainFactory Grains => _services?.GetRequiredService<IGrainFactory>() ?? throw new LinkException("The silo is down.");

    /// <param name="read">Reads what the disk holds, before any grain does.</param>
    public async Task Start(Func<EmbeddedStore, Task>? read = null)
    {
        var store = _disk.Open();
        if (read is not null)
        {
            await read(store);
        }
        var faulty = new FaultyStore(_watchDocuments(store), _watch(store), _faults.Fork(), _plan);
        var services = new ServiceCollection();
        services.AddLogging();
        services
            .AddSingleton<IDocumentStore>(faulty)
            .AddSingleton<IEventLog>(faulty)
            .AddSingleton<IListing>(store)
            .AddSingleton<IStoreRoom>(store)
            .AddSingleton<IBlobStore>(Blobs);
        services.AddSingleton<IModuleInspector>(new TextModules(Blobs)).AddSingleton<ISecretSource>(new SeededSecrets(_faults.Next()));
        services.AddSingleton<IChance>(new SeededJitter(_faults.Next())).AddSingleton<IResultsFeed>(Feed);
        services.AddSingleton<IIncomingGrainCallFilter>(new ReminderStorm(_plan, _faults.Fork()));
        // Checkpoints of program state come after each commit, so that they meet every fault.
        services.AddSingleton(new StateBounds { CheckpointEventBytesMin = 1 });
        services.AddSingleton(TestOwner.Market).AddSingleton<IHostFacts, StillHost>().AddMarketGrains();
        _register?.Invoke(services);
        services.AddEmbeddedGrainHost(options =>
        {
            options.Assemblies.Add(typeof(JobGrain).Assembly);
            options.Scheduler = _run.Scheduler;
            options.TimeProvider = Time;
        });
        var provider = services.BuildServiceProvider();
        foreach (var hosted in provider.GetServices<IHostedService>())
        {
            await hosted.StartAsync(CancellationToken.None);
        }
        _services = provider;
    }

    /// <summary>The power goes: no turn runs any more, and of what was not flushed the disk keeps what chance says.</summary>
    public void Crash()
    {
        _plan.Count("power cut");
        End();
        _disk.Crash();
    }

    /// <summary>The process is killed: no turn runs any more; the disk keeps what was written, flushed or not.</summary>
    public void Kill()
    {
        _plan.Count("process killed");
        End();
        _disk.Kill();
    }

    /// <summary>Some grains are lost with what only they knew; the store and the other grains go on.</summary>
    public void Lose(Func<GrainId, bool> isLost)
    {
        _plan.Count("silo lost");
        _services!.GetRequiredService<EmbeddedGrainHost>().Kill(isLost);
    }

    public async Task Stop()
    {
        foreach (var hosted in _services!.GetServices<IHostedService>())
        {
            await hosted.StopAsync(CancellationToken.None);
        }
    }

    /// <inheritdoc cref="SimulatedLink.Insist{TAnswer}"/>
    public Task<TAnswer> Insist<TAnswer>(Func<IGrainFactory, Task<TAnswer>> call) => Link.Insist(call);

    public Task Pause(int millisecondsMax) => Link.Pause(millisecondsMax);

    public ValueTask DisposeAsync() => _disk.DisposeAsync();

    private void End()
    {
        _services!.GetRequiredService<EmbeddedGrainHost>().Kill();
        _services = null;
    }
}
