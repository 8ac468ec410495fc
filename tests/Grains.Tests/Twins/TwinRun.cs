using Marketplace.GrainHost.Simulation;
using Marketplace.GrainInterfaces;
using Marketplace.Grains.Tests.Simulation;
using Marketplace.Storage;

namespace Marketplace.Grains.Tests.Twins;

/// <summary>What a run came to.</summary>
internal sealed record TwinResult(
    IReadOnlyDictionary<string, int> Doubles,
    IReadOnlyDictionary<string, int> Conflicts,
    IReadOnlyDictionary<string, int> Operations,
    IReadOnlyDictionary<string, int> Faults,
    long Steps,
    IReadOnlyList<string> Violations
);

/// <summary>
/// Double activations on purpose: two hosts of the real grains over one real store on a simulated disk, both alive for the whole run. Every
/// call goes to either of them or to both, so most grains have two activations, of which neither knows of the other. Everything follows
/// from the seed.
/// </summary>
internal static class TwinRun
{
    /// <param name="seed">Decides everything.</param>
    /// <param name="operations">How many the clients do.</param>
    /// <param name="isUnconditional">The store loses its safeguard: it writes whatever version was expected. The run must find
    /// violations.</param>
    public static TwinResult Run(ulong seed, int operations = 200, bool isUnconditional = false)
    {
        var run = new SimulatedRun(seed);
        var plan = new FaultPlan();
        var watch = new TwinWatch();
        var facts = new TwinFacts();
        var violations = new List<string>();
        try
        {
            violations.AddRange(run.Run(() => Play(run, plan, watch, facts, operations, isUnconditional)));
        }
        catch (Exception failure) when (failure is not GrainThreadViolationException)
        {
            // Books that were broken stop the accounts that they belong to, and with them the run.
            violations.AddRange(facts.Violations);
            violations.Add($"the run did not come to its end: {failure.Message}");
        }

        violations.AddRange(watch.Violations);
        return new TwinResult(watch.Doubles, watch.Conflicts, facts.Operations, plan.Counts, run.Steps, violations);
    }

    private static async Task<IReadOnlyList<string>> Play(
        SimulatedRun run,
        FaultPlan plan,
        TwinWatch watch,
        TwinFacts facts,
        int operations,
        bool isUnconditional
    )
    {
        await using var disk = new SimulatedStore(
            run.Time,
            (int)(run.Chance.Next() >> 33),
            new EmbeddedStoreOptions
            {
                Projections = MarketProjections.All,
                SegmentBytes = 64 * 1024,
                FoldDelay = TimeSpan.FromMilliseconds(50),
            },
            new SimulatedDelays()
        );
        var blobs = new MemoryDisk();
        var feed = new LossyFeed(plan, run.Chance.Fork());
        var setting = new TwinSetting(disk.Open(), blobs, watch, plan, feed, isUnconditional);
        TwinHost[] hosts = [await TwinHost.Start("left", run, setting), await TwinHost.Start("right", run, setting)];
        TwinWorker[] workers =
        [
            .. new[] { ("cheap", 3L, 0), ("middle", 5L, 1), ("dear", 7L, 0), ("dearest", 9L, 1) }.Select(worker => new TwinWorker(
                hosts[worker.Item3].Link,
                plan,
                run.Chance.Fork(),
                worker.Item1,
                worker.Item2
            )),
        ];
        var payees = workers.Select(worker => worker.Account).ToArray();
        var serving = workers.Select(worker => worker.Serve()).ToArray();
        var load = new TwinLoad(hosts, run.Chance.Fork(), facts, payees, new MemoryBlobs(blobs, run.Time));
        await load.Run(operations);
        await load.WaitForAll();
        plan.IsOn = false;
        foreach (var worker in workers)
        {
            worker.Stop();
        }
        await Task.WhenAll(serving);
        await ComeToRest(run, hosts, [.. load.Payers, .. payees]);
        watch.End();
        return await TwinInvariants.Violations(setting.Store, load, facts, payees, feed);
    }

    /// <summary>
    /// Longer than the age at which accounts ask for the ends of their holds. The first question wakes the accounts, as a reminder would.
    /// </summary>
    private static async Task ComeToRest(SimulatedRun run, TwinHost[] hosts, AccountId[] accounts)
    {
        for (var round = 0; round < 2; round++)
        {
            foreach (var account in accounts)
            {
                await hosts[round].Link.Insist(grains => grains.GetGrain<IAccountGrain>(account.ToString()).Settle([], Authority.Market));
            }
            await Task.Delay(AccountPolicy.HoldOrphanAge + (2 * AccountPolicy.ReconcilePeriod), run.Time);
        }

        foreach (var host in hosts)
        {
            await host.Stop();
        }
    }
}
