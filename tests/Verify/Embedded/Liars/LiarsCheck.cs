using System.Diagnostics;
using System.Globalization;
using Marketplace.Grains.Tests.Liars;

namespace Marketplace.Verify.Liars;

/// <summary>
/// A market in which three of ten workers lie, at each level of assurance: wrong results that were accepted, beside what buyers are quoted;
/// slashings, each with its evidence; what lying brought.
/// </summary>
internal static class LiarsCheck
{
    private const int JobsOfALevel = 10_000;
    private const int JobsTogether = 100;
    private const int JobsOfAnEpoch = 50;

    private static readonly string[] Levels = ["none", "audit:10%", "quorum:2/3", "quorum:3/5", "committee:5"];

    public static Task<VerifyResult> Run(VerifyArguments arguments) =>
        arguments.Text("without") is { } name ? LiarsWithoutCheck.Run(name, arguments) : Task.FromResult(RunLevels(arguments));

    private static VerifyResult RunLevels(VerifyArguments arguments)
    {
        var clock = Stopwatch.StartNew();
        var levels = arguments.Text("level")?.Split(',') ?? Levels;
        var (found, rows) = (new List<string>(), new List<object>());
        foreach (var level in levels)
        {
            var scenario = ScenarioOf(arguments, Assurance.Parse(level));
            var result = LiarsRun.Run(scenario);
            found.AddRange(result.Violations.Select(violation => $"{level}: {violation}"));
            rows.Add(RowOf(result));
            Console.Error.WriteLine(
                $"{level, -12} {result.Counts.Wrong} of {result.Counts.Right + result.Counts.Wrong} results wrong; quoted {result.Quoted}; "
                    + $"{result.Violations.Count} violations; {clock.Elapsed.TotalSeconds:F0} s"
            );
        }
        var line = new
        {
            Verify = "liars",
            Seed = arguments.Number("seed", 1),
            Levels = rows,
            Violations = found.Count,
            Seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
        };
        return new VerifyResult(line, found);
    }

    private static LiarsScenario ScenarioOf(VerifyArguments arguments, Assurance assurance) =>
        new()
        {
            Seed = (ulong)arguments.Number("seed", 1),
            Assurance = assurance,
            Jobs = arguments.Number("n", JobsOfALevel),
            Workers = arguments.Number("workers", 100),
            Colluding = arguments.Number("colluding", 10),
            Lazy = arguments.Number("lazy", 10),
            Random = arguments.Number("random", 10),
            Owners = arguments.Text("owners") is null ? null : arguments.Number("owners", 0),
            Return = arguments.Text("excluded") switch
            {
                null or "return" => true,
                "leave" => false,
                var other => throw new ArgumentException($"--excluded is '{other}'; liars that are excluded 'return' or 'leave'."),
            },
            Slots = arguments.Number("slots", 8),
            LiarSlots = arguments.Number("liar-slots", 8),
            LiarPrice = arguments.Number("liar-price", LiarsWorker.Price),
            Stall = arguments.Number("stall", 0) == 1,
            Together = arguments.Number("together", assurance.Kind == AssuranceKind.Committee ? JobsOfAnEpoch : JobsTogether),
        };

    private static object RowOf(LiarsResult result)
    {
        var counts = result.Counts;
        return new
        {
            Level = result.Scenario.Assurance.ToString(),
            counts.Right,
            counts.Wrong,
            counts.Failed,
            WrongShare = Share(counts.Wrong, counts.Wrong + counts.Right),
            WrongShareOfTheFirstTenth = Share(counts.WrongEarly, result.Scenario.Jobs / 10),
            Bound = result.Bound.ToString(),
            result.Quoted,
            counts.Rounds,
            counts.Epochs,
            LiarsShareOfLists = Share(counts.ListedLiars, counts.Listed),
            counts.CapturedEpochs,
            counts.Disputes,
            counts.Slashings,
            counts.HonestSlashed,
            counts.HonestFaults,
            counts.Copied,
            counts.CopiedPaid,
            counts.CopiedByJurors,
            LiarsThatCameAgain = counts.Returns,
            ChangedFilesRefused = counts.ChangedFiles,
            ReceiptsThatHold = counts.Receipts,
            Money = result.Money.ToDictionary(
                money => money.Nature.ToString(),
                money => new { Earned = (decimal)money.Earned, Lost = (decimal)money.Lost }
            ),
            SimulatedHours = Math.Round(result.Simulated.TotalHours, 1),
            result.Steps,
            Violations = result.Violations.Count,
        };
    }

    private static string Share(int part, int whole) =>
        whole == 0 ? "0" : ((double)part / whole).ToString("0.0000", CultureInfo.InvariantCulture);
}
