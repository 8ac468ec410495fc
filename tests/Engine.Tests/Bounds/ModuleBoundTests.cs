using System.Globalization;
using Marketplace.Engine.Tests.Building;

namespace Marketplace.Engine.Tests.Bounds;

/// <summary>A module may be as large as <see cref="EngineLimits"/> says; one that is a step larger is told which limit it passes.</summary>
public sealed class ModuleBoundTests(GuestThreadsFixture guests) : EngineTest(guests)
{
    public static TheoryData<string> All => [.. ModuleBounds.All.Select(bound => bound.Name)];

    [Theory]
    [MemberData(nameof(All))]
    public async Task ModuleAtTheLimit_IsTakenAndRuns(string name)
    {
        var bound = Named(name);
        var module = WasmModule.Decode(bound.Module(bound.Max).ToBytes(), EngineLimits.Default);
        var run = new Run(Limits(), TimeProvider.System);
        var outcome = await OnGuestThread(() => Execute(CompiledModule.Compile(module), ModuleBounds.HostOf(module), run));
        Assert.Null(outcome.Trap);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void ModuleOneBeyond_IsRefusedWithBothNumbers(string name)
    {
        var bound = Named(name);
        var bytes = bound.Module(bound.Max + 1).ToBytes();
        var refusal = Assert.Throws<InvalidModuleException>(() => WasmModule.Decode(bytes, EngineLimits.Default));
        Assert.Equal(bound.Fault, refusal.Fault);
        Assert.Equal(string.Format(CultureInfo.InvariantCulture, bound.Refusal, bound.Max + 1, bound.Max), refusal.Reason);
    }

    [Fact]
    public void SmallerLimits_AreKeptLikeTheDefaults()
    {
        // The table stands at the defaults; that no check has a number of its own shows at any other.
        foreach (var bound in ModuleBounds.All.Where(bound => bound.Number != nameof(EngineLimits.MemoriesMax)))
        {
            var limits = new EngineLimits();
            typeof(EngineLimits).GetProperty(bound.Number)!.SetValue(limits, 0);
            var bytes = bound.Module(200).ToBytes();
            var refusal = Assert.Throws<InvalidModuleException>(() => WasmModule.Decode(bytes, limits));
            Assert.Equal(ModuleFault.LimitExceeded, refusal.Fault);
            Assert.EndsWith("the limit is 0", refusal.Reason);
        }
    }

    private static ModuleBound Named(string name) => ModuleBounds.All.Single(bound => bound.Name == name);
}
