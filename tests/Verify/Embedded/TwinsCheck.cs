using System.Diagnostics;
using Marketplace.Grains.Tests.Twins;

namespace Marketplace.Verify;

/// <summary>
/// Double activations of every grain that keeps state, forced by two hosts over one store: no double effect, and the loser of a write goes.
/// With <c>--without etag</c> the store writes unconditionally, and the check must find violations.
/// </summary>
public static class TwinsCheck
{
    private const int ViolationsShownMax = 20;

    public static Task<VerifyResult> Run(VerifyArguments arguments)
    {
        var wanted = arguments.Number("n", 1000);
        var first = (ulong)arguments.Number("seed", 1);
        var operations = arguments.Number("operations", 200);
        var isUnconditional = arguments.Text("without") switch
        {
            null => false,
            "etag" => true,
            var other => throw new ArgumentException($"--without is '{other}'; the safeguard that can be removed is 'etag'."),
        };

        var clock = Stopwatch.StartNew();
        var found = new List<string>();
        var totals = new Totals();
        var seed = first;
        for (; totals.Doubles.Values.Sum() < wanted; seed++)
        {
            var result = TwinRun.Run(seed, operations, isUnconditional);
            totals.Add(result);
            found.AddRange(result.Violations.Select(violation => $"seed {seed}: {violation}"));
            if (seed % 10 == 0)
            {
                Console.Error.WriteLine($"seed {seed}: {totals.Doubles.Values.Sum()} double activations, {found.Count} violations");
            }
            // Enough to show, and what broken books stop takes long to come to its end.
            if (found.Count >= ViolationsShownMax)
            {
                break;
            }
        }

        if (!isUnconditional)
        {
            found.AddRange(totals.Missing());
        }
        var line = new
        {
            Verify = "twins",
            Without = isUnconditional ? "etag" : null,
            Seed = first,
            Runs = seed - first,
            DoubleActivations = totals.Doubles.Values.Sum(),
            DoublesByGrain = totals.Doubles,
            Conflicts = totals.Conflicts.Values.Sum(),
            ConflictsByGrain = totals.Conflicts,
            Operations = totals.Operations.Values.Sum(),
            OperationsByKind = totals.Operations,
            Faults = totals.Faults,
            Steps = totals.Steps,
            Violations = found.Count,
            Seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
        };
        return Task.FromResult(new VerifyResult(line, found));
    }

    private sealed class Totals
    {
        public SortedDictionary<string, int> Doubles { get; } = new(StringComparer.Ordinal);
        public SortedDictionary<string, int> Conflicts { get; } = new(StringComparer.Ordinal);
        public SortedDictionary<string, int> Operations { get; } = new(StringComparer.Ordinal);
        public SortedDictionary<string, int> Faults { get; } = new(StringComparer.Ordinal);
        public long Steps { get; private set; }

        public void Add(TwinResult result)
        {
            Add(Doubles, result.Doubles);
            Add(Conflicts, result.Conflicts);
            Add(Operations, result.Operations);
            Add(Faults, result.Faults);
            Steps += result.Steps;
        }

        /// <summary>What never happened shows nothing: that is a failed check.</summary>
        public IEnumerable<string> Missing() =>
            [
                .. new[] { "account", "blob", "job", "key", "market", "state" }
                    .Where(grain => !Doubles.ContainsKey(grain))
                    .Select(grain => $"no {grain} was active twice"),
                .. new[] { "account", "job" }.Where(grain => !Conflicts.ContainsKey(grain)).Select(grain => $"no {grain} lost a write"),
                .. new[]
                {
                    "announcement lost",
                    "announcement tripled",
                    "answer late",
                    "answer lost",
                    "call doubled",
                    "call lost",
                    "conflict",
                    "lost write seen",
                    "reminder missed",
                    "reminder tripled",
                    "transfer slow",
                    "worker fault",
                    "write lost",
                    "write unconfirmed",
                }
                    .Where(fault => !Faults.ContainsKey(fault))
                    .Select(fault => $"the fault '{fault}' never happened"),
            ];

        private static void Add(SortedDictionary<string, int> sums, IReadOnlyDictionary<string, int> counts)
        {
            foreach (var (name, count) in counts)
            {
                sums[name] = sums.GetValueOrDefault(name) + count;
            }
        }
    }
}
