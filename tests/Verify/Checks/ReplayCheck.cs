using System.Diagnostics;
using Marketplace.Grains.Tests.Simulation;

namespace Marketplace.Verify.Checks;

/// <summary>The simulated market, several times with one seed: every run must be the same, step by step, and break nothing.</summary>
public static class ReplayCheck
{
    public static Task<VerifyResult> Run(VerifyArguments arguments)
    {
        var seed = (ulong)arguments.Number("seed", 1);
        var times = arguments.Number("times", 20);
        var jobs = arguments.Number("jobs", 100);
        ArgumentOutOfRangeException.ThrowIfLessThan(times, 2);

        var clock = Stopwatch.StartNew();
        var first = MarketSimulation.Run(seed, jobs);
        var found = first.Violations.Select(violation => $"seed {seed}: {violation}").ToList();
        var hashes = new HashSet<ulong> { first.TraceHash };
        for (var replay = 2; replay <= times; replay++)
        {
            var result = MarketSimulation.Run(seed, jobs);
            if (hashes.Add(result.TraceHash))
                Console.Error.WriteLine($"replay {replay}: trace {result.TraceHash:x16}, {result.Steps} steps");
        }
        if (hashes.Count > 1)
            found.Add($"seed {seed}: {times} runs gave {hashes.Count} traces.");
        var line = new
        {
            Verify = "replay",
            Seed = seed,
            Times = times,
            Jobs = jobs,
            Traces = hashes.Count,
            Trace = $"{first.TraceHash:x16}",
            first.Steps,
            SimulatedSeconds = Math.Round(first.Simulated.TotalSeconds, 1),
            first.Faults,
            Violations = found.Count,
            Seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
        };
        return Task.FromResult(new VerifyResult(line, found));
    }
}
