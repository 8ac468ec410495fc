using System.Diagnostics;
using Marketplace.Storage;
using Marketplace.Storage.Crash;

namespace Marketplace.Verify.Checks;

/// <summary>A fault at every operation of a seeded load that changes the disk; all that was acknowledged is there afterwards.</summary>
public static class CrashPointsCheck
{
    private static readonly (string Name, DiskFault Fault, Ending Ending, CrashLoad Load)[] Faults =
    [
        ("power_cut", DiskFault.PowerCut, Ending.PowerCut, CrashLoad.Few),
        ("failure_then_power_cut", DiskFault.Failure, Ending.PowerCut, CrashLoad.Few),
        ("failure_then_kill", DiskFault.Failure, Ending.Kill, CrashLoad.Few),
        ("torn_then_power_cut", DiskFault.Torn, Ending.PowerCut, CrashLoad.Few),
        ("torn_then_kill", DiskFault.Torn, Ending.Kill, CrashLoad.Few),
        ("disk_full_then_power_cut", DiskFault.DiskFull, Ending.PowerCut, CrashLoad.Few),
        ("disk_full_then_kill", DiskFault.DiskFull, Ending.Kill, CrashLoad.Few),
        ("power_cut_many_of_one_size", DiskFault.PowerCut, Ending.PowerCut, CrashLoad.ManyOfOneSize),
        ("lying_flush", DiskFault.Lie, Ending.PowerCut, CrashLoad.Few),
    ];

    public static async Task<VerifyResult> Run(VerifyArguments arguments)
    {
        var first = arguments.Number("seed", 1);
        var seeds = arguments.Number("seeds", 3);
        var clock = Stopwatch.StartNew();
        var points = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var found = new List<string>();
        long refused = 0;
        foreach (var (name, fault, ending, load) in Faults)
        {
            points[name] = 0;
            for (var seed = first; seed < first + seeds; seed++)
            {
                var result = await CrashSweep.Run(seed, fault, ending, load);
                Console.Error.WriteLine($"{name}, seed {seed}: {result.Points} points, {result.Violations.Count} violations");
                points[name] += result.Points;
                refused += result.Refused;
                found.AddRange(result.Violations);
                if (result.Points == 0)
                {
                    found.Add($"{name}, seed {seed}: the load has no persistence points.");
                }
            }
        }
        var line = new
        {
            Verify = "crashpoints",
            Seed = first,
            Seeds = seeds,
            Points = points.Values.Sum(),
            PointsByFault = points,
            LiesRefused = refused,
            Violations = found.Count,
            Seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
        };
        return new VerifyResult(line, found);
    }
}
