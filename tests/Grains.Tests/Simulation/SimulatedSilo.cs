using Marketplace.GrainHost.Hosting;
using Marketplace.GrainHost.Simulation;
using Marketplace.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Marketplace.Grains.Tests.Simulation;

/// <summary>
/// A silo of the real grains over the real embedded store on a simulated disk, which loses power now and then. Calls from outside go over a link
/// that loses, repeats and delays them.
/// </summary>
internal sealed class SimulatedSilo(SimulatedRun run, FaultPlan plan, Action<IServiceCollection>? register) : IAsyncDisposable
{
    private readonly SimulatedStore _disk = new(
        run.Time, (int)(run.Chance.Next() >> 33),
        new EmbeddedStoreOptions { Projections = MarketProjections.All, SegmentBytes = 64 * 1024, FoldDelay = TimeSpan.FromMilliseconds(50) },
        new SimulatedDelays());

    private readonly MemoryDisk _blobs = new();
    private readonly GrainHost.Simulation.SeededChance _faults = run.Chance.Fork();
    private readonly GrainHost.Simulation.SeededChance _link = run.Chance.Fork();
    private ServiceProvider? _services;

    public TimeProvider Time => run.Time;

    public EmbeddedStore Store => _disk.Store;

    public MemoryBlobs Blobs => new(_blobs, Time);

    public IGrainFactory Grains => _services?.GetRequiredService<IGrainFactory>() ?? throw new LinkException("The silo is down.");

    public async Task Start()
    {
        var store = _disk.Open();
        var faulty = new FaultyStore(store, _faults.Fork(), plan);
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<IDocumentStore>(faulty).AddSingleton<IEventLog>(faulty).AddSingleton<IListing>(store).AddSingleton<IBlobStore>(Blobs);
        services.AddSingleton<IModuleInspector>(new TextModules(Blobs)).AddSingleton<ISecretSource>(new SeededSecrets(_faults.Next()));
        services.AddSingleton<IChance>(new SeededChance(_faults.Next())).AddSingleton<IResultsFeed>(new CollectingFeed());
        services.AddMarketGrains();
        register?.Invoke(services);
        services.AddEmbeddedGrainHost(options =>
        {
            options.Assemblies.Add(typeof(JobGrain).Assembly);
            options.Scheduler = run.Scheduler;
            options.TimeProvider = Time;
        });
        var provider = services.BuildServiceProvider();
        foreach (var hosted in provider.GetServices<IHostedService>())
            await hosted.StartAsync(CancellationToken.None);
        _services = provider;
    }

    /// <summary>The power goes: no turn runs any more, and of what was not flushed the disk keeps what chance says.</summary>
    public void Crash()
    {
        plan.Count("power cut");
        _services!.GetRequiredService<EmbeddedGrainHost>().Kill();
        _services = null;
        _disk.Crash();
    }

    public async Task Stop()
    {
        foreach (var hosted in _services!.GetServices<IHostedService>())
            await hosted.StopAsync(CancellationToken.None);
    }

    /// <summary>One call over the link.</summary>
    /// <exception cref="LinkException">The call or its answer was lost: the caller does not know which.</exception>
    public async Task<TAnswer> Call<TAnswer>(Func<IGrainFactory, Task<TAnswer>> call)
    {
        await Pause(2);
        if (plan.Happens(_link, "call lost", 20_000))
            throw new LinkException("The call was lost.");
        if (plan.Happens(_link, "call doubled", 20_000))
            _ = Forget(call);
        TAnswer answer;
        try
        {
            answer = await call(Grains);
        }
        catch (Exception failure) when (failure is not (MarketException or LinkException))
        {
            throw new LinkException(failure.Message);
        }

        if (plan.Happens(_link, "answer late", 50_000))
            await Pause(2000);
        return plan.Happens(_link, "answer lost", 20_000) ? throw new LinkException("The answer was lost.") : answer;
    }

    /// <summary>Repeats the call until it is answered, as the SDK and the worker do with calls that are safe to repeat.</summary>
    public async Task<TAnswer> Insist<TAnswer>(Func<IGrainFactory, Task<TAnswer>> call)
    {
        while (true)
        {
            try
            {
                return await Call(call);
            }
            catch (LinkException)
            {
                await Pause(500);
            }
            catch (MarketException refused) when (refused.Code is ErrorCode.Unavailable or ErrorCode.OutcomeUnknown)
            {
                await Pause(500);
            }
        }
    }

    public Task Pause(int millisecondsMax) => Task.Delay(TimeSpan.FromMicroseconds(1 + _link.Below(1000 * millisecondsMax)), Time);

    public ValueTask DisposeAsync() => _disk.DisposeAsync();

    private async Task Forget<TAnswer>(Func<IGrainFactory, Task<TAnswer>> call)
    {
        try
        {
            await Pause(100);
            await call(Grains);
        }
        catch (Exception)
        {
            // Nobody waits for the second copy of a message.
            return;
        }
    }
}

/// <summary>The link lost something.</summary>
internal sealed class LinkException(string message) : Exception(message);
