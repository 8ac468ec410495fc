using System.Diagnostics;
using System.Globalization;
using Marketplace.Engine;
using Marketplace.Engine.Guests;

namespace Marketplace.Benchmarks.Engine;

/// <summary>Modules that are loaded, run and let go, one after the other: what the process keeps of them.</summary>
internal static class UnloadCost
{
    private const int Warming = 500;

    public static async Task Measure(GuestThreads threads, int cycles)
    {
        var bytes = await File.ReadAllBytesAsync(Path.Combine(AppContext.BaseDirectory, "programs", "echo", "echo.wasm"));
        await threads.Run(() => Cycles(bytes, Warming));
        var before = Resident();
        var clock = Stopwatch.GetTimestamp();
        await threads.Run(() => Cycles(bytes, cycles));
        var taken = Stopwatch.GetElapsedTime(clock).TotalMilliseconds / cycles;
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{cycles} modules loaded, run and let go: {before >> 20} MiB before, {Resident() >> 20} MiB after, {taken:F2} ms each"
            )
        );
    }

    private static int Cycles(byte[] bytes, int count)
    {
        for (var i = 0; i < count; i++)
        {
            using var program = GuestProgram.Load(bytes);
            var result = program.Run(StartUp.Invocation());
            if (result.Outcome != GuestOutcome.Completed)
            {
                throw new InvalidOperationException($"The program ended as {result.Outcome}: {result.Reason}");
            }
        }

        return count;
    }

    private static long Resident()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}
