using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Marketplace.Silo;
using Marketplace.Tests;
using Microsoft.Extensions.Logging;

namespace Marketplace.Benchmarks;

/// <summary>
/// Single jobs one at a time over HTTP to a whole silo in this process, and where the time of the slowest went. The client shares the
/// process, so <c>jobs</c> and <c>peers</c> have the figures that count; this says why they are what they are.
/// </summary>
internal static class IdleBenchmark
{
    private const int WarmUp = 2_000;
    private const int Slowest = 10;

    public static async Task<int> Run(BenchmarkArguments arguments)
    {
        var trace = new IdleTrace();
        using var folder = new TemporaryFolder();
        string[] options = ["--urls", "http://127.0.0.1:0", "--data", folder.Path, "--isolation", arguments.Text("worker", "none")];
        var app = await SiloApplication.Build(
            SiloConfiguration.Read(options)!,
            builder =>
            {
                builder.Logging.SetMinimumLevel(LogLevel.Error);
                trace.Watch(builder);
            }
        );
        await app.StartAsync();
        try
        {
            await using var client = MarketplaceClient.FromDataFolder(folder.Path);
            await using var module = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "programs", "echo", "echo.wasm"));
            var program = (await client.Programs.Deploy(module, "echo")).Id;
            var jobs = new List<IdleStages>();
            var beside = new IdleBeside();
            var count = arguments.Number("jobs", 10_000);
            for (var index = -WarmUp; index < count; index++)
            {
                var stages = await Measure(client, program, index, trace, beside);
                if (index >= 0)
                {
                    jobs.Add(stages);
                }
            }
            Print(jobs);
            return 0;
        }
        finally
        {
            await app.StopAsync();
            await app.DisposeAsync();
        }
    }

    private static async Task<IdleStages> Measure(
        MarketplaceClient client,
        ProgramId program,
        int index,
        IdleTrace trace,
        IdleBeside beside
    )
    {
        var before = beside.Read();
        trace.Begin();
        var sent = Stopwatch.GetTimestamp();
        var job = await client.Jobs.Submit(JobsBenchmark.Request(program, $"idle-{index}"), TimeSpan.FromSeconds(10));
        var answered = Stopwatch.GetTimestamp();
        return job.State == JobState.Completed
            ? IdleStages.Of(sent, answered, [.. beside.Read().Zip(before, (now, then) => now - then)], trace.End())
            : throw new InvalidOperationException($"An idle job is {job.State}: {job.Reason}");
    }

    private static void Print(List<IdleStages> jobs)
    {
        Console.WriteLine("stage               p50 ms   p90 ms   p99 ms  mean of the slowest hundredth");
        var slow = jobs.OrderByDescending(job => job.Total).Take(Math.Max(1, jobs.Count / 100)).ToArray();
        for (var stage = 0; stage < IdleStages.Names.Length; stage++)
        {
            PrintLine(IdleStages.Names[stage], jobs.Select(job => job.Milliseconds[stage]), slow.Average(job => job.Milliseconds[stage]));
        }
        PrintLine("total", jobs.Select(job => job.Total), slow.Average(job => job.Total));
        for (var cause = 0; cause < IdleBeside.Names.Length; cause++)
        {
            PrintLine(IdleBeside.Names[cause], jobs.Select(job => job.Beside[cause]), slow.Average(job => job.Beside[cause]));
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{jobs.Average(job => job.Writes):f1} writes a job"));

        Console.WriteLine($"The slowest {Slowest}, in ms:");
        foreach (var job in slow.Take(Slowest))
        {
            var parts = IdleStages
                .Names.Zip(job.Milliseconds, (name, took) => (Name: name, Took: took))
                .Concat(IdleBeside.Names.Zip(job.Beside, (name, took) => (Name: $"[{name}]", Took: took)))
                .Where(part => part.Took >= 0.3)
                .Select(part => string.Create(CultureInfo.InvariantCulture, $"{part.Name} {part.Took:f2}"));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{job.Total, 7:f2}: {string.Join(", ", parts)}"));
        }
        var all = new Percentiles(jobs.Select(job => job.Total));
        var line = new
        {
            Bench = "idle",
            Jobs = jobs.Count,
            P50Ms = all.P50,
            P99Ms = all.P99,
            WritesPerJob = Math.Round(jobs.Average(job => job.Writes), 1),
        };
        Console.WriteLine(JsonSerializer.Serialize(line, BenchmarkJson.Options));
    }

    private static void PrintLine(string name, IEnumerable<double> milliseconds, double slow)
    {
        var sorted = milliseconds.Order().ToArray();
        double At(double share) => sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))];
        Console.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"{name, -18} {At(0.5), 7:f3}  {At(0.9), 7:f3}  {At(0.99), 7:f3}  {slow, 7:f3}")
        );
    }
}
