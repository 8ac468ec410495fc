using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Marketplace.Tests;

namespace Marketplace.Benchmarks;

/// <summary>
/// Durable jobs end to end: the echo program, batches over HTTP to the real silo with default durability, until the last job has ended and
/// the read model shows it; then single jobs one at a time on the idle silo. Afterwards every job is looked up, and the books are read from
/// the store.
/// </summary>
internal static class JobsBenchmark
{
    /// <summary>
    /// Single jobs before those that count: until the runtime has compiled what only they run, in silo and client, which takes both cores
    /// for a second.
    /// </summary>
    private const int IdleWarmUp = 1_000;

    /// <summary>
    /// Queued jobs at which the submitters pause: enough that no worker ever waits for a job, and far below what one account may have open,
    /// for the silo takes batches faster than it runs jobs.
    /// </summary>
    private const int QueuedJobsMax = 20_000;

    /// <summary>How often the submitters look at the queue: it lasts for a second, and each look costs what some jobs cost.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(25);

    public static async Task<int> Run(BenchmarkArguments arguments)
    {
        var result = await Measure(arguments);
        Console.WriteLine(JsonSerializer.Serialize(result, BenchmarkJson.Options));
        return result.Lost == 0 && result.Unpaid == 0 && result.Violations == 0 ? 0 : 1;
    }

    public static async Task<JobsResult> Measure(BenchmarkArguments arguments)
    {
        using var data = new TemporaryFolder();
        await using var node = await BenchmarkNode.Make(data.Path);
        await using var silos = await MeasuredSilos.Start(
            node,
            arguments.Number("silos", 1),
            "--isolation",
            arguments.Text("worker", "none")
        );
        var client = silos.Clients[0];
        await using var module = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "programs", "echo", "echo.wasm"));
        var program = (await client.Programs.Deploy(module, "echo")).Id;
        var warm = await Submit(
            silos.Clients,
            index => Request(program, $"warm-{index}"),
            arguments.Number("warm", 20_000),
            TimeSpan.Zero,
            arguments
        );

        var before = silos.Figures();
        var load = await Submit(
            silos.Clients,
            index => Request(program, $"load-{index}"),
            arguments.Number("jobs", 200_000),
            TimeSpan.FromSeconds(arguments.Number("seconds", 20)),
            arguments
        );
        var used = silos.Figures() - before;
        var idleJobs = arguments.Number("idle", 500);
        var idle = await Idle(client, program, idleJobs);
        var lost = await CountLost(client, load.Ids);
        await Settled(client);

        await silos.Stop();
        var books = await node.ReadBooks();
        foreach (var violation in books.Violations)
        {
            await Console.Error.WriteLineAsync(violation);
        }
        double PerJob(double microseconds) => Math.Round(microseconds / load.Ids.Count, 1);
        return new JobsResult(
            Bench: "jobs",
            Jobs: load.Ids.Count,
            JobsPerS: Math.Round(load.Ids.Count / load.Elapsed.TotalSeconds),
            CpuUs: PerJob(used.Processor.TotalMicroseconds),
            FoldUs: PerJob(used.ThreadsOf("store fold").TotalMicroseconds),
            CommitUs: PerJob(used.ThreadsOf("store commit").TotalMicroseconds),
            CollectUs: PerJob(used.ThreadsOf(".NET Server GC").TotalMicroseconds + used.ThreadsOf(".NET BGC").TotalMicroseconds),
            CompileUs: PerJob(used.ThreadsOf(".NET Tiered").TotalMicroseconds),
            PausedUs: PerJob(used.Paused.TotalMicroseconds),
            AllocatedBytes: Math.Round((double)used.AllocatedBytes / load.Ids.Count),
            Collections: used.Collections,
            P50Ms: load.Latency.P50,
            P99Ms: load.Latency.P99,
            IdleP50Ms: idle.P50,
            IdleP99Ms: idle.P99,
            Lost: lost,
            Unpaid: warm.Ids.Count + load.Ids.Count + IdleWarmUp + idleJobs - books.PaidJobs,
            PaidTwice: books.PaidTwice,
            Violations: books.Violations.Count
        );
    }

    /// <summary>
    /// Submits jobs in batches until there are so many of them and so much time has passed, and waits until all have ended.
    /// </summary>
    public static async Task<Load> Submit(
        IReadOnlyList<MarketplaceClient> clients,
        Func<int, JobRequest> request,
        int jobsMin,
        TimeSpan timeMin,
        BenchmarkArguments arguments
    )
    {
        var batch = arguments.Number("batch", 1000);
        var ids = new ConcurrentBag<JobId>();
        var latencies = new ConcurrentBag<double>();
        var sent = 0;
        var clock = Stopwatch.StartNew();
        var submitters = Enumerable
            .Range(0, arguments.Number("clients", 4))
            .Select(submitter =>
                Task.Run(async () =>
                {
                    var client = clients[submitter % clients.Count];
                    while (true)
                    {
                        var first = Interlocked.Add(ref sent, batch) - batch;
                        if (first >= jobsMin && clock.Elapsed >= timeMin)
                        {
                            return;
                        }
                        while ((await client.Market.Get()).QueuedJobs > QueuedJobsMax)
                        {
                            await Task.Delay(LookEvery);
                        }
                        var requests = Enumerable.Range(first, batch).Select(request).ToArray();
                        var began = clock.Elapsed;
                        foreach (var item in await client.Jobs.SubmitBatch(requests))
                        {
                            if (item.Code is not null)
                            {
                                throw new InvalidOperationException($"A job was refused: {item.Code} {item.Message}");
                            }
                            ids.Add(item.Id);
                        }
                        latencies.Add((clock.Elapsed - began).TotalMilliseconds);
                    }
                })
            )
            .ToArray();
        await Task.WhenAll(submitters);
        while (await clients[0].Market.Get() is { } market && (market.QueuedJobs > 0 || market.RunningJobs > 0 || market.ReadModelLag > 0))
        {
            await Task.Delay(5);
        }
        return new Load(ids, clock.Elapsed, new Percentiles(latencies));
    }

    /// <summary>Waits until the account has settled all jobs, or has had a minute for it: what is open then is unpaid.</summary>
    internal static async Task Settled(MarketplaceClient client)
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < TimeSpan.FromMinutes(1); await Task.Delay(20))
        {
            if ((await client.Account.Get()).OpenJobs == 0)
            {
                return;
            }
        }
    }

    private static async Task<Percentiles> Idle(MarketplaceClient client, ProgramId program, int count)
    {
        var latencies = new List<double>();
        for (var index = -IdleWarmUp; index < count; index++)
        {
            var began = Stopwatch.GetTimestamp();
            var job = await client.Jobs.Submit(Request(program, $"idle-{index}"), TimeSpan.FromSeconds(10));
            if (job.State != JobState.Completed)
            {
                throw new InvalidOperationException($"An idle job is {job.State}: {job.Reason}");
            }
            if (index >= 0)
            {
                latencies.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            }
        }
        return new Percentiles(latencies);
    }

    private static async Task<int> CountLost(MarketplaceClient client, IReadOnlyCollection<JobId> ids)
    {
        var lost = ids.Count - ids.Distinct().Count();
        foreach (var some in ids.Chunk(1000))
        {
            var found = await client.Jobs.GetMany(some);
            lost += found.NotFound.Count + found.Jobs.Count(job => job.State != JobState.Completed);
        }
        return lost;
    }

    public static JobRequest Request(ProgramId program, string id) =>
        new()
        {
            RequestId = id,
            Program = program,
            InputText = "hello marketplace",
            PriceMax = new TokenAmount(10),
            FuelMax = 10_000_000,
        };

    public sealed record Load(IReadOnlyCollection<JobId> Ids, TimeSpan Elapsed, Percentiles Latency);
}

