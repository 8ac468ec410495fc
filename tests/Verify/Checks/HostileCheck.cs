using System.Diagnostics;
using Marketplace.Engine;
using Marketplace.Engine.Guests;
using Marketplace.Engine.Interpret;
using Marketplace.Engine.Tests.Hostile;
using Marketplace.Guests.Tests;

namespace Marketplace.Verify.Checks;

/// <summary>Modules that want to take the host down: each must end as it should, soon, and the process must live and stay small.</summary>
public static class HostileCheck
{
    /// <summary>The slowest takes two seconds: what is not over by now never ends.</summary>
    private static readonly TimeSpan TimeMax = TimeSpan.FromMinutes(1);

    /// <summary>
    /// What the process may grow by in one case beside what the case's own limits let it have: the compiler for IL and machine code, whose
    /// most is 60 MiB for a function of 20,000 calls, and what the garbage collector has not taken back yet.
    /// </summary>
    private const long GrowthBytesMax = 64L << 20;

    public static async Task<VerifyResult> Run(VerifyArguments arguments)
    {
        var clock = Stopwatch.StartNew();
        var found = new List<string>();
        var before = ProcessMemory.Now;
        var (slowest, most, peak) = (TimeSpan.Zero, 0L, 0L);
        using var guests = new GuestThreads(1);
        var path = Path.Combine(AppContext.BaseDirectory, "programs", "faulty", "faulty.wasm");
        using var faulty = GuestProgram.Load(await File.ReadAllBytesAsync(path));
        var runs = Runs(faulty).ToArray();
        foreach (var (name, bytesMax, prepare) in runs)
        {
            var run = prepare();
            GC.Collect();
            ProcessMemory.ForgetPeak();
            var resident = ProcessMemory.Now;
            var started = clock.Elapsed;
            using var late = new CancellationTokenSource(TimeMax);
            var violation = await guests.Run(() => run(late.Token));
            var taken = clock.Elapsed - started;
            slowest = taken > slowest ? taken : slowest;
            var growth = ProcessMemory.Peak - resident;
            (most, peak) = (Math.Max(most, growth - bytesMax), Math.Max(peak, ProcessMemory.Peak));
            Console.Error.WriteLine(
                $"{name}: {violation ?? "as it should"}, {taken.TotalMilliseconds:f0} ms, {growth >> 20} MiB more than {resident >> 20} MiB"
            );
            if (violation is not null)
            {
                found.Add($"{name}: {violation}");
            }
            if (taken > TimeMax)
            {
                found.Add($"{name}: it took {taken.TotalSeconds:f0} s.");
            }
            if (growth > bytesMax + GrowthBytesMax)
            {
                found.Add($"{name}: the process grew by {growth >> 20} MiB, of which its limits allow {bytesMax >> 20}.");
            }
        }
        var line = new
        {
            Verify = "hostile",
            Runs = runs.Length,
            SlowestMs = Math.Round(slowest.TotalMilliseconds),
            ResidentBeforeMib = before >> 20,
            ResidentAfterMib = ProcessMemory.Now >> 20,
            ResidentPeakMib = peak >> 20,
            OverLimitsMib = most >> 20,
            Violations = found.Count,
            Seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
        };
        return new VerifyResult(line, found);
    }

    /// <summary>Each is prepared just before it runs: that making a module takes memory is no fault of the engine.</summary>
    private static IEnumerable<(string Name, long BytesMax, Func<Func<CancellationToken, string?>> Prepare)> Runs(GuestProgram faulty)
    {
        foreach (var hostile in HostileModules.All)
        {
            foreach (var tiers in (Tiers[])[Tiers.Default, Tiers.CompiledOnly])
            {
                if (tiers.Interprets && hostile.IsMachineCode)
                {
                    continue;
                }
                yield return (
                    tiers.Interprets ? hostile.Name : $"{hostile.Name}, compiled",
                    hostile.BytesMax,
                    () =>
                    {
                        var module = hostile.Module();
                        return cancellation => Differs(hostile.End, hostile.Run(module, tiers, cancellation));
                    }
                );
            }
        }
        foreach (var hostile in HostileCommands.All)
        {
            yield return (
                hostile.Name,
                HostileCommand.BytesMax,
                () =>
                {
                    var module = hostile.Module();
                    return cancellation => Differs(hostile.End, hostile.Run(module, cancellation));
                }
            );
        }
        foreach (var mode in FaultyCase.All)
        {
            yield return ($"faulty, {mode.Mode}", FaultyCase.BytesMax, () => cancellation => mode.Run(faulty, cancellation));
        }
    }

    private static string? Differs(string expected, string end) => end == expected ? null : $"it ended with '{end}', expected '{expected}'";
}
