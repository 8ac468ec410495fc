using System.Runtime.CompilerServices;
using Marketplace.GrainInterfaces;
using Marketplace.Testing;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;

namespace Marketplace.Grains.Tests;

/// <summary>A client of the first shard; workers are where the test wants them.</summary>
internal sealed class LoanScene(TestMarket market, Caller client, ProgramId program, LoanScene.BookFilter watch)
{
    private readonly Dictionary<WorkerId, string> _names = [];
    private int _jobs;

    public WorkerMarket Calls(TestWorker worker) => new(market.Shards, market.Grains, worker.Id);

    /// <inheritdoc cref="BookFilter.Down"/>
    public string? Down
    {
        set => watch.Down = value;
    }

    /// <summary>Until it is done, no shard hears what the polls of lent workers have fetched.</summary>
    public TaskCompletionSource HoldDelivered() => watch.Delivered = new TaskCompletionSource();

    public TestMarket Market => market;

    public Caller Client => client;

    public ProgramId Program => program;

    public MarketBook BookOf(int shard) => BookOf(watch.Grains[market.Shards.Keys[shard]]);

    public string NameOf(TestWorker worker) => _names[worker.Id];

    public IEnumerable<MarketBook> Books => watch.Grains.Values.Select(grain => BookOf(grain));

    public string NameIn(int shard, string name) => NameIn(market, shard, name);

    public static string NameIn(TestMarket market, int shard, string name) =>
        Enumerable
            .Range(0, 100)
            .Select(number => $"{name} {number}")
            .First(tried => market.Shards.KeyOf(TestMarket.Id(tried)) == market.Shards.Keys[shard]);

    public async Task<TestWorker> Worker(int shard, string name = "worker", int slots = 1)
    {
        var tried = Enumerable
            .Range(0, 100)
            .Select(number => $"{name} {number}")
            .First(tried => market.Shards.KeyOf(new TestWorker(market, tried, 1, 1).Id) == market.Shards.Keys[shard]);
        var worker = await market.AddWorker(tried, price: 10, slots);
        _names.Add(worker.Id, tried);
        return worker;
    }

    public MarketOffer OfferOf(TestWorker worker) =>
        Books.Select(book => book.Offers.GetValueOrDefault(worker.Id)).Single(offer => offer is not null)!;

    /// <summary>Each worker has polled once, and has a poll that waits.</summary>
    public async Task PollAll(IEnumerable<TestWorker> workers)
    {
        foreach (var worker in workers)
        {
            Assert.Empty((await worker.Poll()).Leases);
        }
    }

    /// <summary>What has changed is told to all shards.</summary>
    public Task Lent() => Task.Delay((2 * MarketPolicy.LoanPause) + TimeSpan.FromMilliseconds(100), market.Time);

    public async Task<JobId> Submit(string assurance)
    {
        var item = TestMarket.Item($"job {++_jobs}", program, 90);
        var spec = item.Spec with { Assurance = Assurance.Parse(assurance) };
        return Assert.Single(await market.Submit(client, item with { Spec = spec })).Job;
    }

    /// <summary>A job of the first shard, whose two seats workers of the others have.</summary>
    public async Task<(TestWorker[] Workers, JobId Job, Lease[] Leases)> Seated()
    {
        TestWorker[] workers = [await Worker(1), await Worker(2)];
        await PollAll(workers);
        await Lent();
        var job = await Submit("quorum:2/2");
        return (workers, job, await Task.WhenAll(workers.Select(worker => worker.TakeOne())));
    }

    /// <summary>All have a result, which none has told.</summary>
    public static async Task<IReadOnlyList<LeaseReport>> Seal(TestWorker[] workers, Lease[] leases)
    {
        var kept = new List<LeaseReport>();
        foreach (var (worker, lease) in workers.Zip(leases))
        {
            kept.Add(await worker.Seal(lease, worker.Completed(lease)));
        }
        return kept;
    }

    /// <summary>All seal their results and tell them when they are asked.</summary>
    public static async Task SealAndTell(TestWorker[] workers, Lease[] leases)
    {
        foreach (var (worker, report) in workers.Zip(await Seal(workers, leases)))
        {
            Assert.Equal([report.Lease], (await worker.Poll()).Reveals);
            Assert.Empty(await worker.Report(report));
        }
    }

    public async Task<long> FaultsOf(TestWorker worker) =>
        (await market.Grains.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(worker.Id)).Get(caller: null)).Faulted;

    public async Task<TokenAmount> Earned(TestWorker worker) =>
        (await market.Grains.GetGrain<IAccountGrain>(worker.Id.Value.ToString()).Get()).Earned;

    public IAsyncDisposable Serve(IEnumerable<TestWorker> workers) => new Serving(workers);

    private const int Shards = 3;

    public static void Run(Func<LoanScene, Task> scenario)
    {
        var watch = new BookFilter();
        TestMarket.Run(
            async market =>
            {
                var owner = await market.OpenAccount("owner");
                var program = await market.Deploy(owner);
                var client = await market.OpenAccount(NameIn(market, 0, "client"));
                await scenario(new LoanScene(market, client, program, watch));
            },
            register: services => services.AddSingleton(new MarketShards(Shards)).AddSingleton<IIncomingGrainCallFilter>(watch)
        );
    }

    private sealed class Serving : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _all;

        public Serving(IEnumerable<TestWorker> workers) =>
            _all = Task.WhenAll(workers.Select(worker => worker.ServeSealed(lease => worker.Completed(lease), () => true, _stop.Token)));

        public async ValueTask DisposeAsync()
        {
            _stop.Cancel();
            await _all;
            _stop.Dispose();
        }
    }

    internal sealed class BookFilter : IIncomingGrainCallFilter
    {
        public Dictionary<string, MarketGrain> Grains { get; } = [];

        /// <summary>The shard whose calls, and those to it, fail.</summary>
        public string? Down { get; set; }

        public TaskCompletionSource? Delivered { get; set; }

        public async Task Invoke(IIncomingGrainCallContext context)
        {
            if (context.Grain is MarketGrain && Down is { } down && (Is(context.TargetId, down) || Is(context.SourceId, down)))
            {
                throw new TimeoutException("the shard is down");
            }
            if (context.MethodName == nameof(IMarketShardGrain.Delivered) && Delivered is { } hold)
            {
                await hold.Task;
            }
            if (context.Grain is MarketGrain grain)
            {
                Grains[context.TargetId.Key.ToString()!] = grain;
            }
            await context.Invoke();
        }

        private static bool Is(GrainId? id, string shard) => id?.Key.ToString() == shard;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_book")]
    private static extern ref MarketBook BookOf(MarketGrain grain);
}
