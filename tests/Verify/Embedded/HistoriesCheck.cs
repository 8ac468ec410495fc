using System.Diagnostics;
using Marketplace.Grains.Tests.Histories;

namespace Marketplace.Verify;

/// <summary>
/// Ledgers of authors that sign several operations under the same numbers, delivered in orders by chance, with repetitions, crashes, lost
/// writes and second activations: each operation stands there once, each fork is shown, each head that was given out still holds.
/// </summary>
public static class HistoriesCheck
{
    private const int ViolationsMax = 20;
    private const int RunsPerLine = 10_000;

    public static Task<VerifyResult> Run(VerifyArguments arguments)
    {
        var wanted = arguments.Number("n", 100_000);
        var first = arguments.Number("seed", 1);

        var clock = Stopwatch.StartNew();
        var found = new List<string>();
        var sums = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var runs = 0;
        for (; runs < wanted && found.Count < ViolationsMax; runs++)
        {
            try
            {
                var result = HistoryRun.Run(first + runs);
                found.AddRange(result.Violations.Select(violation => $"seed {first + runs}: {violation}"));
                Add("deliveries", result.Deliveries);
                Add("records", result.Records);
                Add("forks", result.Forks);
                Add("crashes", result.Crashes);
                Add("lost_writes", result.LostWrites);
                Add("heads", result.Heads);
                Add("changed_copies_refused", result.Changed);
            }
            catch (Exception failure)
            {
                // A run that is stuck, or whose calls fail in ways that they must not, is a finding with its seed.
                found.Add($"seed {first + runs}: {failure}");
            }
            if ((runs + 1) % RunsPerLine == 0)
            {
                Console.Error.WriteLine($"{runs + 1} runs, {found.Count} violations");
            }
        }
        // A check that never met one of these proved nothing of it.
        found.AddRange(sums.Where(sum => sum.Value == 0).Select(sum => $"The runs had no {sum.Key}."));

        var line = new
        {
            Verify = "histories",
            Seed = first,
            N = runs,
            Counts = sums,
            Violations = found.Count,
            Seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
        };
        return Task.FromResult(new VerifyResult(line, found));

        void Add(string name, long count) => sums[name] = sums.GetValueOrDefault(name) + count;
    }
}
