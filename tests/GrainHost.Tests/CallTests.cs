namespace Marketplace.GrainHost.Tests;

internal interface IEchoGrain : IGrainWithStringKey
{
    Task<string> Echo(string text);

    ValueTask<int> Add(int left, int right);

    Task Nothing();

    ValueTask NothingByValue();

    Task<string> Later(string text);

    Task Fail();

    Task<string> KeyOf(IEchoGrain other);

    Task<string> PassMyself(IEchoGrain other);
}

internal sealed class EchoGrain : Grain, IEchoGrain
{
    public Task<string> Echo(string text) => Task.FromResult($"{this.GetPrimaryKeyString()}: {text}");

    public ValueTask<int> Add(int left, int right) => ValueTask.FromResult(left + right);

    public Task Nothing() => Task.CompletedTask;

    public async ValueTask NothingByValue() => await Task.Yield();

    public async Task<string> Later(string text)
    {
        await Task.Yield();
        return text;
    }

    public Task Fail() => throw new InvalidOperationException("on purpose");

    public Task<string> KeyOf(IEchoGrain other) => Task.FromResult(((GrainReference)other).GetPrimaryKeyString());

    public Task<string> PassMyself(IEchoGrain other) => other.KeyOf(this);
}

public class CallTests
{
    [Fact]
    public async Task Results_ComeBackFromEveryKindOfMethod()
    {
        await using var host = await RunningHost.Start();
        var grain = host.Client.GetGrain<IEchoGrain>("a");
        Assert.Equal("a: hello", await grain.Echo("hello"));
        Assert.Equal(5, await grain.Add(2, 3));
        await grain.Nothing();
        await grain.NothingByValue();
        Assert.Equal("later", await grain.Later("later"));
    }

    [Fact]
    public async Task Exceptions_ReachTheCaller()
    {
        await using var host = await RunningHost.Start();
        var thrown = await Assert.ThrowsAsync<InvalidOperationException>(() => host.Client.GetGrain<IEchoGrain>("a").Fail());
        Assert.Equal("on purpose", thrown.Message);
    }

    [Fact]
    public async Task References_ArePassedAsArguments_AlsoWhereAGrainPassesItself()
    {
        await using var host = await RunningHost.Start();
        var grain = host.Client.GetGrain<IEchoGrain>("a");
        Assert.Equal("b", await grain.KeyOf(host.Client.GetGrain<IEchoGrain>("b")));
        Assert.Equal("a", await grain.PassMyself(host.Client.GetGrain<IEchoGrain>("c")));
    }

    [Fact]
    public async Task PooledCalls_NeverMixResults()
    {
        await using var host = await RunningHost.Start();
        for (var round = 0; round < 50; round++)
        {
            var grain = host.Client.GetGrain<IEchoGrain>($"k{round % 3}");
            var results = await Task.WhenAll(Enumerable.Range(0, 64).Select(number => grain.Add(number, round).AsTask()));
            Assert.Equal(Enumerable.Range(0, 64).Select(number => number + round), results);
        }
    }
}
