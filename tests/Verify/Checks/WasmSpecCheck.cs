using System.Diagnostics;
using Marketplace.Engine;
using Marketplace.Engine.Interpret;
using Marketplace.Engine.Tests.Spec;
using Marketplace.Reference.Comparison;
using Marketplace.Testing;

namespace Marketplace.Verify.Checks;

/// <summary>
/// The official suite of WebAssembly: core 2.0 with vectors, and the proposals that the engine has, each file compiled, interpreted, and
/// changing from one to the other while it runs. What must not hold is counted and named, so that no figure hides it.
/// </summary>
public static class WasmSpecCheck
{
    public static async Task<VerifyResult> Run(VerifyArguments arguments)
    {
        var clock = Stopwatch.StartNew();
        var counts = SpecCounts.Read();
        var found = new List<string>();
        if (counts.Count == 0)
        {
            found.Add(Vectors.Missing);
        }
        using var guests = new GuestThreads(1);
        var suites = new Dictionary<string, Sums>();
        foreach (var suite in counts.GroupBy(count => count.Suite))
        {
            var sums = suites[suite.Key] = new Sums();
            foreach (var count in suite)
            {
                sums.Add(count, await RunFile(guests, count, found));
            }
        }
        var line = new
        {
            Verify = "wasmspec",
            Files = suites.Values.Sum(sums => sums.Files),
            Passed = suites.Values.Sum(sums => sums.Passed),
            Total = suites.Values.Sum(sums => sums.Total),
            Exceptions = suites.Values.Sum(sums => sums.Exceptions),
            Suites = suites,
            TextOnly = counts.Sum(count => count.Assertions - count.AssertionsWithoutText),
            Violations = found.Count,
            Seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
        };
        return new VerifyResult(line, found);
    }

    private static async Task<SpecResult?> RunFile(GuestThreads guests, SpecCount count, List<string> found)
    {
        if (count.Path is null)
        {
            if (count.AssertionsWithoutText > 0)
            {
                found.Add($"{count.Suite}/{count.File}: the file is absent.");
            }
            else
            {
                Console.Error.WriteLine($"{count.Suite}/{count.File}: not run, it is about the text format only");
            }
            return null;
        }
        foreach (var tiers in (Tiers[])[TestTiers.InterpretedOnly, TestTiers.Changing])
        {
            var other = await guests.Run(() => SpecFile.Run(count, new CompilingSpecEngine(tiers)));
            found.AddRange(other.Failures.Select(failure => $"{count.Suite}/{count.File}, {tiers}: {failure}"));
            if (other.Total != count.AssertionsWithoutText)
            {
                found.Add($"{count.Suite}/{count.File}, {tiers}: {other.Total} assertions were run.");
            }
        }
        var result = await guests.Run(() => SpecFile.Run(count, new CompilingSpecEngine(Tiers.CompiledOnly)));
        Console.Error.WriteLine($"{count.Suite}/{result}");
        foreach (var exception in result.Exceptions)
        {
            Console.Error.WriteLine($"{count.Suite}/{count.File}: exception, {exception}");
        }
        found.AddRange(result.Failures.Select(failure => $"{count.Suite}/{count.File}: {failure}"));
        if (result.Total != count.AssertionsWithoutText)
        {
            found.Add($"{count.Suite}/{count.File}: {result.Total} assertions were run, the file has {count.AssertionsWithoutText}.");
        }
        return result;
    }

    private sealed class Sums
    {
        public int Files { get; private set; }

        public int Passed { get; private set; }

        public int Total { get; private set; }

        public int Exceptions { get; private set; }

        public void Add(SpecCount count, SpecResult? result)
        {
            Files += result is null ? 0 : 1;
            Passed += result?.Passed ?? 0;
            Exceptions += result?.Exceptions.Count ?? 0;
            Total += count.AssertionsWithoutText;
        }
    }
}
