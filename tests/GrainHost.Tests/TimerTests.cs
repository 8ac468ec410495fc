using Orleans.Storage;

namespace Marketplace.GrainHost.Tests;

internal interface ITickGrain : IGrainWithStringKey
{
    Task Start(GrainTimerCreationOptions options);

    Task Change(TimeSpan due, TimeSpan period);

    Task Stop();

    Task<int> Ticks();

    /// <summary>Stays inside and gives the ticks that came meanwhile.</summary>
    Task<int> TicksDuring(TimeSpan time);

    Task End();

    /// <summary>From now on a tick finds that somebody else has written.</summary>
    Task LoseWrites();
}

internal sealed class TickGrain(TimeProvider time, Diary diary) : Grain, ITickGrain
{
    private IGrainTimer? _timer;
    private int _ticks;
    private bool _loses;

    public Task Start(GrainTimerCreationOptions options)
    {
        _timer = this.RegisterGrainTimer(Tick, options);
        return Task.CompletedTask;
    }

    public Task Change(TimeSpan due, TimeSpan period)
    {
        _timer!.Change(due, period);
        return Task.CompletedTask;
    }

    public Task Stop()
    {
        _timer!.Dispose();
        return Task.CompletedTask;
    }

    public Task<int> Ticks() => Task.FromResult(_ticks);

    public async Task<int> TicksDuring(TimeSpan duration)
    {
        var before = _ticks;
        await Task.Delay(duration, time);
        return _ticks - before;
    }

    public Task End()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public Task LoseWrites()
    {
        _loses = true;
        return Task.CompletedTask;
    }

    private Task Tick(CancellationToken cancellation)
    {
        if (_loses)
        {
            throw new InconsistentStateException("Another activation has written.");
        }
        _ticks++;
        diary.Write("tick");
        return _ticks == 2 ? throw new InvalidOperationException("a tick that fails") : Task.CompletedTask;
    }
}

public class TimerTests
{
    private static readonly GrainTimerCreationOptions EverySecond = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
    private readonly Diary _diary = new();

    [Fact]
    public void Timer_TicksOnAfterATickThatFailed_UntilItIsDisposed() =>
        Run(
            async (grain, time) =>
            {
                await grain.Start(EverySecond);
                await Task.Delay(TimeSpan.FromSeconds(10.5), time);
                Assert.Equal(10, await grain.Ticks());
                await grain.Stop();
                await Task.Delay(TimeSpan.FromSeconds(10), time);
                Assert.Equal(10, await grain.Ticks());
            }
        );

    [Fact]
    public void ChangedTimer_TicksAtItsNewTimes() =>
        Run(
            async (grain, time) =>
            {
                await grain.Start(EverySecond);
                await Task.Delay(TimeSpan.FromSeconds(2.5), time);
                await grain.Change(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(10));
                await Task.Delay(TimeSpan.FromSeconds(4.5), time);
                Assert.Equal(2, await grain.Ticks());
                await Task.Delay(TimeSpan.FromSeconds(11), time);
                Assert.Equal(4, await grain.Ticks());
            }
        );

    [Fact]
    public void Tick_WaitsForTheRunningCall() =>
        Run(
            async (grain, _) =>
            {
                await grain.Start(EverySecond);
                Assert.Equal(0, await grain.TicksDuring(TimeSpan.FromSeconds(5)));
            }
        );

    [Fact]
    public void InterleavedTick_DoesNotWait() =>
        Run(
            async (grain, _) =>
            {
                await grain.Start(EverySecond with { Interleave = true });
                Assert.InRange(await grain.TicksDuring(TimeSpan.FromSeconds(5)), 4, 5);
            }
        );

    [Fact]
    public void Timer_EndsWithItsActivation() =>
        Run(
            async (grain, time) =>
            {
                await grain.Start(EverySecond);
                await Task.Delay(TimeSpan.FromSeconds(3.5), time);
                await grain.End();
                await Task.Delay(TimeSpan.FromSeconds(10), time);
                Assert.Equal(["tick", "tick", "tick"], _diary.Lines);
            }
        );

    [Fact]
    public void TickThatFindsItsStateOutOfDate_EndsTheActivation() =>
        Run(
            async (grain, time) =>
            {
                await grain.Start(EverySecond);
                await Task.Delay(TimeSpan.FromSeconds(3.5), time);
                await grain.LoseWrites();
                await Task.Delay(TimeSpan.FromSeconds(1), time);
                Assert.Equal(0, await grain.Ticks());
                await Task.Delay(TimeSpan.FromSeconds(10), time);
                Assert.Equal(["tick", "tick", "tick"], _diary.Lines);
            }
        );

    [Fact]
    public void Ticks_KeepAnActivationAliveOnlyWhereTheySaySo() =>
        Run(
            async (grain, time) =>
            {
                await grain.Start(EverySecond with { KeepAlive = true });
                await Task.Delay(TimeSpan.FromMinutes(30), time);
                Assert.InRange(await grain.Ticks(), 1790, 1800);
                await grain.Stop();

                await grain.Start(EverySecond);
                await Task.Delay(TimeSpan.FromMinutes(30), time);
                Assert.Equal(0, await grain.Ticks());
            }
        );

    private void Run(Func<ITickGrain, TimeProvider, Task> scenario) =>
        SimulatedHost.Run(
            (host, time) => scenario(host.Client.GetGrain<ITickGrain>("a"), time),
            register: services => services.AddSingleton(_diary)
        );
}
