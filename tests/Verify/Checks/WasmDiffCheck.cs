using System.Diagnostics;
using System.Globalization;
using Marketplace.Engine;
using Marketplace.Reference.Comparison;
using Marketplace.Reference.Generation;

namespace Marketplace.Verify.Checks;

/// <summary>
/// Modules that chance made, run in the reference interpreter, in the engine and, where Node is there, in V8: results, memory,
/// globals, tables, traps and, but for V8, fuel are equal behind each call. A module that shows a difference is kept as a file.
/// </summary>
public static class WasmDiffCheck
{
    /// <summary>Differences are rarely alone; more of them say nothing new.</summary>
    private const int DifferencesMax = 20;

    public static async Task<VerifyResult> Run(VerifyArguments arguments)
    {
        var clock = Stopwatch.StartNew();
        var count = arguments.Number("n", 1_000);
        var seed = (ulong)arguments.Number("seed", 1);
        var found = new List<string>();
        var ends = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var (modules, calls, inV8, bytes) = (0, 0, 0, 0L);
        using var guests = new GuestThreads(1);
        using var node = NodePeer.TryStart();
        for (; modules < count && found.Count < DifferencesMax; modules++, seed++)
        {
            // Every other module is made for engines that do not know our NaNs and limits.
            var portable = seed % 2 == 0;
            var module = ModuleGenerator.Generate(seed, new GeneratorOptions { Portable = portable });
            var comparison = await guests.Run(() => Differential.OfEngineAndInterpreter(module));
            var difference = comparison.Difference;
            if (difference is null && portable && node is not null)
            {
                inV8++;
                difference = node.DifferenceTo(comparison) is { } other ? $"V8: {other}" : null;
            }
            if (difference is not null)
            {
                found.Add($"{module.Name}, kept as {FoundModules.Keep($"wasmdiff-{seed}", module.Bytes)}: {difference}");
            }
            foreach (var call in comparison.Calls)
            {
                ends[call.Outcome.End] = ends.GetValueOrDefault(call.Outcome.End) + 1;
            }
            calls += comparison.Calls.Count;
            bytes += module.Bytes.Length;
        }
        var line = new
        {
            Verify = "wasmdiff",
            Modules = modules,
            LastSeed = seed - 1,
            Calls = calls,
            AverageBytes = bytes / Math.Max(1, modules),
            InV8 = inV8,
            Ends = ends,
            Violations = found.Count,
            Seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
        };
        return new VerifyResult(line, found);
    }
}
