using System.Diagnostics;
using Marketplace.Grains.Tests.Simulation;

namespace Marketplace.Verify.Sim;

/// <summary>
/// The simulated market, one run for each seed: no seed breaks anything. With <c>--times</c> one seed again and again, which must give one
/// trace. With <c>--without</c> a safeguard is taken out of the sources first, and a seed must find that.
/// </summary>
internal static class SimCheck
{
    private const int SeedsToFindMax = 1000;
    private const int SeedsPerLine = 100;
    private const int FindingsMax = 5;
    private const string Command = "dotnet run -c Release --project tests/Verify -- sim";

    public static async Task<VerifyResult> Run(VerifyArguments arguments)
    {
        var options = SimOptions.Of(arguments);
        if (arguments.Text("without") is { } name)
        {
            return await WithoutCheck.Run(name, options with { Seeds = arguments.Number("seeds", SeedsToFindMax) });
        }
        return options.Times > 1 ? Repeat(options) : RunSeeds(options);
    }

    private static VerifyResult RunSeeds(SimOptions options)
    {
        var clock = Stopwatch.StartNew();
        var (sums, found) = (new SimSums(), new List<string>());
        for (var seed = options.Seed; seed < options.Seed + (ulong)options.Seeds && sums.Found.Count < options.FindingsMax; seed++)
        {
            var result = MarketSimulation.Run(seed, options.Jobs, options.Off);
            sums.Add(seed, result);
            if (result.Violations.Count > 0 || options.About is not null)
            {
                found.AddRange(Show(seed, options));
            }
            if (sums.Seeds % SeedsPerLine == 0)
            {
                Console.Error.WriteLine(
                    $"{sums.Seeds} seeds, {sums.Steps} steps, {sums.Seeds / clock.Elapsed.TotalSeconds:F1} seeds/s, "
                        + $"{sums.Found.Count} with violations"
                );
            }
        }
        if (options.JudgesCoverage)
        {
            found.AddRange(sums.Missing());
        }
        return new VerifyResult(sums.ToLine(options, clock.Elapsed, found.Count), found);
    }

    private static VerifyResult Repeat(SimOptions options)
    {
        var clock = Stopwatch.StartNew();
        var (sums, found, traces) = (new SimSums(), new List<string>(), new HashSet<ulong>());
        for (var time = 0; time < options.Times; time++)
        {
            var result = MarketSimulation.Run(options.Seed, options.Jobs, options.Off);
            sums.Add(options.Seed, result);
            traces.Add(result.TraceHash);
            found.AddRange(result.Violations.Select(violation => $"seed {options.Seed}: {violation}"));
        }
        if (traces.Count > 1)
        {
            found.Add($"seed {options.Seed}: {options.Times} runs gave {traces.Count} traces.");
        }
        return new VerifyResult(sums.ToLine(options, clock.Elapsed, found.Count), found);
    }

    /// <summary>The violations of the smallest run that still has one, the steps before them, and the command that repeats it.</summary>
    private static IEnumerable<string> Show(ulong seed, SimOptions options)
    {
        var small = options.FindingsMax == 1 || options.About is not null ? options : SmallRun.Of(seed, options);
        var result = MarketSimulation.Run(seed, small.Jobs, small.Off, keepsTrail: true, options.About);
        foreach (var line in result.Before)
        {
            Console.Error.WriteLine($"    {line}");
        }
        return
        [
            .. result.Violations.Select(violation => $"seed {seed}: {violation}"),
            $"seed {seed}: repeat it with: {Command} --seed {seed} --seeds 1{small.ToArguments()}",
        ];
    }

    /// <summary>For a run that is to find one violation.</summary>
    internal sealed record SimOptions
    {
        public required ulong Seed { get; init; }
        public required int Seeds { get; init; }
        public required int Times { get; init; }
        public required int? Jobs { get; init; }
        public required IReadOnlyList<string> Off { get; init; }
        public required int FindingsMax { get; init; }

        /// <summary>All that names this is shown.</summary>
        public required string? About { get; init; }

        /// <summary>Few runs may lack a fault by chance, and so may runs that were made smaller.</summary>
        public bool JudgesCoverage => Seeds >= SeedsPerLine && Jobs is null && Off.Count == 0 && FindingsMax > 1;

        public static SimOptions Of(VerifyArguments arguments) =>
            new()
            {
                Seed = (ulong)arguments.Number("seed", 1),
                Seeds = arguments.Number("seeds", 2000),
                Times = arguments.Number("times", 1),
                Jobs = arguments.Text("jobs") is null ? null : arguments.Number("jobs", 0),
                Off = arguments.Text("off")?.Split(',') ?? [],
                About = arguments.Text("about"),
                FindingsMax = arguments.Number("findings", SimCheck.FindingsMax),
            };

        public string ToArguments() =>
            (Jobs is { } jobs ? $" --jobs {jobs}" : "") + (Off.Count > 0 ? $" --off \"{string.Join(',', Off)}\"" : "");
    }
}
