using Marketplace.GrainHost.Simulation;
using Marketplace.Grains.Tests.Simulation;

namespace Marketplace.Grains.Tests.Ledger;

/// <summary>What a run came to.</summary>
internal sealed record LedgerResult(
    IReadOnlyDictionary<string, long> Operations,
    IReadOnlyDictionary<string, long> Events,
    IReadOnlyDictionary<string, int> Faults,
    long SumsTaken,
    int SnapshotsRead,
    long Steps,
    IReadOnlyList<string> Violations
);

/// <summary>
/// Random money operations on the real accounts, over the real store on a simulated disk: calls and answers get lost, doubled and late,
/// writes fail before and after they happened, the power goes, processes are killed. Everything follows from the seed.
/// </summary>
internal static class LedgerRun
{
    private static readonly string[] Kinds =
    [
        "credit",
        "credit after its reversal",
        "debit",
        "early reversal",
        "late set aside",
        "reversal",
        "set aside",
        "settle shared",
        "hold",
        "hold, repeated at once",
        "key",
        "late hold",
        "late settlement",
        "release",
        "renew",
        "revoke",
        "settle",
        "settle, repeated later",
        "transfer again",
    ];

    private static readonly string[] Faults =
    [
        "answer late",
        "answer lost",
        "call doubled",
        "call lost",
        "power cut",
        "process killed",
        "write lost",
        "write unconfirmed",
    ];

    public static LedgerResult Run(ulong seed, int operations, int accounts, int operationsPerCrash)
    {
        var run = new SimulatedRun(seed);
        var plan = new FaultPlan();
        var books = new LedgerBooks();
        var counts = new SortedDictionary<string, long>(StringComparer.Ordinal);
        run.Run(async () =>
        {
            await using var silo = new SimulatedSilo(run, plan, register: null, log => new WatchedLog(log, books));
            await silo.Start();
            var load = new LedgerLoad(silo, run.Chance.Fork(), books, counts, accounts);
            await load.Run(operations, operationsPerCrash);
            if (!books.AreBroken)
            {
                plan.IsOn = false;
                await load.ComeToRest();
            }
        });
        return new LedgerResult(
            Operations: counts,
            Events: books.Events,
            Faults: plan.Counts,
            SumsTaken: books.SumsTaken,
            SnapshotsRead: books.SnapshotsRead,
            Steps: run.Steps,
            Violations: books.Violations
        );
    }

    /// <summary>What never happened shows nothing.</summary>
    public static IEnumerable<string> Missing(LedgerResult result) =>
        [
            .. Kinds.Where(kind => !result.Operations.ContainsKey(kind)).Select(kind => $"there was no operation '{kind}'"),
            .. Faults.Where(fault => !result.Faults.ContainsKey(fault)).Select(fault => $"the fault '{fault}' never happened"),
            .. result.SnapshotsRead == 0 ? (string[])["no account was read from a snapshot after a crash"] : [],
        ];
}
