using Marketplace.GrainHost.Simulation;
using Marketplace.GrainHost.Storage;
using Orleans.Storage;

namespace Marketplace.GrainHost.Tests;

internal interface IMortalGrain : IGrainWithStringKey
{
    /// <summary>Writes a number every second.</summary>
    Task Write(int times);

    Task<int> Read();

    Task<int> WriteThrough(string other, int times);
}

internal sealed class MortalGrain(
    [PersistentState("state", "counters")] IPersistentState<CounterState> state,
    TimeProvider time,
    Diary diary
) : Grain, IMortalGrain
{
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        diary.Write("off");
        return Task.CompletedTask;
    }

    public async Task Write(int times)
    {
        this.RegisterGrainTimer(() => Task.CompletedTask, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        for (var count = 0; count < times; count++)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), time);
            state.State = state.State with { Count = state.State.Count + 1 };
            await state.WriteStateAsync();
        }
    }

    public Task<int> Read() => Task.FromResult(state.State.Count);

    public async Task<int> WriteThrough(string other, int times)
    {
        await GrainFactory.GetGrain<IMortalGrain>(other).Write(times);
        return times;
    }
}

public class KillTests
{
    [Fact]
    public void KilledHost_RunsNothingAnyMore_AndTheNextOneFindsWhatWasWritten()
    {
        var run = new SimulatedRun(1);
        var storage = new MemoryGrainStorage();
        var diary = new Diary();
        run.Run(async () =>
        {
            var first = await Start();
            var writing = first.Client.GetGrain<IMortalGrain>("outer").WriteThrough("inner", 10);
            await Task.Delay(TimeSpan.FromSeconds(3.5), run.Time);
            first.Host.Kill();
            var lost = await Assert.ThrowsAsync<SiloUnavailableException>(() => writing);
            Assert.Contains("killed", lost.Message);
            await Assert.ThrowsAsync<SiloUnavailableException>(() => first.Client.GetGrain<IMortalGrain>("inner").Read());

            await Task.Delay(TimeSpan.FromSeconds(20), run.Time);
            await using var second = await Start();
            Assert.Equal(3, await second.Client.GetGrain<IMortalGrain>("inner").Read());
            Assert.Empty(diary.Lines);
        });

        Task<RunningHost> Start() =>
            RunningHost.Start(
                options =>
                {
                    options.Scheduler = run.Scheduler;
                    options.TimeProvider = run.Time;
                },
                services => services.AddSingleton(diary).AddKeyedSingleton<IGrainStorage>("counters", storage)
            );
    }

    [Fact]
    public void KilledGrains_FailTheCallsOfThoseThatLiveOn_AndBeginAnewWithTheNextCall()
    {
        var diary = new Diary();
        SimulatedHost.Run(
            async (host, time) =>
            {
                var outer = host.Client.GetGrain<IMortalGrain>("outer");
                var writing = outer.WriteThrough("inner", 10);
                await Task.Delay(TimeSpan.FromSeconds(3.5), time);
                host.Host.Kill(grain => grain.Key.ToString() == "inner");
                Assert.Contains("killed", (await Assert.ThrowsAsync<SiloUnavailableException>(() => writing)).Message);

                await Task.Delay(TimeSpan.FromSeconds(20), time);
                Assert.Equal(3, await host.Client.GetGrain<IMortalGrain>("inner").Read());
                Assert.Equal(2, await outer.WriteThrough("inner", 2));
                Assert.Equal(5, await host.Client.GetGrain<IMortalGrain>("inner").Read());
                Assert.Empty(diary.Lines);
            },
            register: services => services.AddSingleton(diary).AddKeyedSingleton<IGrainStorage>("counters", new MemoryGrainStorage())
        );
    }
}
