using System.Collections.Immutable;
using System.Text;
using Marketplace.Crypto;
using Marketplace.GrainHost.Hosting;
using Marketplace.GrainHost.Simulation;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Marketplace.Storage;
using Marketplace.Tests;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace Marketplace.Grains.Tests.Support;

/// <summary>
/// The real grains on the embedded host under simulated time, over a store in memory. Every scenario ends with a check of the invariants
/// over what is on the disk.
/// </summary>
internal sealed partial class TestMarket
{
    public const long Credit = 1_000_000;

    private readonly Action<IServiceCollection>? _register;
    private ServiceProvider _services = null!;

    private TestMarket(SimulatedRun run, MemoryDisk disk, Action<IServiceCollection>? register)
    {
        (Simulation, Disk, _register) = (run, disk, register);
        Clock = new SettableTime(run.Time);
    }

    public SimulatedRun Simulation { get; }
    public MemoryDisk Disk { get; }
    public SettableTime Clock { get; }
    public TimeProvider Time => Clock;
    public MemoryStore Store { get; private set; } = null!;
    public MemoryBlobs Blobs { get; private set; } = null!;

    /// <summary>The scenario has made payments up that belong to no job: it checks its own invariants.</summary>
    public bool IsMadeUp { get; set; }

    public CollectingFeed Feed { get; } = new();
    public IGrainFactory Grains { get; private set; } = null!;
    public CallCounter Calls { get; private set; } = null!;

    /// <summary>One, unless the test registers another number.</summary>
    public MarketShards Shards => _services.GetRequiredService<MarketShards>();

    /// <summary>It settles nowhere, unless the test registers another one.</summary>
    public MarketDomain Domain => _services.GetRequiredService<MarketDomain>();

    /// <summary>What this silo takes in an overload.</summary>
    public LoadBars Bars => _services.GetRequiredService<LoadBars>();

    public IMarketGrain Market => Grains.GetGrain<IMarketGrain>(MarketLimits.DefaultClass);

    /// <summary>The same scenario under several seeds: other orders of the same turns.</summary>
    public static void RunSeeds(int count, Func<TestMarket, Task> scenario)
    {
        for (var seed = 1UL; seed <= (ulong)count; seed++)
        {
            try
            {
                Run(scenario, seed);
            }
            catch (Exception failure)
            {
                throw new Xunit.Sdk.XunitException($"Seed {seed}: {failure.Message}", failure);
            }
        }
    }

    public static SimulatedRun Run(Func<TestMarket, Task> scenario, ulong seed = 1, Action<IServiceCollection>? register = null)
    {
        var run = new SimulatedRun(seed);
        run.Run(async () =>
        {
            var market = new TestMarket(run, new MemoryDisk(), register);
            await market.Start();
            await scenario(market);
            await market.Stop();
            if (!market.IsMadeUp)
            {
                Assert.Empty(DiskInvariants.Violations(market.Disk));
            }
        });
        return run;
    }

    /// <summary>The process ends at once; another one starts over what is on the disk.</summary>
    public async Task CrashAndStart()
    {
        Store.Crash();
        _services.GetRequiredService<EmbeddedGrainHost>().Kill();
        await Start();
    }

    public async Task Restart()
    {
        await Stop();
        await Start();
    }

    /// <summary>Waits until calls that nobody awaits, such as settlements, have come to rest.</summary>
    public Task Settle() => Task.Delay(TimeSpan.FromSeconds(5), Time);

    public async Task<Caller> OpenAccount(string name, long credit = Credit, long? spendLimit = null)
    {
        var account = Grains.GetGrain<IAccountGrain>(Id(name).ToString());
        if (credit > 0)
        {
            var isDeposit = _services.GetRequiredService<AccountTerms>().SettlesOnChain;
            await account.Credit(
                "first",
                new TokenAmount((UInt128)credit),
                isDeposit ? Time.GetUtcNow() : null,
                isDeposit ? Authority.Treasury : Authority.Silo
            );
        }
        return await AddKey(name, spendLimit);
    }

    public async Task<Caller> AddKey(string name, long? spendLimit = null)
    {
        var created = await Grains
            .GetGrain<IAccountGrain>(Id(name).ToString())
            .CreateKey(
                new KeyRequest(
                    "test",
                    Scopes.Read | Scopes.Submit | Scopes.Deploy | Scopes.Transfer,
                    spendLimit is { } limit ? new TokenAmount((UInt128)limit) : null
                ),
                null,
                Authority.Silo
            );
        return new Caller(Id(name), created.View.Id, created.View.Scopes);
    }

    /// <summary>A caller that may credit accounts.</summary>
    public async Task<Caller> AddOperator(string name = "operator", long? spendLimit = null)
    {
        var request = new KeyRequest("test", Scopes.Admin, spendLimit is { } limit ? new TokenAmount((UInt128)limit) : null);
        var created = await Account(name).CreateKey(request, null, Authority.Silo);
        return new Caller(Id(name), created.View.Id, created.View.Scopes);
    }

