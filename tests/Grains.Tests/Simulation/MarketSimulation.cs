using Marketplace.GrainHost.Simulation;
using Marketplace.GrainInterfaces;
using Marketplace.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Grains.Tests.Simulation;

/// <summary>What a run came to.</summary>
internal sealed record SimulationResult(
    ulong TraceHash,
    long Steps,
    TimeSpan Simulated,
    IReadOnlyDictionary<string, int> Faults,
    IReadOnlyList<string> Violations
);

/// <summary>
/// Jobs through the real grains and the real store, with a simulated clock, disk and link: calls and answers get lost, doubled and late,
/// writes fail before and after they happened, workers fail and fall silent, the power goes. Everything follows from the seed.
/// </summary>
internal static class MarketSimulation
{
    private const int PowerCutsMax = 4;

    public static SimulationResult Run(ulong seed, int jobs = 100, Action<IServiceCollection>? register = null)
    {
        var run = new SimulatedRun(seed);
        var plan = new FaultPlan();
        var violations = run.Run(async () =>
        {
            await using var silo = new SimulatedSilo(run, plan, register);
            await silo.Start();
            var client = new SimulatedClient(silo, run.Chance.Fork(), jobs);
            SimulatedWorker[] workers =
            [
                .. new[] { ("cheap", 3L), ("middle", 5L), ("dear", 7L), ("dearest", 9L) }.Select(worker => new SimulatedWorker(
                    silo.Link,
                    plan,
                    run.Chance.Fork(),
                    worker.Item1,
                    worker.Item2
                )),
            ];
            var serving = workers.Select(worker => worker.Serve()).ToArray();
            var working = client.Work();
            await CutPower(silo, plan, run.Chance.Fork(), working);
            await working;
            plan.IsOn = false;
            foreach (var worker in workers)
            {
                worker.Stop();
            }
            await Task.WhenAll(serving);
            var accounts = workers.Select(worker => worker.Account).Append(client.Account).ToArray();
            await ComeToRest(silo, accounts);
            return await SimulationInvariants.Violations(silo.Store, client, accounts, silo.Feed);
        });
        return new SimulationResult(run.TraceHash, run.Steps, run.Time.GetUtcNow() - SimulatedRun.Start, plan.Counts, violations);
    }

    private static async Task CutPower(SimulatedSilo silo, FaultPlan plan, SeededChance chance, Task working)
    {
        for (var cuts = 0; cuts < PowerCutsMax; cuts++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100 + chance.Below(3000)), silo.Time);
            if (working.IsCompleted)
            {
                return;
            }
            silo.Crash();
            await Task.Delay(TimeSpan.FromMilliseconds(chance.Below(1000)), silo.Time);
            await silo.Start();
        }
    }

    /// <summary>
    /// Longer than the age at which accounts ask for the ends of their holds. The first question wakes the accounts, as a reminder would.
    /// </summary>
    private static async Task ComeToRest(SimulatedSilo silo, AccountId[] accounts)
    {
        for (var round = 0; round < 2; round++)
        {
            foreach (var account in accounts)
            {
                await silo.Insist(grains => Wake(grains, account));
            }
            await Task.Delay(AccountPolicy.HoldOrphanAge + (2 * AccountPolicy.ReconcilePeriod), silo.Time);
        }

        await silo.Stop();
    }

    private static async Task<bool> Wake(IGrainFactory grains, AccountId account)
    {
        try
        {
            await grains.GetGrain<IAccountGrain>(account.ToString()).Get();
        }
        catch (MarketException unknown) when (unknown.Code == ErrorCode.AccountNotFound)
        {
            // A worker that has earned nothing has no account.
            return false;
        }

        return true;
    }
}
