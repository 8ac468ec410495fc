using Orleans.Concurrency;

namespace Marketplace.GrainHost.Tests;

internal interface IOverlapGrain : IGrainWithStringKey
{
    /// <summary>Gives the most calls that were inside at once.</summary>
    Task<int> Visit();

    [ReadOnly]
    Task<int> Look();

    [AlwaysInterleave]
    Task<int> Peek();
}

internal abstract class OverlapBase : Grain
{
    private int _inside;
    private int _most;

    protected async Task<int> Stay()
    {
        _most = Math.Max(_most, ++_inside);
        for (var step = 0; step < 3; step++)
        {
            await Task.Yield();
        }
        _inside--;
        return _most;
    }
}

internal sealed class OverlapGrain : OverlapBase, IOverlapGrain
{
    public Task<int> Visit() => Stay();

    public Task<int> Look() => Stay();

    public Task<int> Peek() => Stay();
}

internal interface IReentrantGrain : IGrainWithStringKey
{
    Task<int> Visit();
}

[Reentrant]
internal sealed class ReentrantGrain : OverlapBase, IReentrantGrain
{
    public Task<int> Visit() => Stay();
}

public class TurnTests
{
    [Fact]
    public async Task TwoCallsToOneActivation_NeverOverlap()
    {
        await using var host = await RunningHost.Start();
        var grain = host.Client.GetGrain<IOverlapGrain>("a");
        Assert.All(await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => grain.Visit())), most => Assert.Equal(1, most));
    }

    [Fact]
    public void CallsToAReentrantGrain_Overlap() =>
        SimulatedHost.Run(
            async (host, _) =>
            {
                var grain = host.Client.GetGrain<IReentrantGrain>("a");
                var most = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => grain.Visit()));
                Assert.True(most.Max() > 1);
            }
        );

    [Fact]
    public void ReadOnlyCalls_OverlapEachOther_ButNoOtherCall() =>
        SimulatedHost.Run(
            async (host, _) =>
            {
                var readers = host.Client.GetGrain<IOverlapGrain>("a");
                Assert.True((await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => readers.Look()))).Max() > 1);

                var mixed = host.Client.GetGrain<IOverlapGrain>("b");
                Assert.All(await Task.WhenAll(mixed.Visit(), mixed.Look(), mixed.Visit()), most => Assert.Equal(1, most));
            }
        );

    [Fact]
    public void AlwaysInterleavedCalls_OverlapEverything() =>
        SimulatedHost.Run(
            async (host, _) =>
            {
                var grain = host.Client.GetGrain<IOverlapGrain>("a");
                Assert.True((await Task.WhenAll(grain.Visit(), grain.Peek(), grain.Peek())).Max() > 1);
            }
        );

    [Fact]
    public async Task ReentrantTurns_StillRunOneAtATime()
    {
        await using var host = await RunningHost.Start();
        var grain = host.Client.GetGrain<IReentrantGrain>("a");
        await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => grain.Visit()));

        // The counter inside is not synchronised: were two turns ever at once, it would not be back at zero.
        Assert.Equal(await grain.Visit(), await grain.Visit());
    }
}