    public async Task<BlobId> Upload(Caller caller, string text)
    {
        var blob = Blobs.Put(Encoding.UTF8.GetBytes(text));
        await Grains.GetGrain<IBlobGrain>(blob.ToString()).Pin(caller.Account, text.Length, null, Authority.Market);
        return blob;
    }

    /// <summary>
    /// Changes who keeps a blob, as if it had come to that; its grain has not been asked before, or was written by another activation.
    /// </summary>
    public async Task Rewrite(BlobId blob, Func<BlobState, BlobState> change)
    {
        var key = new DocumentKey("blob", blob.ToString());
        var document = await Store.Read(key) ?? throw new InvalidOperationException($"{blob} has no holders.");
        await Store.Write(key, document.Version, BlobState.Write(change(BlobState.Read(document.Content.Span))));
    }

    public async Task<ProgramId> Deploy(Caller caller, string module = "command")
    {
        var blob = await Upload(caller, module);
        var id = IdDerivation.Program(blob, default);
        await Grains.GetGrain<IProgramGrain>(id.ToString()).Deploy(caller, new ProgramDeployment(blob, default, "test"));
        return id;
    }

    public Task<ImmutableArray<SubmitResult>> Submit(Caller caller, params SubmitItem[] items) =>
        Grains.GetGrain<ISubmissionGrain>(0).Submit(caller, [.. items]);

    public IJobGrain Job(JobId id) => Grains.GetGrain<IJobGrain>(id.ToString());

    public IAccountGrain Account(string name) => Grains.GetGrain<IAccountGrain>(Id(name).ToString());

    public IStorageQuotaGrain Quota(string name) => Grains.GetGrain<IStorageQuotaGrain>(Id(name).ToString());

    public static AccountId Id(string name) => new(TestKeys.Of(name).PublicKey);

    /// <summary>Registers a worker; its leases are taken and reported by the test.</summary>
    public async Task<TestWorker> AddWorker(string name, long price = 10, int slots = 4)
    {
        var worker = new TestWorker(this, name, price, slots);
        if (slots > MarketPolicy.NewcomerLeasesMax)
        {
            await Vouch(worker);
        }
        await worker.Offer();
        return worker;
    }

    /// <summary>Gives the worker a reputation: it has all the leases that it asks for from the beginning.</summary>
    public Task Vouch(TestWorker worker) =>
        Grains
            .GetGrain<IReputationGrain>(ReputationKeys.OfWorker(worker.Id))
            .Record(new OutcomeBatch("earlier", 1, 1, Kept: 20, new TokenAmount(200), []), Authority.Market);

    /// <summary>A second host over the same disk, which knows nothing of the first: every grain may have two activations.</summary>
    public async Task<IGrainFactory> StartTwin()
    {
        var twin = await StartHost(new MemoryStore(Disk, Time), new CallCounter());
        return twin.GetRequiredService<IGrainFactory>();
    }

    private async Task Start()
    {
        Store = new MemoryStore(Disk, Time);
        Blobs = new MemoryBlobs(Disk, Time);
        Calls = new CallCounter();
        _services = await StartHost(Store, Calls);
        Grains = _services.GetRequiredService<IGrainFactory>();
    }

    private async Task<ServiceProvider> StartHost(MemoryStore store, CallCounter calls)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services
            .AddSingleton<IDocumentStore>(store)
            .AddSingleton<IEventLog>(store)
            .AddSingleton<IListing>(store)
            .AddSingleton<IStoreRoom>(store)
            .AddSingleton<IBlobStore>(Blobs);
        services
            .AddSingleton<IModuleInspector>(new TextModules(Blobs))
            .AddSingleton<ISecretSource>(new SeededSecrets(Simulation.Chance.Next()));
        services.AddSingleton<IChance>(new SeededJitter(Simulation.Chance.Next())).AddSingleton<IResultsFeed>(Feed);
        services.AddSingleton<IIncomingGrainCallFilter>(calls);
        services.AddSingleton(new ReuseTerms { Profile = TestKeys.Profile });
        services.AddSingleton(TestOwner.Market).AddSingleton<IHostFacts, StillHost>().AddMarketGrains();
        _register?.Invoke(services);
        services.AddEmbeddedGrainHost(options =>
        {
            options.Assemblies.Add(typeof(JobGrain).Assembly);
            options.Scheduler = Simulation.Scheduler;
            options.TimeProvider = Time;
        });
        var provider = services.BuildServiceProvider();
        provider.RequireOwnDomain();
        foreach (var hosted in provider.GetServices<IHostedService>())
        {
            await hosted.StartAsync(CancellationToken.None);
        }
        return provider;
    }

    private async Task Stop()
    {
        foreach (var hosted in _services.GetServices<IHostedService>())
        {
            await hosted.StopAsync(CancellationToken.None);
        }
    }
}
