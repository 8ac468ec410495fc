using Marketplace.GrainHost.Simulation;

namespace Marketplace.GrainHost.Tests;

/// <summary>Runs a scenario against a host in a simulated run: nothing in it depends on real time or threads.</summary>
internal static class SimulatedHost
{
    public static SimulatedRun Run(
        Func<RunningHost, TimeProvider, Task> scenario,
        ulong seed = 1,
        Action<GrainHostOptions>? configure = null,
        Action<IServiceCollection>? register = null
    )
    {
        var run = new SimulatedRun(seed);
        Run(run, scenario, configure, register);
        return run;
    }

    /// <summary>One host of several in the same run, one after the other.</summary>
    public static void Run(
        SimulatedRun run,
        Func<RunningHost, TimeProvider, Task> scenario,
        Action<GrainHostOptions>? configure = null,
        Action<IServiceCollection>? register = null
    ) =>
        run.Run(async () =>
        {
            await using var host = await RunningHost.Start(
                options =>
                {
                    options.Scheduler = run.Scheduler;
                    options.TimeProvider = run.Time;
                    configure?.Invoke(options);
                },
                register
            );
            await scenario(host, run.Time);
        });
}
