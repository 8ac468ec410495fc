using Marketplace.GrainHost.Simulation;
using Marketplace.GrainHost.Storage;
using Marketplace.GrainHost.Turns;
using Orleans.Storage;

namespace Marketplace.GrainHost.Tests;

internal interface IEscapeGrain : IGrainWithStringKey
{
    Task TaskRun();

    Task TaskRunUnawaited();
}

internal sealed class EscapeGrain : Grain, IEscapeGrain
{
    public async Task TaskRun() => await Task.Run(() => { });

    public Task TaskRunUnawaited()
    {
        _ = Task.Run(() => { });
        return Task.CompletedTask;
    }
}

internal interface IEscapeOnActivateGrain : IGrainWithStringKey
{
    Task Call();
}

internal sealed class EscapeOnActivateGrain : Grain, IEscapeOnActivateGrain
{
    public override Task OnActivateAsync(CancellationToken cancellationToken) => Task.Run(() => { }, cancellationToken);

    public Task Call() => Task.CompletedTask;
}

public class SimulationTests
{
    [Fact]
    public void SameSeed_GivesTheSameTrace_OverTwentyReplays()
    {
        var first = Play(42);
        Assert.True(first.Steps > 500);
        for (var replay = 0; replay < 20; replay++)
        {
            var again = Play(42);
            Assert.Equal((first.TraceHash, first.Steps), (again.TraceHash, again.Steps));
        }
    }

    [Fact]
    public void DifferentSeeds_GiveDifferentTraces() =>
        Assert.Equal(20, Enumerable.Range(0, 20).Select(seed => Play((ulong)seed).TraceHash).Distinct().Count());

    [Fact]
    public void TaskRunInAGrain_FailsTheRun_AndIsNamed()
    {
        var error = Assert.Throws<GrainThreadViolationException>(() =>
            SimulatedHost.Run((host, _) => host.Client.GetGrain<IEscapeGrain>("a").TaskRun())
        );
        Assert.Equal("escape/a", error.Grain);
        Assert.Equal("IEscapeGrain.TaskRun", error.Method);
    }

    [Fact]
    public void TaskRunThatNobodyAwaits_FailsTheRunToo()
    {
        var error = Assert.Throws<GrainThreadViolationException>(() =>
            SimulatedHost.Run((host, _) => host.Client.GetGrain<IEscapeGrain>("a").TaskRunUnawaited())
        );
        Assert.Equal("IEscapeGrain.TaskRunUnawaited", error.Method);
    }

    [Fact]
    public void TaskRunDuringTheActivation_IsNamedToo()
    {
        var error = Assert.Throws<GrainThreadViolationException>(() =>
            SimulatedHost.Run((host, _) => host.Client.GetGrain<IEscapeOnActivateGrain>("a").Call())
        );
        Assert.Equal(("escapeonactivate/a", "OnActivateAsync"), (error.Grain, error.Method));
    }

    [Fact]
    public void WorkSentToThePoolByTheScenarioItself_FailsTheRun()
    {
        var error = Assert.Throws<GrainThreadViolationException>(() => new SimulatedRun(1).Run(async () => await Task.Run(() => { })));
        Assert.Contains("Code outside of the grains", error.Message);
    }

    [Fact]
    public void ScenarioThatWaitsForNothing_IsStuck_AndSaysSo()
    {
        var run = new SimulatedRun(1);
        var error = Assert.Throws<SimulationStuckException>(() => run.Run(() => new TaskCompletionSource().Task));
        Assert.Contains("all turns wait", error.Message);
    }

    [Fact]
    public void TimeMoves_OnlyWhenNothingCanRun()
    {
        var run = SimulatedHost.Run(
            async (host, time) =>
            {
                var begun = time.GetTimestamp();
                for (var call = 0; call < 100; call++)
                {
                    await host.Client.GetGrain<IEchoGrain>("a").Later("x");
                }
                Assert.Equal(TimeSpan.Zero, time.GetElapsedTime(begun));
            }
        );
        Assert.True(run.Steps > 200);
    }

    [Fact]
    public void Steps_CanBeRead()
    {
        var run = new SimulatedRun(7);
        var steps = new List<TurnStep>();
        run.OnStep = steps.Add;
        SimulatedHost.Run(run, (host, _) => host.Client.GetGrain<IEchoGrain>("a").Nothing());
        Assert.Equal(
            [
                "Began echo/a OnActivateAsync",
                "Activated echo/a ",
                "Began echo/a IEchoGrain.Nothing",
                "Ended echo/a IEchoGrain.Nothing",
                "Began echo/a OnDeactivateAsync",
                "Deactivated echo/a ShuttingDown",
            ],
            steps.Select(step => $"{step.Kind} {step.Grain} {step.Method}")
        );
    }

    private static SimulatedRun Play(ulong seed) =>
        SimulatedHost.Run(
            async (host, time) =>
            {
                await Task.WhenAll(
                    Enumerable
                        .Range(0, 30)
                        .Select(async number =>
                        {
                            var counter = host.Client.GetGrain<ICounterGrain>($"{number % 5}");
                            await counter.Increment();
                            await host.Client.GetGrain<IReentrantGrain>("r").Visit();
                            await Task.Delay(TimeSpan.FromSeconds(number % 3), time);
                            await host.Client.GetGrain<IChainGrain>("a").Through("bc", allowReentrancy: true);
                            if (number % 7 == 0)
                            {
                                await counter.End();
                            }
                            await counter.Increment();
                        })
                );
            },
            seed,
            register: services => services.AddKeyedSingleton<IGrainStorage>("counters", new MemoryGrainStorage())
        );
}
