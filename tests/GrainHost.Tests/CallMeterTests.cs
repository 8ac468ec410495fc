using System.Collections.Concurrent;

namespace Marketplace.GrainHost.Tests;

internal interface IMeteredGrain : IGrainWithStringKey
{
    Task Wait();

    Task<int> Answer();

    Task Fail();

    Task Tick();
}

internal sealed class MeteredGrain(TaskCompletionSource end) : Grain, IMeteredGrain
{
    public async Task Wait() => await end.Task;

    public Task<int> Answer() => Task.FromResult(1);

    public async Task Fail()
    {
        await Task.Yield();
        throw new InvalidOperationException("on purpose");
    }

    public async Task Tick()
    {
        var ticked = new TaskCompletionSource();
        using var timer = this.RegisterGrainTimer(
            _ =>
            {
                ticked.SetResult();
                return Task.CompletedTask;
            },
            new GrainTimerCreationOptions(TimeSpan.Zero, Timeout.InfiniteTimeSpan) { Interleave = true }
        );
        await ticked.Task;
    }
}

public sealed class CallMeterTests
{
    private readonly ConcurrentQueue<(string Method, TimeSpan Ran, Exception? Failure)> _told = new();
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task EachCallIsTold_OnceWithItsFailure_AndTicksAreNot()
    {
        await using var host = await Start();
        var grain = host.Client.GetGrain<IMeteredGrain>("one");

        Assert.Equal(1, await grain.Answer());
        await Assert.ThrowsAsync<InvalidOperationException>(grain.Fail);
        await grain.Tick();

        Assert.Equal(["Answer", "Fail", "Tick"], _told.Select(call => call.Method));
        Assert.Equal([null, "on purpose", null], _told.Select(call => call.Failure?.Message));
        Assert.All(_told, call => Assert.InRange(call.Ran, TimeSpan.Zero, TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task Activations_TellWhatWaitsAndWhatRuns()
    {
        await using var host = await Start();
        var busy = host.Client.GetGrain<IMeteredGrain>("busy");
        await host.Client.GetGrain<IMeteredGrain>("idle").Answer();

        var running = busy.Wait();
        var waiting = Enumerable.Range(0, 3).Select(_ => busy.Answer()).ToArray();
        ActivationFigures figures;
        do
        {
            // The first call is taken out of its mailbox by another thread.
            await Task.Yield();
            figures = Assert.Single(host.Host.Activations(), grains => grains.GrainClass == typeof(MeteredGrain));
        } while (figures.Running == 0);
        Assert.Equal((2, 3, 3, 1), (figures.Count, figures.Waiting, figures.WaitingMax, figures.Running));

        _end.SetResult();
        await running;
        await Task.WhenAll(waiting);
        Assert.Equal(0, host.Host.ReminderCount);
    }

    private Task<RunningHost> Start() =>
        RunningHost.Start(
            options => options.CallMeter = method => (ran, failure) => _told.Enqueue((method.Name, ran, failure)),
            services => services.AddSingleton(_end)
        );
}
