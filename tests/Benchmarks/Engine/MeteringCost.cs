using Marketplace.Engine;

namespace Marketplace.Benchmarks.Engine;

/// <summary>
/// What counting fuel adds to a kernel's time: each compiled with and without, in turns, the best of all rounds. The code without has
/// neither charges nor checks, and only benchmarks can compile it.
/// </summary>
internal static class MeteringCost
{
    /// <returns>The geometric mean over all kernels of the time with fuel over that without, less 1.</returns>
    public static async Task<double> OfAll(GuestThreads threads, int rounds)
    {
        var logarithms = 0.0;
        foreach (var kernel in Kernel.All)
        {
            var ratio = await Ratio(threads, kernel, rounds);
            Console.WriteLine($"{kernel.Name, -12}fuel takes {ratio - 1, 7:P1}");
            logarithms += Math.Log(ratio);
        }
        return Math.Exp(logarithms / Kernel.All.Count) - 1;
    }

    private static async Task<double> Ratio(GuestThreads threads, Kernel kernel, int rounds)
    {
        var module = WasmModule.Decode(await File.ReadAllBytesAsync(kernel.File), EngineLimits.Default);
        var (metered, free) = (CompiledModule.Compile(module), CompiledModule.CompileWithoutFuel(module));
        var (with, without) = (double.PositiveInfinity, double.PositiveInfinity);
        for (var round = 0; round < rounds; round++)
        {
            with = Math.Min(with, await Time(metered));
            without = Math.Min(without, await Time(free));
        }
        return with / without;

        async Task<double> Time(CompiledModule compiled) =>
            (await threads.Run(() => EngineBenchmark.Execute(compiled, kernel))).Milliseconds.Min();
    }
}
