namespace Marketplace.GrainHost.Tests;

internal interface IFilteredGrain : IGrainWithStringKey
{
    Task<int> Double(int number);

    Task<string> AskOther(string key);

    Task Fail();
}

internal sealed class FilteredGrain : Grain, IFilteredGrain, IIncomingGrainCallFilter
{
    public Task<int> Double(int number) => Task.FromResult(2 * number);

    public async Task<string> AskOther(string key)
    {
        await GrainFactory.GetGrain<IFilteredGrain>(key).Double(1);
        return key;
    }

    public Task Fail() => throw new InvalidOperationException("on purpose");

    public async Task Invoke(IIncomingGrainCallContext context)
    {
        await context.Invoke();
        if (context.Result is int number)
        {
            context.Result = number + 1;
        }
    }
}

internal sealed class RecordingFilter(Diary diary) : IIncomingGrainCallFilter
{
    public async Task Invoke(IIncomingGrainCallContext context)
    {
        diary.Write(
            $"{context.SourceId?.ToString() ?? "client"} to {context.TargetId}: {context.InterfaceName}.{context.MethodName} "
                + $"in {context.ImplementationMethod.DeclaringType!.Name}"
        );
        if (context.TargetId.Key.ToString() == "forbidden")
        {
            throw new UnauthorizedAccessException("forbidden");
        }
        try
        {
            await context.Invoke();
        }
        catch (InvalidOperationException error)
        {
            throw new ArgumentException("translated", error);
        }
    }
}

public class FilterTests
{
    private readonly Diary _diary = new();

    [Fact]
    public void Filters_RunAroundTheMethod_TheGrainsOwnOneLast() =>
        Run(async host =>
        {
            Assert.Equal(7, await host.Client.GetGrain<IFilteredGrain>("a").Double(3));
            Assert.Equal(["client to filtered/a: IFilteredGrain.Double in FilteredGrain"], _diary.Lines);
        });

    [Fact]
    public void Filters_SeeWhichGrainCalled() =>
        Run(async host =>
        {
            await host.Client.GetGrain<IFilteredGrain>("a").AskOther("b");
            Assert.Equal("filtered/a to filtered/b: IFilteredGrain.Double in FilteredGrain", _diary.Lines[^1]);
        });

    [Fact]
    public void Filters_CanRefuseAndTranslate() =>
        Run(async host =>
        {
            await Assert.ThrowsAsync<UnauthorizedAccessException>(() => host.Client.GetGrain<IFilteredGrain>("forbidden").Double(1));
            var translated = await Assert.ThrowsAsync<ArgumentException>(() => host.Client.GetGrain<IFilteredGrain>("a").Fail());
            Assert.Equal("translated", translated.Message);
        });

    private void Run(Func<RunningHost, Task> scenario) =>
        SimulatedHost.Run(
            (host, _) => scenario(host),
            register: services => services.AddSingleton(_diary).AddSingleton<IIncomingGrainCallFilter, RecordingFilter>()
        );
}
