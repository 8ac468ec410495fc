using Marketplace.Testing;

namespace Marketplace.Engine.Tests.Bounds;

/// <summary>No number becomes a bound of the engine without a test at it and one beyond.</summary>
public sealed class BoundListTests
{
    private static readonly Type[] Policies = [typeof(EngineLimits), typeof(EnginePolicy), typeof(RunLimits)];

    /// <summary>What no module or run can stand at, with the reason.</summary>
    private static readonly Dictionary<string, string> OutOfReach = new()
    {
        ["EnginePolicy.CheckedFrameSlots"] = "Such frames also look at the stack; CompilationTests see it with a stack that is none.",
        ["EnginePolicy.LargeFrameSlots"] = "The same.",
        ["EnginePolicy.FrameBytesPerSlotMax"] = "What native frames take: measured by FrameTests.",
        ["EnginePolicy.StackReserveBytes"] = "Native stack that is never used: HostileFrames are entered beside it.",
        ["EnginePolicy.GuestStackBytes"] = "The sum of both.",
        ["EnginePolicy.CompilerStackBytes"] =
            "What the machine-code compiler takes of it no module says: HostileFrames and HostileShapes are the worst known.",
        ["EnginePolicy.CompilationTimePerMiB"] = "Machine time, which no test can stand at; the clock without it is tested as TimeMax.",
        ["EnginePolicy.CompilationTimeMin"] = "The same.",
        ["EnginePolicy.CompilationTimeMax"] = "The same.",
        ["EnginePolicy.CodeBytesMax"] = "The default of RunLimits.CodeBytesMax, which is tested with less: this much takes seconds.",
        ["RunLimits.CompilationTimeMax"] = "The same; the hostile module machine-code-bomb is far beyond it.",
        ["EnginePolicy.PooledMemoriesMax"] = "Where a returned memory stays; IsolationTests see that the next guest finds zeros.",
    };

    [Fact]
    public void EveryNumber_IsTestedAtItAndOneBeyondOrSaysWhyNot()
    {
        var all = TestsBoundAttribute.AllOf(Policies).ToHashSet();
        var tested = TestsBoundAttribute
            .TestedIn(typeof(BoundListTests).Assembly)
            .Concat(ModuleBounds.All.Select(bound => $"{nameof(EngineLimits)}.{bound.Number}"))
            .ToHashSet();
        Assert.Empty(all.Except(tested).Except(OutOfReach.Keys));
        Assert.Empty(OutOfReach.Keys.Intersect(tested));
        Assert.Empty(tested.Union(OutOfReach.Keys).Except(all));
    }
}
