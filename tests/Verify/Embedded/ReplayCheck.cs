using System.Diagnostics;
using Marketplace.Grains.Tests.Simulation;

namespace Marketplace.Verify;

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
        var found = new List<string>();
        var results = new Dictionary<ulong, SimulationResult>();
        for (var run = 1; run <= times; run++)
        {
            try
            {
                var result = MarketSimulation.Run(seed, jobs);
                if (results.TryAdd(result.TraceHash, result))
                {
                    Console.Error.WriteLine($"run {run}: trace {result.TraceHash:x16}, {result.Steps} steps");
                }
            }
            catch (Exception failure)
            {
                // Whatever comes out of a run, work outside of its thread or a run that is stuck, is what this check looks for.
                found.Add($"seed {seed}, run {run}: {failure}");
            }
        }
        found.AddRange(results.Values.SelectMany(result => result.Violations).Select(violation => $"seed {seed}: {violation}"));
        if (results.Count > 1)
        {
            found.Add($"seed {seed}: {times} runs gave {results.Count} traces.");
        }
        var line = new
        {
            Verify = "replay",
            Seed = seed,
            Times = times,
            Jobs = jobs,
            Traces = results.Keys.Select(trace => $"{trace:x16}"),
            Steps = results.Values.Sum(result => result.Steps),
            SimulatedSeconds = Math.Round(results.Values.Sum(result => result.Simulated.TotalSeconds), 1),
            Faults = results.Values.Select(result => result.Faults),
            Violations = found.Count,
            Seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
        };
        return Task.FromResult(new VerifyResult(line, found));
    }
}
