using System.Diagnostics;
using System.Text.Json;
using Marketplace.Tests;

namespace Marketplace.Benchmarks;

/// <summary>
/// What a silo takes while nothing happens, minute by minute after it has run a few jobs: the first ones still compile what only timers
/// run.
/// </summary>
internal static class RestBenchmark
{
    /// <summary>Jobs before the first minute: a silo that has never done anything is not what an operator leaves alone.</summary>
    private const int JobsBefore = 1_000;

    public static async Task<int> Run(BenchmarkArguments arguments)
    {
        using var data = new TemporaryFolder();
        await using var node = await BenchmarkNode.Make(data.Path);
        await using var silos = await MeasuredSilos.Start(node, arguments.Number("silos", 1));
        var client = silos.Clients[0];
        await using var module = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "programs", "echo", "echo.wasm"));
        var program = (await client.Programs.Deploy(module, "echo")).Id;
        await JobsBenchmark.Submit(
            silos.Clients,
            index => JobsBenchmark.Request(program, $"before-{index}"),
            JobsBefore,
            TimeSpan.Zero,
            arguments
        );

        for (var minute = 1; minute <= arguments.Number("minutes", 5); minute++)
        {
            var (before, clock) = (silos.Figures(), Stopwatch.StartNew());
            await Task.Delay(TimeSpan.FromMinutes(1));
            var (used, passed) = (silos.Figures() - before, clock.Elapsed);
            var line = new
            {
                Bench = "rest",
                Minute = minute,
                CorePercent = Math.Round(100 * used.Processor / passed, 2),
                AllocatedBytesPerS = Math.Round(used.AllocatedBytes / passed.TotalSeconds),
            };
            Console.WriteLine(JsonSerializer.Serialize(line, BenchmarkJson.Options));
        }
        return 0;
    }
}
