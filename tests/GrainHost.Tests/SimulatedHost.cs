using Marketplace.GrainHost.Hosting;
using Marketplace.GrainHost.Simulation;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.GrainHost.Tests;

/// <summary>Runs a scenario against a host in a simulated run: nothing in it depends on real time or threads.</summary>
internal static class SimulatedHost
{
    public static SimulatedRun Run(
        Func<RunningHost, TimeProvider, Task> scenario,
        ulong seed = 1,
        Action<GrainHostOptions>? configure = null,
        Action<IServiceCollection>? register = null)
    {
        var run = new SimulatedRun(seed);
        run.Run(async () =>
        {
            await using var host = await RunningHost.Start(
                options =>
                {
                    options.Scheduler = run.Scheduler;
                    options.TimeProvider = run.Time;
                    configure?.Invoke(options);
                },
                register);
            await scenario(host, run.Time);
        });
        return run;
    }
}
