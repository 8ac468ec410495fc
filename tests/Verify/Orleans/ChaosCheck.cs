using System.Diagnostics;
using Marketplace.Api;
using Marketplace.Sdk;
using Marketplace.Storage;
using Marketplace.Testing;
using Marketplace.Tests;
using Marketplace.Verify.Kill9;
using TemporaryFolder = Marketplace.Tests.TemporaryFolder;

namespace Marketplace.Verify.Chaos;

/// <summary>
/// A cluster of real silos over one PostgreSQL under load: every so often one silo is killed with <c>kill -9</c> and another joins. Afterwards: no acknowledged
/// job is lost, none is paid twice, all end, the books balance; and after each kill the silos that are left served again in time.
/// </summary>
public static class ChaosCheck
{
    private const int Clients = 3;

    /// <summary>What a client of a cluster may have to wait after the loss of a silo.</summary>
    private static readonly TimeSpan BackWithin = TimeSpan.FromSeconds(30);

    public static async Task<VerifyResult> Run(VerifyArguments arguments)
    {
        var seed = arguments.Number("seed", Environment.TickCount & 0xFFFF);
        var (silos, kills) = (arguments.Number("silos", 3), arguments.Number("kills", 5));
        var every = TimeSpan.FromSeconds(arguments.Number("every", 20));
        var jobs = arguments.Number("jobs", 10_000);

        var clock = Stopwatch.StartNew();
        using var folder = new TemporaryFolder();
        await using var server = await PostgresServer.Start(durable: true);
        var connectionString = await server.CreateDatabase();
        await using var cluster = new ChaosCluster(folder.Path, connectionString);
        for (var silo = 0; silo < silos; silo++)
            await cluster.Join(CancellationToken.None);
        var workload = await PrepareWorkload(cluster);
        var back = new List<double?>();
        try
        {
            using var over = new CancellationTokenSource();
            var pace = TimeSpan.FromSeconds(kills * every.TotalSeconds * Clients * Workload.BatchJobs / jobs);
            var clients = Enumerable.Range(0, Clients).Select(index => Submit(cluster, workload, seed + index, pace, over.Token)).ToArray();
            await KillAndJoin(cluster, workload.Echo, new Random(seed), kills, every, back);
            await over.CancelAsync();
            await Task.WhenAll(clients);

            var violations = await Finish(cluster, workload, connectionString);
            violations.AddRange(back.Where(seconds => seconds is null).Select(_ => $"A silo did not serve {BackWithin} after another was killed."));
            var line = new
            {
                Verify = "chaos",
                Seed = seed,
                Silos = silos,
                Kills = kills,
                Requests = workload.Requests.Count,
                UnknownOutcomes = workload.Unknown,
                Cancelled = workload.Requests.Count(request => request.Ended?.State == JobState.Cancelled),
                BackSeconds = back.Select(seconds => seconds is { } known ? Math.Round(known, 1) : (double?)null),
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
            var alive = cluster.Alive.Where(silo => silo.HasAnnounced).ToArray();
            await using var client = cluster.Client(alive[chance.Next(alive.Length)]);
            await workload.Run(client, chance.Next(), pace, over);
        }
    }

    private static async Task KillAndJoin(ChaosCluster cluster, ProgramId echo, Random chance, int kills, TimeSpan every, List<double?> back)
    {
        for (var kill = 0; kill < kills; kill++)
        {
            var next = Task.Delay(every);
            var victim = cluster.Alive[chance.Next(cluster.Alive.Count)];
            await cluster.Kill(victim);
            var left = cluster.Alive;
            var joining = cluster.Join(CancellationToken.None);
            back.Add(await ServiceProbe.UntilBack(cluster, left, echo, BackWithin));
            await joining;
            await next;
        }
    }

    private static async Task<List<string>> Finish(ChaosCluster cluster, Workload workload, string connectionString)
    {
        var violations = new List<string>();
        var (listed, account) = await EndAll(cluster, workload, violations);
        await cluster.StopAll(CancellationToken.None);
        violations.AddRange(Kill9Rules.CheckOnce(listed));
        violations.AddRange(Kill9Rules.CheckMoney(listed, account));
        var options = new PostgresStoreOptions { ConnectionString = connectionString, Projections = Grains.MarketProjections.All };
        await using var store = await PostgresStore.Open(options, TimeProvider.System);
        violations.AddRange((await Books.Read(store, cluster.Folders)).Violations);
        return violations;
    }

    private static async Task<(List<JobListItem> Listed, Account Account)> EndAll(ChaosCluster cluster, Workload workload, List<string> violations)
    {
        await using var client = cluster.Client(cluster.Alive[0], retries: true);
        var jobs = await workload.EndAll(client, violations);
        violations.AddRange(workload.Requests.SelectMany(request => Kill9Rules.Check(request, jobs)));
        var listed = new List<JobListItem>();
        await foreach (var item in client.Jobs.List(pageSize: 1000))
            listed.Add(item);
        return (listed, await client.Account.Get());
    }
}
