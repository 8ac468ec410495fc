using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using Marketplace.Crypto;
using Marketplace.Worker;

namespace Marketplace.Benchmarks;

/// <summary>
/// Matching: a whole silo in this process with default durability, and a swarm of simulated workers, all alike. How many leases a second
/// reach workers while a backlog waits, by the number of workers; how long a lease takes after its submission began; how fair it is.
/// </summary>
internal static class MarketBenchmark
{
    private const int Accounts = 50;

    /// <summary>
    /// Each of the workers. Runs take no time, so the market is never short of slots; one slot each, so ten thousand workers hold no more
    /// leases at once than the silo settles within moments.
    /// </summary>
    private static readonly SwarmOptions Worker = new() { Slots = 1, RunTime = TimeSpan.Zero };

    /// <summary>The share of the backlog whose matching is timed: its rest may wait for prefetched leases to come back.</summary>
    private const double Timed = 0.9;

    public static async Task<int> Run(BenchmarkArguments arguments)
    {
        var backlog = arguments.Number("jobs", 100_000);
        var only = arguments.Number("workers", 0);
        var worker = Worker with { Slots = arguments.Number("slots", Worker.Slots) };
        int[] sizes = only > 0 ? [only] : [10, 100, 1_000, 10_000];
        var rates = new Dictionary<int, double>();
        foreach (var workers in sizes)
        {
            rates[workers] = await Rate(worker, workers, backlog, overSockets: false);
            Print(
                new
                {
                    Bench = "market",
                    Workers = workers,
                    Links = "memory",
                    MatchesPerS = rates[workers],
                }
            );
        }
        var connected = arguments.Number("connected", 1_000);
        if (connected > 0)
        {
            var rate = await Rate(worker, connected, backlog, overSockets: true);
            Print(
                new
                {
                    Bench = "market",
                    Workers = connected,
                    Links = "sockets",
                    MatchesPerS = rate,
                }
            );
        }
        var latency = await Latency(concurrent: 500, rounds: arguments.Number("rounds", 10));
        var jain = await Jain(jobsOfAccount: 10);
        Print(
            new
            {
                Bench = "market",
                MatchesPerS_10 = rates.GetValueOrDefault(10),
                MatchesPerS_10000 = rates.GetValueOrDefault(10_000),
                P50Ms_500 = latency.P50,
                P99Ms_500 = latency.P99,
                Jain = Math.Round(jain, 3),
            }
        );
        return 0;
    }

    /// <summary>Leases a second, from when all workers begin to poll until most of the backlog is matched.</summary>
    private static async Task<double> Rate(SwarmOptions worker, int workers, int backlog, bool overSockets)
    {
        await using var market = await MarketNode.Start(Accounts);
        await Task.WhenAll(market.Accounts.Select(account => market.Submit(account, "backlog", backlog / Accounts)));
        var wanted = (int)(backlog / Accounts * Accounts * Timed);
        var measure = new LinkMeasure(workers, wanted);
        using var http = new HttpMessageInvoker(new SocketsHttpHandler { AllowAutoRedirect = false });
        var keys = Keys(overSockets ? workers : 0);
        foreach (var key in keys)
        {
            await market.OpenFor(key);
        }
        await using var swarm = new RunningSwarm(
            worker with
            {
                Workers = workers,
            },
            overSockets ? [.. keys.Select(key => new WorkerId(key.PublicKey))] : [.. Enumerable.Range(0, workers).Select(Name)],
            market.Accounts[0].Account,
            index =>
            {
                var link = overSockets ? SwarmLink.Over(market.Url, keys[index], http, TimeProvider.System) : new SwarmLink(market.Link);
                return link with { Link = new MeasuredLink(link.Link, measure) };
            }
        );
        await swarm.Until(measure.AllOffered);
        var began = Stopwatch.GetTimestamp();
        measure.Open();
        await swarm.Until(measure.Enough);
        return Math.Round(wanted / Stopwatch.GetElapsedTime(began).TotalSeconds);
    }

