using Orleans.Concurrency;

namespace Marketplace.GrainHost.Tests;

internal interface IContextGrain : IGrainWithStringKey
{
    Task<string?> Read();

    Task<string?> ReadThere(string key);

    Task<string?> SetHere(string value);

    Task<bool> WaitForCancellation(CancellationToken cancellation);

    [OneWay]
    Task Tell(string text);

    Task<string?> Told();
}

internal sealed class ContextGrain : Grain, IContextGrain
{
    private string? _told;

    public Task<string?> Read() => Task.FromResult(RequestContext.Get("key") as string);

    public async Task<string?> ReadThere(string key)
    {
        await Task.Yield();
        return await GrainFactory.GetGrain<IContextGrain>(key).Read();
    }

    public Task<string?> SetHere(string value)
    {
        RequestContext.Set("key", value);
        return Read();
    }

    public async Task<bool> WaitForCancellation(CancellationToken cancellation)
    {
        var cancelled = new TaskCompletionSource();
        await using var registration = cancellation.Register(cancelled.SetResult);
        await cancelled.Task;
        _told = "cancelled";
        return true;
    }

    public Task Tell(string text)
    {
        _told = text;
        throw new InvalidOperationException("nobody hears this");
    }

    public Task<string?> Told() => Task.FromResult(_told);
}

public class ContextTests
{
    [Fact]
    public void RequestContext_TravelsWithCalls_AndNotBack() =>
        SimulatedHost.Run(
            async (host, _) =>
            {
                var grain = host.Client.GetGrain<IContextGrain>("a");
                RequestContext.Set("key", "from the client");
                Assert.Equal("from the client", await grain.Read());
                Assert.Equal("from the client", await grain.ReadThere("b"));
                Assert.Equal("changed", await grain.SetHere("changed"));
                Assert.Equal("from the client", await grain.Read());
                RequestContext.Clear();
                Assert.Null(await grain.Read());
                Assert.Null(await grain.ReadThere("b"));
            }
        );

    [Fact]
    public void CancelledCall_EndsForTheCallerAtOnce_AndTheMethodHearsOfIt() =>
        SimulatedHost.Run(
            async (host, _) =>
            {
                var grain = host.Client.GetGrain<IContextGrain>("a");
                using var cancellation = new CancellationTokenSource();
                var waiting = grain.WaitForCancellation(cancellation.Token);
                cancellation.Cancel();
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
                Assert.Null(await host.Client.GetGrain<IContextGrain>("b").Told());
            }
        );

    [Fact]
    public void Timeout_CancelsTheTokenOfTheMethod() =>
        SimulatedHost.Run(
            async (host, _) =>
            {
                var grain = host.Client.GetGrain<IContextGrain>("a");
                await Assert.ThrowsAsync<TimeoutException>(() => grain.WaitForCancellation(CancellationToken.None));
                Assert.Equal("cancelled", await grain.Told());
            }
        );

    [Fact]
    public void CancelledToken_SendsNothing() =>
        SimulatedHost.Run(
            async (host, _) =>
            {
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
                    host.Client.GetGrain<IContextGrain>("a").WaitForCancellation(new CancellationToken(true))
                );
                Assert.Equal(0, host.Host.ActivationCount);
            }
        );

    [Fact]
    public void OneWayCall_RunsAndTellsNobody() =>
        SimulatedHost.Run(
            async (host, _) =>
            {
                var grain = host.Client.GetGrain<IContextGrain>("a");
                await grain.Tell("hello");
                Assert.Equal("hello", await grain.Told());
            }
        );
}
