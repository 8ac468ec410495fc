using Marketplace.GrainHost.Simulation;
using Marketplace.GrainHost.Turns;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Grains.Tests.Simulation;

/// <summary>What a run came to.</summary>
internal sealed record SimulationResult
{
    public required ulong TraceHash { get; init; }
    public required long Steps { get; init; }
    public required TimeSpan Simulated { get; init; }
    public required MarketScenario Scenario { get; init; }
    public required IReadOnlyDictionary<string, int> Faults { get; init; }
    public required IReadOnlyDictionary<string, int> Ends { get; init; }
    public required int Leases { get; init; }
    public required int LeasesOfOtherShards { get; init; }
    public required int EarlierStarts { get; init; }
    public required int Doubles { get; init; }
    public required IReadOnlyList<string> Violations { get; init; }

    /// <summary>The last steps before the first violation; empty unless the run was to keep them.</summary>
    public required IReadOnlyList<string> Before { get; init; }
}

/// <summary>
/// A small market through the real grains and the real store, with a simulated clock, disk and links: buyers order, cancel and pay; remote
/// workers run, stall, repeat, lie and vanish; calls and answers get lost, doubled and late between all of them, also between shards;
/// writes fail before and after they happened; silos are lost with the shards that they had; the power goes. All follows from the seed.
/// </summary>
internal static class MarketSimulation
{
    /// <summary>Steps from one look into all books to the next.</summary>
    private const long StepsPerCheck = 100;

    /// <param name="seed">Decides everything.</param>
    /// <param name="jobs">How many; null: as the seed says.</param>
    /// <param name="off">Kinds of faults that are left out beside those that the seed leaves out.</param>
    /// <param name="keepsTrail">Whether the steps before a violation are kept.</param>
    /// <param name="about">See <see cref="SimulatedRunTrail"/>.</param>
    /// <param name="register">Replaces services of the grains.</param>
    /// <param name="settlesOnChain">What is earned is claimed on a chain.</param>
    public static SimulationResult Run(
        ulong seed,
        int? jobs = null,
        IEnumerable<string>? off = null,
        bool keepsTrail = false,
        string? about = null,
        Action<IServiceCollection>? register = null,
        bool settlesOnChain = false
    )
    {
        var run = new SimulatedRun(seed);
        var trail = new SimulatedRunTrail(keepsTrail, about) { Now = run.Time.GetUtcNow };
        var scenario = MarketScenario.Of(run.Chance.Fork(), jobs, off ?? []);
        var plan = new FaultPlan { Off = scenario.Off };
        var facts = new MarketFacts(trail, scenario.NewShards());
        try
        {
            run.Run(async () =>
            {
                var market = new SimulatedMarket(run, plan, scenario, facts, register) { SettlesOnChain = settlesOnChain };
                run.OnStep = step => Watch(step, trail, market);
                var playing = Play(market, run, trail);
                // What broken books bring about afterwards takes long and shows nothing.
                if (await Task.WhenAny(playing, trail.WhenBroken) == playing)
                {
                    await playing;
                    await market.DisposeAsync();
                }
            });
        }
        catch (Exception failure) when (failure is not GrainThreadViolationException)
        {
            // Books that were broken stop the accounts that they belong to, and with them the run.
            trail.Violate($"the run did not come to its end: {failure}");
        }
        return new SimulationResult
        {
            TraceHash = run.TraceHash,
            Steps = run.Steps,
            Simulated = run.Time.GetUtcNow() - SimulatedRun.Start,
            Scenario = scenario,
            Faults = plan.Counts,
            Ends = facts.Endings.Values.GroupBy(ending => ending.End.Status).ToDictionary(group => $"{group.Key}", group => group.Count()),
            Leases = facts.Leases,
            LeasesOfOtherShards = facts.LeasesOfOtherShards,
            EarlierStarts = facts.EarlierStarts,
            Doubles = facts.Doubles,
            Violations = trail.Violations,
            Before = trail.Before,
        };
    }

    private static async Task Play(SimulatedMarket market, SimulatedRun run, SimulatedRunTrail trail)
    {
        await market.Begin();
        await market.Work();
        await market.End();
        run.OnStep = null;
        foreach (var violation in market.Books.Violations.Concat(await market.Violations()))
        {
            trail.Violate(violation);
        }
    }

    private static void Watch(in TurnStep step, SimulatedRunTrail trail, SimulatedMarket market)
    {
        trail.Took(step);
        // Before a step nothing else runs, so no book is in the middle of a change.
        if (step.Kind == TurnStepKind.Began && trail.IsCheckDue(StepsPerCheck))
        {
            try
            {
                market.CheckBooks();
            }
            catch (Exception failure)
            {
                // It must not end the turn that comes next.
                trail.Violate($"the books cannot be looked into: {failure}");
            }
        }
    }
}
