using System.Diagnostics;
using System.Text.Json;
using Marketplace.Engine;

namespace Marketplace.Benchmarks.Engine;

/// <summary>
/// The engine against V8 on the same files, in turns, so that a busy moment of the machine meets both. A kernel's time is the best of all
/// rounds: what is slower was disturbed. Ours with fuel on, in an instance that was warmed up as V8's was.
/// </summary>
internal static class EngineBenchmark
{
    private const int Times = 5;
    private const int MemoryPagesMax = 1024;

    public static async Task<int> Run(BenchmarkArguments arguments)
    {
        var rounds = arguments.Number("rounds", 4);
        using var threads = new GuestThreads(1);
        using var node = NodePeer.Start();
        Console.WriteLine(node is null ? "node is not installed: no ratios" : $"peer: node {node.Version}");
        var ratios = new List<double>();
        foreach (var kernel in Kernel.All)
        {
            if (await Compare(threads, node, kernel, rounds) is { } ratio)
            {
                ratios.Add(ratio);
            }
        }

        await UnloadCost.Measure(threads, arguments.Number("cycles", 2_000));
        var line = new
        {
            Bench = "engine",
            GeomeanVsV8 = ratios.Count == 0 ? (double?)null : Math.Round(Math.Exp(ratios.Average(Math.Log)), 3),
            WorstVsV8 = ratios.Count == 0 ? (double?)null : Math.Round(ratios.Max(), 3),
            MeteringOverhead = Math.Round(await MeteringCost.OfAll(threads, rounds), 3),
            InstanceUs = Math.Round(await InstanceCost.Measure(threads), 1),
            Startup_2mbMs = Math.Round(await threads.Run(StartUp.Measure), 1),
            DeepTrapMs = Math.Round(await DeepTrap.Measure(threads), 1),
        };
        Console.WriteLine(JsonSerializer.Serialize(line, BenchmarkJson.Options));
        return 0;
    }

    private static async Task<double?> Compare(GuestThreads threads, NodePeer? node, Kernel kernel, int rounds)
    {
        var compiled = CompiledModule.Compile(WasmModule.Decode(await File.ReadAllBytesAsync(kernel.File), EngineLimits.Default));
        var (ours, v8) = (double.PositiveInfinity, double.PositiveInfinity);
        for (var round = 0; round < rounds; round++)
        {
            var mine = await threads.Run(() => Execute(compiled, kernel));
            ours = Math.Min(ours, mine.Milliseconds.Min());
            if (node?.Run(kernel, Times) is not { } theirs)
            {
                continue;
            }
            v8 = Math.Min(v8, theirs.Milliseconds.Min());
            if (theirs.Result != mine.Result)
            {
                throw new InvalidOperationException($"{kernel.Name}: {mine.Result} here, {theirs.Result} in V8.");
            }
        }
        Console.WriteLine(
            node is null
                ? $"{kernel.Name, -12}{ours, 8:F1} ms"
                : $"{kernel.Name, -12}{ours, 8:F1} ms   V8{v8, 8:F1} ms   ratio {ours / v8:F2}"
        );
        return node is null ? null : ours / v8;
    }

    internal static KernelRun Execute(CompiledModule compiled, Kernel kernel)
    {
        var run = new Run(new RunLimits { FuelMax = long.MaxValue / 4, MemoryPagesMax = MemoryPagesMax }, TimeProvider.System);
        using var instance = Instance.Instantiate(compiled, new Imports(), run);
        var taken = new List<double>(Times);
        var result = 0;
        for (var time = 0; time < Times; time++)
        {
            var clock = Stopwatch.GetTimestamp();
            result = instance.Invoke("run", Value.FromI32(kernel.N))[0].I32;
            taken.Add(Stopwatch.GetElapsedTime(clock).TotalMilliseconds);
        }
        return new KernelRun(result, taken);
    }
}
