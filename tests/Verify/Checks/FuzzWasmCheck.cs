using System.Diagnostics;
using Marketplace.Engine;
using Marketplace.Engine.Tests.Spec;
using Marketplace.Reference.Comparison;
using Marketplace.Reference.Generation;
using Marketplace.Testing;

namespace Marketplace.Verify.Checks;

/// <summary>
/// Modules of the official suite and of the generator with some bytes changed: each is valid, invalid or over a limit, and said to
/// be so in 100 ms of processor time. Those that are valid are run with little fuel, in the engine and in the interpreter.
/// </summary>
public static class FuzzWasmCheck
{
    private const int GeneratedModules = 300;

    /// <summary>Modules between two looks at the time, for the progress that is printed.</summary>
    private const int StepSize = 10_000;

    public static async Task<VerifyResult> Run(VerifyArguments arguments)
    {
        var clock = Stopwatch.StartNew();
        var count = arguments.Number("n", 10_000);
        var seed = arguments.Number("seed", 1);
        var suite = SpecModules.All();
        if (suite.Count == 0)
        {
            Console.Error.WriteLine(Vectors.Missing);
        }
        var generated = Enumerable.Range(0, GeneratedModules).Select(i => ModuleGenerator.Generate((ulong)i, new GeneratorOptions()).Bytes);
        var fuzzing = new Fuzzing([.. suite, .. generated], (ulong)seed);
        var result = fuzzing.Result;
        using var guests = new GuestThreads(1);
        for (var done = 0; done < count; done += StepSize)
        {
            await guests.Run(() =>
            {
                fuzzing.Run(Math.Min(StepSize, count - done));
                return true;
            });
            Console.Error.WriteLine(
                $"{Math.Min(count, done + StepSize)} modules, {clock.Elapsed.TotalSeconds:f0} s, {result.Found.Count} found"
            );
        }
        var found = result
            .Found.Select((one, i) => $"{one.What}, kept as {FoundModules.Keep($"fuzzwasm-{seed}-{i}", one.Module)}")
            .ToArray();
        var line = new
        {
            Verify = "fuzzwasm",
            Modules = count,
            Seed = seed,
            SuiteModules = suite.Count,
            result.Valid,
            result.Invalid,
            result.Limit,
            result.Compared,
            SlowestMs = Math.Round(result.Slowest.TotalMilliseconds, 2),
            Violations = found.Length,
            Seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
        };
        return new VerifyResult(line, found);
    }
}
