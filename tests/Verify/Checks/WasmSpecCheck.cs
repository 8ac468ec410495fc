using System.Diagnostics;
using Marketplace.Engine;
using Marketplace.Engine.Tests.Spec;
using Marketplace.Testing;

namespace Marketplace.Verify.Checks;

/// <summary>
/// The official suite of WebAssembly. What the engine has is run whole; what it has not is counted and named, so that no figure hides it.
/// </summary>
public static class WasmSpecCheck
{
    private const string Covered = "core";

    /// <summary>Why the files of the other suites are not run.</summary>
    private static readonly Dictionary<string, string> NotCovered = new()
    {
        ["simd"] = "the engine refuses vector instructions: it has no value of 128 bits",
        ["threads"] = "the engine refuses shared memory and atomic instructions: guests have one thread",
        ["tail-call"] = "the engine refuses return_call: tail calls are not in core 2.0",
    };

    public static async Task<VerifyResult> Run(VerifyArguments arguments)
    {
        var clock = Stopwatch.StartNew();
        var counts = SpecCounts.Read();
        var found = new List<string>();
        if (counts.Count == 0)
            found.Add(Vectors.Missing);
        using var guests = new GuestThreads(1);
        var (files, passed, total) = (0, 0, 0);
        foreach (var count in counts.Where(count => count.Suite == Covered))
        {
            var result = await RunFile(guests, count, found);
            files += result is null ? 0 : 1;
            passed += result?.Passed ?? 0;
            total += count.AssertionsWithoutText;
        }
        var others = counts.Where(count => count.Suite != Covered).GroupBy(count => count.Suite).ToArray();
        foreach (var suite in others)
            Explain(suite, found);
        var line = new
        {
            Verify = "wasmspec",
            Files = files,
            Passed = passed,
            Total = total,
            TextOnly = counts.Where(count => count.Suite == Covered).Sum(count => count.Assertions - count.AssertionsWithoutText),
            NotCovered = others.ToDictionary(suite => suite.Key, suite => new
            {
                Files = suite.Count(),
                Assertions = suite.Sum(count => count.AssertionsWithoutText),
                Reason = NotCovered.GetValueOrDefault(suite.Key) ?? "",
            }),
            Violations = found.Count,
            Seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
        };
        return new VerifyResult(line, found);
    }

    private static async Task<SpecResult?> RunFile(GuestThreads guests, SpecCount count, List<string> found)
    {
        if (count.Path is not { } path)
        {
            if (count.AssertionsWithoutText > 0)
                found.Add($"{count.File}: the file is absent.");
            else
                Console.Error.WriteLine($"{count.File}: not run, it is about the text format only");
            return null;
        }
        var result = await guests.Run(() => SpecFile.Run(path, new CompilingSpecEngine()));
        Console.Error.WriteLine(result);
        found.AddRange(result.Failures.Select(failure => $"{count.File}: {failure}"));
        if (result.Total != count.AssertionsWithoutText)
            found.Add($"{count.File}: {result.Total} assertions were run, the file has {count.AssertionsWithoutText}.");
        return result;
    }

    private static void Explain(IGrouping<string, SpecCount> suite, List<string> found)
    {
        if (!NotCovered.TryGetValue(suite.Key, out var reason))
            found.Add($"The suite '{suite.Key}' is neither run nor known as not covered.");
        foreach (var count in suite)
            Console.Error.WriteLine($"{count.Suite}/{count.File}: not covered, {count.AssertionsWithoutText} assertions: {reason}");
    }
}