    /// <summary>
    /// From the call that submits a job to its lease at a worker, with so many jobs open at any time: each client has one, of a second.
    /// </summary>
    private static async Task<Percentiles> Latency(int concurrent, int rounds)
    {
        await using var market = await MarketNode.Start(Accounts);
        var leased = new ConcurrentDictionary<JobId, TaskCompletionSource<long>>();
        var ended = new ConcurrentDictionary<JobId, TaskCompletionSource>();
        var options = Worker with { Workers = 100, Slots = 8, RunTime = TimeSpan.FromSeconds(1) };
        var measure = new LinkMeasure(options.Workers, int.MaxValue)
        {
            Leased = (job, at) => leased.GetOrAdd(job, _ => New<long>()).TrySetResult(at),
            Reported = job => ended.GetOrAdd(job, _ => New()).TrySetResult(),
        };
        measure.Open();
        await using var swarm = new RunningSwarm(
            options,
            [.. Enumerable.Range(0, options.Workers).Select(Name)],
            market.Accounts[0].Account,
            _ => new SwarmLink(new MeasuredLink(market.Link, measure))
        );
        await swarm.Until(measure.AllOffered);
        var times = new ConcurrentBag<double>();
        var clients = Enumerable
            .Range(0, concurrent)
            .Select(async client =>
            {
                var chance = new Random(client);
                // They do not come at once; the first round is warm-up.
                await Task.Delay(TimeSpan.FromSeconds(chance.NextDouble()));
                for (var round = 0; round <= rounds; round++)
                {
                    var began = Stopwatch.GetTimestamp();
                    var job = (await market.Submit(market.Accounts[client % Accounts], $"job {client} {round}", 1))[0];
                    var at = await leased.GetOrAdd(job, _ => New<long>()).Task;
                    if (round > 0)
                    {
                        times.Add(Stopwatch.GetElapsedTime(began, at).TotalMilliseconds);
                    }
                    await ended.GetOrAdd(job, _ => New()).Task;
                }
            });
        await swarm.Until(Task.WhenAll(clients));
        return new Percentiles(times);
    }

    /// <summary>
    /// Jain's index over the leases that each account has had when half of the jobs are matched: 1 where all have had as many. The accounts
    /// submit one after the other, before there is a worker; one worker with few slots then takes them.
    /// </summary>
    private static async Task<double> Jain(int jobsOfAccount)
    {
        await using var market = await MarketNode.Start(Accounts);
        var owners = new Dictionary<JobId, int>();
        for (var account = 0; account < Accounts; account++)
        {
            foreach (var job in await market.Submit(market.Accounts[account], "share", jobsOfAccount))
            {
                owners[job] = account;
            }
        }
        var order = new ConcurrentQueue<JobId>();
        var half = owners.Count / 2;
        var measure = new LinkMeasure(workers: 1, half) { Leased = (job, _) => order.Enqueue(job) };
        measure.Open();
        await using var swarm = new RunningSwarm(
            Worker with
            {
                Workers = 1,
                Slots = 4,
            },
            [Name(0)],
            market.Accounts[0].Account,
            _ => new SwarmLink(new MeasuredLink(market.Link, measure))
        );
        await swarm.Until(measure.Enough);
        var shares = new double[Accounts];
        foreach (var job in order.Take(half))
        {
            shares[owners[job]]++;
        }
        return Math.Pow(shares.Sum(), 2) / (Accounts * shares.Sum(share => share * share));
    }

    private static Ed25519KeyPair[] Keys(int count)
    {
        using var random = RandomNumberGenerator.Create();
        return [.. Enumerable.Range(0, count).Select(_ => Ed25519KeyPair.Generate(random))];
    }

    private static WorkerId Name(int number)
    {
        var name = new byte[Bytes32.Size];
        BitConverter.TryWriteBytes(name, number + 1);
        return new WorkerId(new Bytes32(name));
    }

    private static TaskCompletionSource<T> New<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static void Print(object line) => Console.WriteLine(JsonSerializer.Serialize(line, BenchmarkJson.Options));

    /// <summary>A swarm that works until it is disposed.</summary>
    private sealed class RunningSwarm : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stopping = new();
        private readonly Task _run;

        public RunningSwarm(SwarmOptions options, IReadOnlyList<WorkerId> workers, AccountId payTo, Func<int, SwarmLink> link)
        {
            var swarm = new Swarm(options, workers, payTo, link, TimeProvider.System);
            _run = Task.Run(() => swarm.Run(_stopping.Token));
        }

        /// <summary>Waits for what the workers bring about; fails when they end instead.</summary>
        public async Task Until(Task what)
        {
            if (await Task.WhenAny(what, _run) == _run)
            {
                await _run;
                throw new InvalidOperationException("The swarm ended before it was over.");
            }
            await what;
        }

        public async ValueTask DisposeAsync()
        {
            await _stopping.CancelAsync();
            await _run;
            _stopping.Dispose();
        }
    }
}
