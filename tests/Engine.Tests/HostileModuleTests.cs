using Marketplace.Engine.Interpret;
using Marketplace.Engine.Tests.Hostile;

namespace Marketplace.Engine.Tests;

/// <summary>Modules that want to take the host down with them. Each ends inside its limits and the process lives.</summary>
public sealed class HostileModuleTests(GuestThreadsFixture guests) : EngineTest(guests)
{
    public static TheoryData<string> Names => [.. HostileModules.All.Except(HostileFrames.All).Select(hostile => hostile.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task HostileModule_EndsAsItShould(string name)
    {
        var hostile = HostileModules.Named(name);
        Assert.Equal(hostile.End, await End(hostile));
    }

    public static TheoryData<string> Commands => [.. HostileCommands.All.Select(hostile => hostile.Name)];

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task HostileCommand_EndsAsItShould(string name)
    {
        var hostile = HostileCommands.Named(name);
        var cancellation = TestContext.Current.CancellationToken;
        Assert.Equal(hostile.End, await OnGuestThread(() => hostile.Run(cancellation)));
    }

    [Fact]
    public async Task EndlessLoop_UsesItsFuelToTheLastUnit()
    {
        var outcome = await Run(HostileModules.EndlessLoop(), Limits(fuelMax: 25_000_000));
        Assert.Equal(TrapKind.OutOfFuel, outcome.Trap);
        Assert.Equal(25_000_000, outcome.Fuel);
    }

    [Fact]
    public async Task EndlessLoop_StopsWithinTwoSlicesOfItsCancellation()
    {
        using var cancel = new CancellationTokenSource();
        var compiled = HostileModules.LoopAfterACallOfTheHost().Compile();
        var imports = new Imports().Add("host", "call", (Action<Instance>)(_ => cancel.Cancel()));
        var run = new Run(Limits(long.MaxValue) with { Cancellation = cancel.Token }, TimeProvider.System);
        var outcome = await OnGuestThread(() => Execute(compiled, imports, run));
        Assert.Equal(TrapKind.Cancelled, outcome.Trap);
        Assert.InRange(outcome.Fuel, 1, 2 * EnginePolicy.FuelSlice);
    }

    [Fact]
    public async Task ThreadServesTheNextGuest_AfterOneExhaustedItsStack()
    {
        var hostile = HostileModules.Named("recursion-with-0-locals");
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(hostile.End, await End(hostile));
            Assert.Equal([Value.FromI32(7)], (await Run(HostileModules.WithLocals(1), Limits())).Results);
        }
    }

    [Fact]
    public async Task FunctionTooLargeToOptimise_IsCounted_AndEverythingCanBeMadeAhead()
    {
        Assert.Equal(0, HostileModules.WithLocals(1_000).Compile().CountFunctionsTooLargeToOptimise());
        var compiled = HostileModules.WithLocals(2_001).Compile();
        Assert.Equal(1, compiled.CountFunctionsTooLargeToOptimise());
        var run = new Run(Limits(), TimeProvider.System);
        var outcome = await OnGuestThread(() =>
        {
            compiled.Prepare(CancellationToken.None);
            Assert.Throws<OperationCanceledException>(() => compiled.Prepare(new CancellationToken(canceled: true)));
            return Execute(compiled, new Imports(), run);
        });
        Assert.Equal([Value.FromI32(7)], outcome.Results);
    }

    /// <summary>The same compiled, and as it is run.</summary>
    private async Task<string> End(HostileCase hostile)
    {
        // The test's context stays on the test's thread.
        var cancellation = TestContext.Current.CancellationToken;
        var end = await OnGuestThread(() => hostile.Run(Tiers.CompiledOnly, cancellation));
        if (!hostile.IsMachineCode)
        {
            Assert.Equal(end, await OnGuestThread(() => hostile.Run(Tiers.Default, cancellation)));
        }

        return end;
    }
}
