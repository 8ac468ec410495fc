namespace Marketplace.GrainHost.Tests;

internal interface ISlowGrain : IGrainWithStringKey
{
    Task Work(TimeSpan time);

    [ResponseTimeout("00:00:02")]
    Task WorkWithShortPatience(TimeSpan time);

    Task<int> Finished();
}

internal sealed class SlowGrain(TimeProvider time) : Grain, ISlowGrain
{
    private int _finished;

    public async Task Work(TimeSpan duration)
    {
        await Task.Delay(duration, time);
        _finished++;
    }

    public Task WorkWithShortPatience(TimeSpan duration) => Work(duration);

    public Task<int> Finished() => Task.FromResult(_finished);
}

public class TimeoutTests
{
    [Fact]
    public void Timeout_ReachesTheCaller_AndTheMethodRunsOn() =>
        SimulatedHost.Run(
            async (host, time) =>
            {
                var grain = host.Client.GetGrain<ISlowGrain>("a");
                var begun = time.GetTimestamp();
                var error = await Assert.ThrowsAsync<TimeoutException>(() => grain.Work(TimeSpan.FromSeconds(40)));

                Assert.InRange(time.GetElapsedTime(begun), TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(33));
                Assert.Contains("ISlowGrain.Work of slow/a", error.Message);
                Assert.Equal(1, await grain.Finished());
            }
        );

    [Fact]
    public void MethodsOwnTimeout_IsTheOneThatCounts() =>
        SimulatedHost.Run(
            async (host, time) =>
            {
                var begun = time.GetTimestamp();
                await Assert.ThrowsAsync<TimeoutException>(() =>
                    host.Client.GetGrain<ISlowGrain>("a").WorkWithShortPatience(TimeSpan.FromSeconds(10))
                );
                Assert.InRange(time.GetElapsedTime(begun), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(3));
            }
        );

    [Fact]
    public void CallThatTimesOutWhileItWaits_NeverRuns() =>
        SimulatedHost.Run(
            async (host, time) =>
            {
                var grain = host.Client.GetGrain<ISlowGrain>("a");
                var first = grain.Work(TimeSpan.FromSeconds(29));
                var second = grain.WorkWithShortPatience(TimeSpan.FromSeconds(1));
                await Assert.ThrowsAsync<TimeoutException>(() => second);
                await first;
                await Task.Delay(TimeSpan.FromSeconds(5), time);
                Assert.Equal(1, await grain.Finished());
            }
        );

    [Fact]
    public void CallInTime_IsNotTouchedByTheSweep() =>
        SimulatedHost.Run(async (host, _) => await host.Client.GetGrain<ISlowGrain>("a").Work(TimeSpan.FromSeconds(29)));
}
