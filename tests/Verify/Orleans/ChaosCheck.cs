using System.Diagnostics;
using Marketplace.Storage;
using Marketplace.Testing;
using Marketplace.Tests;
using Marketplace.Verify.Kill9;
using Marketplace.Verify.Workers;
using TemporaryFolder = Marketplace.Tests.TemporaryFolder;

namespace Marketplace.Verify.Chaos;

/// <summary>
/// A cluster of real silos over one PostgreSQL under load: every so often one silo is killed with <c>kill -9</c>, frozen, or cut off from
/// the others, and another joins; or the database is frozen for a while. Afterwards: no acknowledged job is lost, none is paid twice, all
/// end, the books balance; after each blow the silos that are left served again in time; and a silo that was given up was so soon, and
/// ended by itself.
/// </summary>
public static class ChaosCheck
{
    private const int Clients = 3;

    /// <summary>Of <c>--workers remote</c>: processes beside the silos, which are not killed.</summary>
    private const int WorkerCount = 3;

    private const int WorkerSlots = 4;

    public static async Task<VerifyResult> Run(VerifyArguments arguments)
    {
        var seed = arguments.Number("seed", Environment.TickCount & 0xFFFF);
        var (silos, kills) = (arguments.Number("silos", 3), arguments.Number("kills", 5));
        var every = TimeSpan.FromSeconds(arguments.Number("every", 20));
        var jobs = arguments.Number("jobs", 10_000);
        var mode = OneOf(arguments, "mode", ChaosFault.Modes);
        var workers = OneOf(arguments, "workers", ["inside", "remote"]);

        var clock = Stopwatch.StartNew();
        using var folder = new TemporaryFolder();
        await using var server = await PostgresServer.Start(durable: true);
        var connectionString = await server.CreateDatabase();
        using var network = mode == "cut" ? ChaosNetwork.Make() : null;
        await using var cluster = new ChaosCluster(folder.Path, connectionString, network, workers == "inside");
        for (var silo = 0; silo < silos; silo++)
        {
            await cluster.Join(CancellationToken.None);
        }
        await using var balancer = new LoadBalancer(() => cluster.Urls);
        await using var crew = new Crew($"{balancer.Url}", folder.Path, WorkerCount, WorkerSlots, arguments.Text("isolation") ?? "auto");
        if (workers == "remote")
        {
            await crew.Start();
        }
        var workload = await PrepareWorkload(cluster);
        var fault = new ChaosFault(cluster, server, connectionString, workload.Echo, TimeSpan.FromSeconds(arguments.Number("pause", 8)));
        var blows = new List<ChaosBlow>();
        try
        {
            using var over = new CancellationTokenSource();
            var pace = TimeSpan.FromSeconds(kills * every.TotalSeconds * Clients * Workload.BatchJobs / jobs);
            var clients = Enumerable.Range(0, Clients).Select(index => Submit(cluster, workload, seed + index, pace, over.Token)).ToArray();
            await Strike(fault, mode, new Random(seed), kills, every, blows);
            await over.CancelAsync();
            await Task.WhenAll(clients);

            var violations = await Finish(cluster, workers == "remote" ? crew.Folders : [], workload, connectionString);
            violations.AddRange(blows.SelectMany(blow => blow.Violations));
            var line = new
            {
                Verify = "chaos",
                Mode = mode,
                Workers = workers,
                Seed = seed,
                Silos = silos,
                Kills = kills,
                Requests = workload.Requests.Count,
                UnknownOutcomes = workload.Unknown,
                Cancelled = workload.Requests.Count(request => request.Ended?.State == JobState.Cancelled),
                NoticedSeconds = blows.Select(blow => Rounded(blow.NoticedSeconds)),
                BackSeconds = blows.Select(blow => Rounded(blow.BackSeconds)),
                Violations = violations.Count,
                Seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
            };
            return new VerifyResult(line, violations);
        }
        catch
        {
            await Console.Error.WriteLineAsync(cluster.Console);
            throw;
        }
    }

    /// <summary>The first is what is meant where nothing is said.</summary>
    private static string OneOf(VerifyArguments arguments, string name, IReadOnlyList<string> allowed)
    {
        var said = arguments.Text(name) ?? allowed[0];
        return allowed.Contains(said) ? said : throw new ArgumentException($"--{name} is '{said}'; allowed: {string.Join(", ", allowed)}.");
    }

    private static double? Rounded(double? seconds) => seconds is { } known ? Math.Round(known, 1) : null;

    private static async Task<Workload> PrepareWorkload(ChaosCluster cluster)
    {
        await using var client = cluster.Client(cluster.Alive[0]);
        return await Workload.Prepare(client, dedup: true);
    }

    /// <summary>One client: uses a silo until that fails it, then another one.</summary>
    private static async Task Submit(ChaosCluster cluster, Workload workload, int seed, TimeSpan pace, CancellationToken over)
    {
        var chance = new Random(seed);
        while (!over.IsCancellationRequested)
        {
            var alive = cluster.Alive.Where(silo => silo.Process.HasAnnounced).ToArray();
            await using var client = cluster.Client(alive[chance.Next(alive.Length)]);
            await workload.Run(client, chance.Next(), pace, over);
        }
    }

    private static async Task Strike(ChaosFault fault, string mode, Random chance, int blows, TimeSpan every, List<ChaosBlow> done)
    {
        for (var blow = 0; blow < blows; blow++)
        {
            var next = Task.Delay(every);
            done.Add(await fault.Strike(mode, chance));
            await next;
        }
    }

    private static async Task<List<string>> Finish(
        ChaosCluster cluster,
        IEnumerable<string> crew,
        Workload workload,
        string connectionString
    )
    {
        var violations = new List<string>();
        var (listed, account) = await EndAll(cluster, workload, violations);
        await cluster.StopAll(CancellationToken.None);
        violations.AddRange(Kill9Rules.CheckOnce(listed));
        violations.AddRange(Kill9Rules.CheckMoney(listed, account));
        var options = new PostgresStoreOptions { ConnectionString = connectionString, Projections = Grains.MarketProjections.All };
        await using var store = await PostgresStore.Open(options, TimeProvider.System);
        violations.AddRange((await Books.Read(store, [.. cluster.Folders, .. crew])).Violations);
        return violations;
    }

    private static async Task<(List<JobListItem> Listed, Account Account)> EndAll(
        ChaosCluster cluster,
        Workload workload,
        List<string> violations
    )
    {
        await using var client = cluster.Client(cluster.Alive[0], retries: true);
        var jobs = await workload.EndAll(client, violations);
        violations.AddRange(workload.Requests.SelectMany(request => Kill9Rules.Check(request, jobs)));
        var listed = new List<JobListItem>();
        await foreach (var item in client.Jobs.List(pageSize: 1000))
        {
            listed.Add(item);
        }
        return (listed, await client.Account.Get());
    }
}
