using System.Diagnostics;
using Marketplace.Grains.Tests.Ledger;

namespace Marketplace.Verify;

/// <summary>
/// Random money operations on the real accounts over the real store, with crashes and lost calls and writes: after every durable event
/// balances, holds and transfers under way are what was brought in. In runs of their own seeds, so that a finding is replayed soon.
/// </summary>
public static class LedgerCheck
{
    private const int OperationsPerRun = 100_000;
    private const int OperationsPerCrash = 2000;

    public static Task<VerifyResult> Run(VerifyArguments arguments)
    {
        var wanted = arguments.Number("n", 1_000_000);
        var accounts = arguments.Number("accounts", 1000);
        var first = (ulong)arguments.Number("seed", 1);

        var clock = Stopwatch.StartNew();
        var found = new List<string>();
        var totals = new Totals();
        var seed = first;
        for (var left = wanted; left > 0 && found.Count < LedgerBooks.ViolationsMax; seed++)
        {
            var operations = Math.Min(left, OperationsPerRun);
            left -= operations;
            try
            {
                var result = LedgerRun.Run(seed, operations, accounts, Math.Min(OperationsPerCrash, Math.Max(1, operations / 10)));
                totals.Add(result);
                found.AddRange(result.Violations.Concat(LedgerRun.Missing(result)).Select(violation => $"seed {seed}: {violation}"));
            }
            catch (Exception failure)
            {
                // A run that is stuck, or whose calls fail in ways that they must not, is a finding with its seed.
                found.Add($"seed {seed}: {failure}");
            }
            Console.Error.WriteLine($"seed {seed}: {wanted - left} operations, {totals.SumsTaken} sums, {found.Count} violations");
        }

        var line = new
        {
            Verify = "ledger",
            Seed = first,
            Runs = seed - first,
            N = wanted,
            Accounts = accounts,
            Operations = totals.Operations,
            Events = totals.Events,
            Faults = totals.Faults,
            totals.SnapshotsRead,
            totals.SumsTaken,
            totals.Steps,
            Violations = found.Count,
            Seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
        };
        return Task.FromResult(new VerifyResult(line, found));
    }

    private sealed class Totals
    {
        public SortedDictionary<string, long> Operations { get; } = new(StringComparer.Ordinal);
        public SortedDictionary<string, long> Events { get; } = new(StringComparer.Ordinal);
        public SortedDictionary<string, long> Faults { get; } = new(StringComparer.Ordinal);
        public long SnapshotsRead { get; private set; }
        public long SumsTaken { get; private set; }
        public long Steps { get; private set; }

        public void Add(LedgerResult result)
        {
            Add(Operations, result.Operations);
            Add(Events, result.Events);
            Add(Faults, result.Faults.Select(fault => KeyValuePair.Create(fault.Key, (long)fault.Value)));
            SnapshotsRead += result.SnapshotsRead;
            SumsTaken += result.SumsTaken;
            Steps += result.Steps;
        }

        private static void Add(SortedDictionary<string, long> sums, IEnumerable<KeyValuePair<string, long>> counts)
        {
            foreach (var (name, count) in counts)
            {
                sums[name] = sums.GetValueOrDefault(name) + count;
            }
        }
    }
}
