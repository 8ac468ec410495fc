using System.Diagnostics;
using System.Globalization;
using Marketplace.Engine;
using Marketplace.Engine.Guests;

namespace Marketplace.Benchmarks.Engine;

/// <summary>
/// A run and an instance of a cached module, made and let go on a guest's thread: a command of Rust with 17 pages of memory, 16 KB of data
/// in it, a table of 134 functions and 16 imports.
/// </summary>
internal static class InstanceCost
{
    private const int Instances = 5_000;
    private const int Rounds = 6;

    /// <returns>Microseconds for one.</returns>
    public static async Task<double> Measure(GuestThreads threads)
    {
        var file = Path.Combine(AppContext.BaseDirectory, "kernels", "rust_command.wasm");
        var compiled = CompiledModule.Compile(WasmModule.Decode(await File.ReadAllBytesAsync(file), EngineLimits.Default));
        var least = double.PositiveInfinity;
        for (var round = 0; round < Rounds; round++)
        {
            least = Math.Min(least, await threads.Run(() => Round(compiled)));
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"an instance   {least, 8:F1} us"));
        return least;
    }

    private static double Round(CompiledModule compiled)
    {
        var limits = new RunLimits
        {
            FuelMax = 1_000_000,
            MemoryPagesMax = 256,
            TimeMax = TimeSpan.FromSeconds(10),
        };
        var clock = Stopwatch.GetTimestamp();
        for (var i = 0; i < Instances; i++)
        {
            using var run = new Run(limits, TimeProvider.System);
            using var instance = Instance.Instantiate(compiled, GuestShape.HostFunctions, run);
        }

        return Stopwatch.GetElapsedTime(clock).TotalMicroseconds / Instances;
    }
}
