using System.Globalization;
using System.Text.Json;
using Marketplace.Tests;
using Marketplace.Worker;

namespace Marketplace.Benchmarks.Overload;

/// <summary>
/// What a market does with more than it can: a silo in a process of its own, simulated workers over sockets, and buyers that go on sending
/// whether they are answered or not. First the peak, with as many jobs open as keep all workers busy; then parts and multiples of it, each
/// latency from the moment when the job should have been sent until the market has its result. At the end every job that was taken is
/// looked up, and the books are read from the store.
/// </summary>
internal static class OverloadBenchmark
{
    private static readonly double[] Multiples = [0.8, 1, 2, 5];

    /// <summary>What comes of each kind, in percent, the cheapest first.</summary>
    internal static readonly (string Name, int Percent, int Priority, int PriceMax)[] Kinds =
    [
        ("low", 60, 1, 10),
        ("middle", 30, 1, 100),
        ("high", 10, 5, 1000),
    ];

    /// <summary>The bar finds its place after a step of the load: what comes then is told apart.</summary>
    private static readonly TimeSpan Rise = TimeSpan.FromSeconds(3);

    public static async Task<int> Run(BenchmarkArguments arguments)
    {
        using var data = new TemporaryFolder();
        await using var node = await BenchmarkNode.Make(data.Path);
        string[] options = ["--worker", "false", "--queue-wait-ms", arguments.Text("wait-ms", "30")];
        await using var silos = await MeasuredSilos.Start(node, 1, options);
        var client = silos.Clients[0];
        await using var module = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "programs", "echo", "echo.wasm"));
        var program = (await client.Programs.Deploy(module, "echo")).Id;
        var worker = new SwarmOptions
        {
            Workers = arguments.Number("workers", 20),
            Slots = arguments.Number("slots", 4),
            RunTime = TimeSpan.FromMilliseconds(arguments.Number("run-ms", 50)),
        };
        var ends = new JobEnds();
        await using var swarm = await ConnectedSwarm.Start(silos, worker, ends);
        using var buyers = new OpenBuyers(silos, program, ends, arguments.Number("batch", 20), arguments.Number("connections", 8));
        var time = TimeSpan.FromSeconds(arguments.Number("seconds", 20));

        var window = arguments.Number("window", worker.Workers * worker.Slots * 3 / 2);
        await swarm.Until(buyers.KeepOpen(window, TimeSpan.FromSeconds(arguments.Number("warm", 15))));
        var peak = await swarm.Until(buyers.KeepOpen(window, time));
        Print(
            new
            {
                Bench = "overload",
                Load = "peak",
                JobsPerS = Math.Round(peak),
                Slots = worker.Workers * worker.Slots,
                RunMs = worker.RunTime.TotalMilliseconds,
            }
        );

        var lines = new Dictionary<double, Stage>();
        foreach (var multiple in Multiples)
        {
            lines[multiple] = await Measure(silos, swarm, buyers, peak, multiple, time);
            await swarm.Until(buyers.Ended());
        }
        var isSound = await Check(client, node, silos, buyers);
        var (calm, crowded) = (lines[Multiples[0]], lines[Multiples[^1]]);
        Print(
            new
            {
                Bench = "overload",
                P99RatioOf5To08 = Math.Round(crowded.P99Ms / calm.P99Ms, 2),
                P99RatioAfterTheRise = Math.Round(crowded.P99MsAfterRise / calm.P99MsAfterRise, 2),
                ThroughputOfPeak = Math.Round(crowded.EndedPerS / peak, 2),
                Sound = isSound,
            }
        );
        return isSound ? 0 : 1;
    }

    private static async Task<Stage> Measure(
        MeasuredSilos silos,
        ConnectedSwarm swarm,
        OpenBuyers buyers,
        double peak,
        double multiple,
        TimeSpan time
    )
    {
        var (before, own) = (silos.Figures(), Environment.CpuUsage.TotalTime);
        var sent = await swarm.Until(buyers.Send(peak * multiple, time));
        var (after, ownAfter) = (silos.Figures() - before, Environment.CpuUsage.TotalTime);
        await swarm.Until(buyers.Ended());
        var all = new Percentiles(sent.Latencies(TimeSpan.Zero));
        var later = new Percentiles(sent.Latencies(Rise));
        var stage = new Stage(all.P99, later.P99, sent.EndedWithin / sent.Elapsed.TotalSeconds);
        double PerS(long count) => Math.Round(count / sent.Elapsed.TotalSeconds);
        Print(
            new
            {
                Bench = "overload",
                Load = multiple.ToString(CultureInfo.InvariantCulture),
                SentPerS = PerS(sent.Taken.Sum() + sent.Refused.Sum()),
                TakenPerS = PerS(sent.Taken.Sum()),
                RefusedPerS = PerS(sent.Refused.Sum()),
                TakenOfKinds = Kinds.Select((kind, index) => $"{kind.Name} {Share(sent.Taken[index], sent.Refused[index])}").ToArray(),
                P50Ms = all.P50,
                P99Ms = all.P99,
                P50MsAfterRise = later.P50,
                P99MsAfterRise = later.P99,
                EndedPerS = Math.Round(stage.EndedPerS),
                OfPeak = Math.Round(stage.EndedPerS / peak, 2),
                SiloCores = Math.Round(after.Processor / sent.Elapsed, 2),
                LoadCores = Math.Round((ownAfter - own) / sent.Elapsed, 2),
                LateMs = Math.Round(sent.Late.TotalMilliseconds),
                RetryAfterS = sent.RetryAfter.TotalSeconds,
            }
        );
        return stage;

        static string Share(long taken, long refused) => taken + refused == 0 ? "-" : $"{Math.Round(100.0 * taken / (taken + refused))}%";
    }

    /// <summary>Every job that was taken ended once and is paid once; one that was refused is not there; the books balance.</summary>
    private static async Task<bool> Check(MarketplaceClient client, BenchmarkNode node, MeasuredSilos silos, OpenBuyers buyers)
    {
        var (taken, refused) = (buyers.Taken.ToArray(), buyers.SomeRefused.ToArray());
        var lost = taken.Length - taken.Distinct().Count();
        foreach (var some in taken.Chunk(JobLimits.BatchJobsMax))
        {
            var found = await client.Jobs.GetMany(some);
            lost += found.NotFound.Count + found.Jobs.Count(job => job.State != JobState.Completed);
        }
        var ghosts = 0;
        foreach (var some in refused.Chunk(JobLimits.BatchJobsMax))
        {
            ghosts += (await client.Jobs.GetMany(some)).Jobs.Count;
        }
        await JobsBenchmark.Settled(client);
        await silos.Stop();
        var books = await node.ReadBooks();
        foreach (var violation in books.Violations)
        {
            await Console.Error.WriteLineAsync(violation);
        }
        var unpaid = taken.Length - books.PaidJobs;
        Print(
            new
            {
                Bench = "overload",
                Taken = taken.Length,
                Lost = lost,
                RefusedAndLookedUp = refused.Length,
                RefusedButThere = ghosts,
                Unpaid = unpaid,
                books.PaidTwice,
                Violations = books.Violations.Count,
            }
        );
        return lost == 0 && ghosts == 0 && unpaid == 0 && books.PaidTwice == 0 && books.Violations.Count == 0;
    }

    private static void Print(object line) => Console.WriteLine(JsonSerializer.Serialize(line, BenchmarkJson.Options));

    private sealed record Stage(double P99Ms, double P99MsAfterRise, double EndedPerS);
}