/// <summary>The line that <c>jobs</c> prints. Latencies of the load are those of whole batches.</summary>
/// <param name="CpuUs">
/// What a job of the load cost the silo and its children, in microseconds of a processor: on a busy machine the steadier figure.
/// </param>
/// <param name="FoldUs">Of that, the thread that folds the journal into the read model and the archive.</param>
/// <param name="CommitUs">Of that, the thread that writes the journal.</param>
/// <param name="CollectUs">Of that, the collector's own threads.</param>
/// <param name="CompileUs">Of that, the thread that compiles hot code anew.</param>
/// <param name="PausedUs">How long collections stopped all threads of the silo.</param>
/// <param name="AllocatedBytes">By the silo, on its managed heap.</param>
/// <param name="Collections">While the load ran, of generation 0, 1 and 2.</param>
/// <param name="Lost">Jobs of the load that are not there or did not complete.</param>
/// <param name="Unpaid">Jobs that the books do not show as paid; below zero: more were paid than were submitted.</param>
/// <param name="PaidTwice">Payments of jobs that had been paid before.</param>
/// <param name="Violations">All that is wrong in the books: these payments, balances that do not add up, no books at all.</param>
internal sealed record JobsResult(
    string Bench,
    int Jobs,
    double JobsPerS,
    double CpuUs,
    double FoldUs,
    double CommitUs,
    double CollectUs,
    double CompileUs,
    double PausedUs,
    double AllocatedBytes,
    int[] Collections,
    double P50Ms,
    double P99Ms,
    double IdleP50Ms,
    double IdleP99Ms,
    int Lost,
    int Unpaid,
    int PaidTwice,
    int Violations
);

/// <summary>The benchmark cannot be run here; the message says what to do.</summary>
internal sealed class BenchmarkException(string message) : Exception(message);

internal static class BenchmarkJson
{
    public static readonly JsonSerializerOptions Options = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };
}
