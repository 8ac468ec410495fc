namespace Marketplace.GrainHost.Tests;

/// <summary>What happened to the activations of a test, in order.</summary>
internal sealed class Diary
{
    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];

    public int FailuresLeft { get; set; }

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_gate)
            {
                return [.. _lines];
            }
        }
    }

    public void Write(string line)
    {
        lock (_gate)
        {
            _lines.Add(line);
        }
    }
}

internal interface ILifeGrain : IGrainWithStringKey
{
    Task<int> Count();

    Task EndAfter(TimeSpan time);

    Task Keep(TimeSpan time);
}

internal sealed class LifeGrain(Diary diary, TimeProvider time) : Grain, ILifeGrain
{
    private int _count;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(10), time, cancellationToken);
        if (diary.FailuresLeft-- > 0)
        {
            throw new InvalidOperationException("not today");
        }
        diary.Write($"on {this.GetPrimaryKeyString()}");
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        diary.Write($"off {this.GetPrimaryKeyString()} {reason.ReasonCode}");
        return Task.CompletedTask;
    }

    public Task<int> Count() => Task.FromResult(++_count);

    public async Task EndAfter(TimeSpan duration)
    {
        DeactivateOnIdle();
        await Task.Delay(duration, time);
    }

    public Task Keep(TimeSpan duration)
    {
        DelayDeactivation(duration);
        return Task.CompletedTask;
    }
}

internal interface IEternalGrain : IGrainWithStringKey
{
    Task<int> Count();
}

[KeepAlive]
internal sealed class EternalGrain : Grain, IEternalGrain
{
    private int _count;

    public Task<int> Count() => Task.FromResult(++_count);
}

internal interface IStuckGrain : IGrainWithStringKey
{
    Task Call();
}

internal sealed class StuckGrain(TimeProvider time) : Grain, IStuckGrain
{
    public override Task OnActivateAsync(CancellationToken cancellationToken) => Task.Delay(TimeSpan.FromHours(1), time, cancellationToken);

    public Task Call() => Task.CompletedTask;
}

internal interface IUnbornGrain : IGrainWithStringKey
{
    Task Call();
}

internal sealed class UnbornGrain : Grain, IUnbornGrain
{
    public UnbornGrain() => throw new NotSupportedException("no such grain");

    public Task Call() => Task.CompletedTask;
}

public class ActivationTests
{
    private readonly Diary _diary = new();

    [Fact]
    public void FailedActivation_RefusesTheCallsThatWait_AndTheNextCallTriesAgain() =>
        Run(
            async (host, _) =>
            {
                _diary.FailuresLeft = 1;
                var grain = host.Client.GetGrain<ILifeGrain>("a");
                var first = grain.Count();
                var second = grain.Count();
                Assert.Equal("not today", (await Assert.ThrowsAsync<InvalidOperationException>(() => first)).Message);
                Assert.Equal("not today", (await Assert.ThrowsAsync<InvalidOperationException>(() => second)).Message);
                Assert.Equal(1, await grain.Count());
                Assert.Equal(["on a"], _diary.Lines);
            }
        );

    [Fact]
    public void ExceptionOfTheConstructor_ReachesTheCallerAsItIs() =>
        Run(
            async (host, _) =>
            {
                var error = await Assert.ThrowsAsync<NotSupportedException>(() => host.Client.GetGrain<IUnbornGrain>("a").Call());
                Assert.Equal("no such grain", error.Message);
                Assert.Equal(0, host.Host.ActivationCount);
            }
        );

    [Fact]
    public void ActivationThatNeverEnds_IsGivenUp() =>
        Run(
            async (host, _) =>
            {
                var error = await Assert.ThrowsAsync<TimeoutException>(() => host.Client.GetGrain<IStuckGrain>("a").Call());
                Assert.Contains("OnActivateAsync of stuck/a", error.Message);
            },
            options => options.ActivationTimeout = TimeSpan.FromSeconds(5)
        );

    [Fact]
    public void DeactivateOnIdle_LetsTheRunningCallEnd_AndItsWaitersGoToTheSuccessor() =>
        Run(
            async (host, _) =>
            {
                var grain = host.Client.GetGrain<ILifeGrain>("a");
                Assert.Equal(1, await grain.Count());
                var ending = grain.EndAfter(TimeSpan.FromSeconds(1));
                var waiting = grain.Count();
                await ending;
                Assert.Equal(1, await waiting);
                Assert.Equal(2, await grain.Count());
                Assert.Equal(["on a", "off a ApplicationRequested", "on a"], _diary.Lines);
            }
        );

    [Fact]
    public void IdleActivation_IsCollected_AndABusyOneIsNot() =>
        Run(
            async (host, time) =>
            {
                var idle = host.Client.GetGrain<ILifeGrain>("idle");
                var busy = host.Client.GetGrain<ILifeGrain>("busy");
                await idle.Count();
                for (var minute = 0; minute < 20; minute++)
                {
                    Assert.Equal(minute + 1, await busy.Count());
                    await Task.Delay(TimeSpan.FromMinutes(1), time);
                }

                Assert.Contains("off idle ActivationIdle", _diary.Lines);
                Assert.DoesNotContain("off busy ActivationIdle", _diary.Lines);
                Assert.Equal(1, await idle.Count());
            }
        );

    [Fact]
    public void DelayedDeactivation_KeepsAnIdleActivationSoLong() =>
        Run(
            async (host, time) =>
            {
                var grain = host.Client.GetGrain<ILifeGrain>("a");
                await grain.Keep(TimeSpan.FromHours(1));
                await Task.Delay(TimeSpan.FromMinutes(55), time);
                Assert.Equal(["on a"], _diary.Lines);
                await Task.Delay(TimeSpan.FromMinutes(25), time);
                Assert.Equal(["on a", "off a ActivationIdle"], _diary.Lines);
            }
        );

    [Fact]
    public void GrainThatIsKeptAlive_IsNeverCollected() =>
        Run(
            async (host, time) =>
            {
                var grain = host.Client.GetGrain<IEternalGrain>("a");
                Assert.Equal(1, await grain.Count());
                await Task.Delay(TimeSpan.FromHours(5), time);
                Assert.Equal(2, await grain.Count());
            }
        );

    [Fact]
    public void CollectionLeavesNoActivationBehind() =>
        Run(
            async (host, time) =>
            {
                await Task.WhenAll(Enumerable.Range(0, 50).Select(number => host.Client.GetGrain<ILifeGrain>($"{number}").Count()));
                Assert.Equal(50, host.Host.ActivationCount);
                await Task.Delay(TimeSpan.FromMinutes(20), time);
                Assert.Equal(0, host.Host.ActivationCount);
            }
        );

    private void Run(Func<RunningHost, TimeProvider, Task> scenario, Action<GrainHostOptions>? configure = null) =>
        SimulatedHost.Run(scenario, configure: configure, register: services => services.AddSingleton(_diary));
}
