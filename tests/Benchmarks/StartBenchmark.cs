using System.Diagnostics;
using System.Text.Json;
using Marketplace.Tests;

namespace Marketplace.Benchmarks;

/// <summary>
/// What a new user waits for: the first start in an empty folder of the silo as it was built, or of the program that <c>--silo</c> names,
/// and its first job.
/// </summary>
internal static class StartBenchmark
{
    public static async Task<int> Run(BenchmarkArguments arguments)
    {
        var published = arguments.Text("silo", "");
        var ready = new List<double>();
        var first = new List<double>();
        for (var run = 0; run < arguments.Number("runs", 5); run++)
        {
            using var data = new TemporaryFolder();
            await using var node = await BenchmarkNode.Make(data.Path);
            var clock = Stopwatch.StartNew();
            await using var silo =
                published.Length == 0
                    ? await SiloProcess.Start(data.Path, CancellationToken.None, node.Options)
                    : await SiloProcess.StartPublished(published, data.Path, CancellationToken.None, node.Options);
            ready.Add(clock.Elapsed.TotalMilliseconds);
            clock.Restart();
            await using var client = silo.Client();
            await using var module = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "programs", "echo", "echo.wasm"));
            var program = await client.Programs.Deploy(module, "echo");
            var job = await client.Jobs.Submit(
                new JobRequest
                {
                    RequestId = "first",
                    Program = program.Id,
                    InputText = "hello",
                    PriceMax = new TokenAmount(1000),
                },
                TimeSpan.FromSeconds(10)
            );
            first.Add(clock.Elapsed.TotalMilliseconds);
            if (job.State != JobState.Completed)
            {
                throw new InvalidOperationException($"The first job is {job.State}: {job.Reason}");
            }
        }
        var line = new
        {
            Bench = "start",
            ReadyMs = new Percentiles(ready).P50,
            FirstJobMs = new Percentiles(first).P50,
        };
        Console.WriteLine(JsonSerializer.Serialize(line, BenchmarkJson.Options));
        return 0;
    }
}
