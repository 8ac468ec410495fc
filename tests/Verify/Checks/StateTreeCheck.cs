using System.Diagnostics;
using Marketplace.Storage.State;

namespace Marketplace.Verify.Checks;

/// <summary>
/// Random batches on stored state trees and on a naive model that shares no code with them; each bit of proofs is changed, and none may
/// pass. A kind of case that never came is a violation.
/// </summary>
public static class StateTreeCheck
{
    /// <summary>Batches of one seed: a state grows, shrinks, is stored, read again, pruned and emptied.</summary>
    private const int BatchesOfSeed = 250;

    private static readonly string[] Kinds =
    [
        "absences proved",
        "batches",
        "bits of chunks changed",
        "bits of proofs changed",
        "changes",
        "checkpoints",
        "chunks",
        "chunks that lack an entry",
        "lists",
        "old checkpoints read",
        "presences proved",
        "proofs of an empty state",
        "pruned",
        "restarts",
        "states emptied",
    ];

    public static async Task<VerifyResult> Run(VerifyArguments arguments)
    {
        var clock = Stopwatch.StartNew();
        var (batches, first) = (arguments.Number("n", 10_000), arguments.Number("seed", 1));
        var counts = Kinds.ToDictionary(kind => kind, _ => 0L);
        var found = new List<string>();
        var gate = new Lock();
        var seeds = Enumerable.Range(first, (batches + BatchesOfSeed - 1) / BatchesOfSeed);
        await Parallel.ForEachAsync(
            seeds,
            async (seed, _) =>
            {
                var run = new StateRun(seed);
                await run.Run(Math.Min(BatchesOfSeed, batches), flipEvery: 50);
                lock (gate)
                {
                    found.AddRange(run.Violations);
                    foreach (var (kind, count) in run.Counts)
                    {
                        counts[kind] = counts.GetValueOrDefault(kind) + count;
                    }
                }
            }
        );
        found.AddRange(counts.Where(kind => kind.Value == 0).Select(kind => $"of '{kind.Key}' there was no case"));
        found.AddRange(counts.Keys.Except(Kinds).Select(kind => $"'{kind}' is no kind that this check knows"));
        var line = new
        {
            Verify = "smt",
            Seed = first,
            Cases = counts,
            Violations = found.Count,
            Seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
        };
        return new VerifyResult(line, found);
    }
}
