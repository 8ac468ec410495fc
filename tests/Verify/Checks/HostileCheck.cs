using System.Diagnostics;
using Marketplace.Engine;
using Marketplace.Engine.Guests;
using Marketplace.Engine.Tests.Hostile;
using Marketplace.Guests.Tests;

namespace Marketplace.Verify.Checks;

/// <summary>Modules that want to take the host down: each must end as it should, soon, and the process must live and stay small.</summary>
public static class HostileCheck
{
    /// <summary>The slowest takes a fifth of a second: what is not over by now never ends.</summary>
    private static readonly TimeSpan TimeMax = TimeSpan.FromMinutes(1);

    /// <summary>
    /// A guest's memory is at most 100 pages here, 6.25 MiB. What the process grows by is mostly the compiler for IL and machine code:
    /// a function of 20,000 calls takes about 60 MiB of it for a moment, all cases together about 100 MiB. Twice that leaves room for
    /// the garbage collector.
    /// </summary>
    private const long GrowthBytesMax = 200L << 20;

    public static async Task<VerifyResult> Run(VerifyArguments arguments)
    {
        var clock = Stopwatch.StartNew();
        var found = new List<string>();
        var before = Memory().Now;
        var slowest = TimeSpan.Zero;
        using var guests = new GuestThreads(1);
        var path = Path.Combine(AppContext.BaseDirectory, "programs", "faulty", "faulty.wasm");
        using var faulty = GuestProgram.Load(await File.ReadAllBytesAsync(path));
        var runs = Runs(faulty).ToArray();
        foreach (var (name, run) in runs)
        {
            var started = clock.Elapsed;
            using var late = new CancellationTokenSource(TimeMax);
            var violation = await guests.Run(() => run(late.Token));
            var taken = clock.Elapsed - started;
            slowest = taken > slowest ? taken : slowest;
            var (now, high) = Memory();
            Console.Error.WriteLine(
                $"{name}: {violation ?? "as it should"}, {taken.TotalMilliseconds:f0} ms, resident {now >> 20} MiB, peak {high >> 20} MiB");
            if (violation is not null)
                found.Add($"{name}: {violation}");
            if (taken > TimeMax)
                found.Add($"{name}: it took {taken.TotalSeconds:f0} s.");
        }
        var (after, peak) = Memory();
        var growth = peak - before;
        if (growth > GrowthBytesMax)
            found.Add($"The process grew by {growth >> 20} MiB, at most {GrowthBytesMax >> 20} are expected.");
        var line = new
        {
            Verify = "hostile",
            Runs = runs.Length,
            SlowestMs = Math.Round(slowest.TotalMilliseconds),
            ResidentBeforeMib = before >> 20,
            ResidentAfterMib = after >> 20,
            ResidentPeakMib = peak >> 20,
            Violations = found.Count,
            Seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
        };
        return new VerifyResult(line, found);
    }

    private static IEnumerable<(string Name, Func<CancellationToken, string?> Run)> Runs(GuestProgram faulty)
    {
        foreach (var hostile in HostileModules.All)
        {
            yield return (hostile.Name, cancellation =>
                hostile.Run(cancellation) is var end && end == hostile.End ? null : $"it ended with '{end}', expected '{hostile.End}'");
        }
        foreach (var mode in FaultyCase.All)
            yield return ($"faulty, {mode.Mode}", cancellation => mode.Run(faulty, cancellation));
    }

    private static (long Now, long Peak) Memory()
    {
        using var process = Process.GetCurrentProcess();
        return (process.WorkingSet64, process.PeakWorkingSet64);
    }
}
