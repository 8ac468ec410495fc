using Marketplace.Grains.Tests.Simulation;

namespace Marketplace.Verify.Sim;

/// <summary>Makes a run with a violation smaller, by fewer jobs and fewer kinds of faults, as long as it has one.</summary>
internal static class SmallRun
{
    public static SimCheck.SimOptions Of(ulong seed, SimCheck.SimOptions options)
    {
        var small = options with { Jobs = options.Jobs ?? MarketSimulation.Run(seed, options.Jobs, options.Off).Scenario.Jobs };
        for (var jobs = small.Jobs!.Value / 2; jobs > 0; jobs /= 2)
        {
            small = Try(seed, small with { Jobs = jobs }) ?? small;
        }
        foreach (var fault in FaultKinds.All)
        {
            small = Try(seed, small with { Off = [.. small.Off, fault] }) ?? small;
        }
        // What the seed leaves out by itself need not be named.
        var own = MarketSimulation.Run(seed, small.Jobs).Scenario.Off;
        return Try(seed, small with { Off = [.. small.Off.Where(fault => !own.Contains(fault))] }) ?? small;
    }

    private static SimCheck.SimOptions? Try(ulong seed, SimCheck.SimOptions options) =>
        MarketSimulation.Run(seed, options.Jobs, options.Off).Violations.Count > 0 ? options : null;
}
