using Marketplace.GrainHost.Storage;
using Orleans.Storage;

namespace Marketplace.GrainHost.Tests;

internal sealed record CounterState
{
    public int Count { get; init; }
}

internal interface ICounterGrain : IGrainWithStringKey
{
    Task<int> Increment();

    Task<int> Read();

    Task<int> IncrementManyAtOnce(int times);

    Task<int> IncrementAndClearAtOnce();

    /// <summary>Counts its own calls in memory, and lets another grain increment.</summary>
    Task<int> IncrementOther(string key);

    Task End();

    Task Clear();
}

internal sealed class CounterGrain([PersistentState("state", "counters")] IPersistentState<CounterState> state) : Grain, ICounterGrain
{
    private int _asked;

    public async Task<int> Increment()
    {
        state.State = state.State with { Count = state.State.Count + 1 };
        await state.WriteStateAsync();
        return state.State.Count;
    }

    public async Task<int> IncrementOther(string key)
    {
        _asked++;
        if (key.Length > 0)
        {
            await GrainFactory.GetGrain<ICounterGrain>(key).Increment();
        }
        return _asked;
    }

    public Task<int> Read() => Task.FromResult(state.State.Count);

    public async Task<int> IncrementManyAtOnce(int times)
    {
        await Task.WhenAll(Enumerable.Range(0, times).Select(_ => Increment()));
        return state.State.Count;
    }

    public Task End()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public async Task<int> IncrementAndClearAtOnce()
    {
        await Task.WhenAll(Increment(), Clear());
        return state.State.Count;
    }

    public Task Clear() => state.ClearStateAsync();
}

public class StateTests
{
    [Fact]
    public async Task State_IsReadBeforeTheFirstCallOfTheNextActivation()
    {
        await using var host = await Start(new MemoryGrainStorage());
        var grain = host.Client.GetGrain<ICounterGrain>("a");
        Assert.Equal(1, await grain.Increment());
        Assert.Equal(2, await grain.Increment());
        await grain.End();
        Assert.Equal(2, await grain.Read());
    }

    [Fact]
    public async Task ETagConflict_ReachesTheCallerAndEndsTheActivation()
    {
        var storage = new MemoryGrainStorage();
        await using var first = await Start(storage);
        await using var second = await Start(storage);
        Assert.Equal(1, await first.Client.GetGrain<ICounterGrain>("a").Increment());
        Assert.Equal(2, await second.Client.GetGrain<ICounterGrain>("a").Increment());

        var conflict = await Assert.ThrowsAsync<InconsistentStateException>(() => first.Client.GetGrain<ICounterGrain>("a").Increment());

        Assert.NotEqual(conflict.StoredEtag, conflict.CurrentEtag);
        Assert.Equal(3, await first.Client.GetGrain<ICounterGrain>("a").Increment());
    }

    [Fact]
    public async Task ETagConflict_EndsOnlyTheActivationThatHadIt_AndNotItsCaller()
    {
        var storage = new MemoryGrainStorage();
        await using var first = await Start(storage);
        await using var second = await Start(storage);
        await first.Client.GetGrain<ICounterGrain>("a").Increment();
        await second.Client.GetGrain<ICounterGrain>("a").Increment();

        var caller = first.Client.GetGrain<ICounterGrain>("caller");
        await Assert.ThrowsAsync<InconsistentStateException>(() => caller.IncrementOther("a"));

        Assert.Equal(2, await caller.IncrementOther(""));
    }

    [Fact]
    public async Task WritesDuringAWrite_AreMergedAndDoNotConflict()
    {
        await using var host = await Start(new SlowStorage(new MemoryGrainStorage()));
        Assert.Equal(10, await host.Client.GetGrain<ICounterGrain>("a").IncrementManyAtOnce(10));
    }

    [Fact]
    public async Task ClearDuringAWrite_ComesAfterIt()
    {
        var storage = new MemoryGrainStorage();
        await using var host = await Start(new SlowStorage(storage));
        Assert.Equal(0, await host.Client.GetGrain<ICounterGrain>("a").IncrementAndClearAtOnce());
        Assert.Equal(0, storage.Count);
    }

    [Fact]
    public async Task ClearedState_IsEmptyAgain()
    {
        var storage = new MemoryGrainStorage();
        await using var host = await Start(storage);
        var grain = host.Client.GetGrain<ICounterGrain>("a");
        await grain.Increment();
        await grain.Clear();
        Assert.Equal(0, await grain.Read());
        Assert.Equal(0, storage.Count);
        Assert.Equal(1, await grain.Increment());
    }

    [Fact]
    public async Task MissingStorage_IsNamedInTheError()
    {
        await using var host = await RunningHost.Start();
        var error = await Assert.ThrowsAsync<OrleansConfigurationException>(() => host.Client.GetGrain<ICounterGrain>("a").Read());
        Assert.Contains("\"counters\"", error.Message);
    }

    private static Task<RunningHost> Start(IGrainStorage storage) =>
        RunningHost.Start(register: services => services.AddKeyedSingleton("counters", storage));

    private sealed class SlowStorage(IGrainStorage inner) : IGrainStorage
    {
        public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
            inner.ReadStateAsync(stateName, grainId, grainState);

        public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            var written = new GrainState<T>(grainState.State, grainState.ETag);
            await Task.Yield();
            await inner.WriteStateAsync(stateName, grainId, written);
            grainState.ETag = written.ETag;
            grainState.RecordExists = true;
        }

        public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
            inner.ClearStateAsync(stateName, grainId, grainState);
    }
}
