using Marketplace.Engine.Tests.Building;
using Marketplace.Reference;
using Marketplace.Testing;

namespace Marketplace.Engine.Tests;

/// <summary>
/// How deep calls may be is the slot budget's matter alone: the same in an engine whose frames are on the native stack and in one
/// without.
/// </summary>
public sealed class DepthTests(GuestThreadsFixture guests) : EngineTest(guests)
{
    [Theory]
    [TestsBound(typeof(EnginePolicy), nameof(EnginePolicy.StackSlotsMax))]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(500, 0)]
    [InlineData(20_000, 0)]
    [InlineData(49_999, 0)]
    [InlineData(3, 300)]
    [InlineData(3, 1_900)]
    public async Task Recursion_EndsAtTheDepthThatTheFramesSizeSays(int locals, int operands)
    {
        // Counts in a global how often it was entered; the operands wait for the call to return.
        var code = new Code()
            .GlobalGet(0)
            .I32Const(1)
            .I32Add()
            .GlobalSet(0)
            .Times(operands, c => c.I32Const(1))
            .Call(0)
            .Times(operands, c => c.Drop());
        var module = new TestModule().Global(WasmType.I32, true, new Code().I32Const(0)).Export("depth", 3, 0);
        module.Function(module.Type([], []), "run", code, (locals, WasmType.I64));
        var bodyBytes = code.ToArray().Length + 1;
        var frame = EnginePolicy.FrameSlots + locals + Math.Max(operands, 2) + (bodyBytes / EnginePolicy.BodyBytesPerFrameSlot);
        var expected = (EnginePolicy.StackSlotsMax - EnginePolicy.HostFrameSlots) / frame;
        Assert.Equal(expected, await Compiled(module));
        Assert.Equal(expected, await OnGuestThread(() => Interpreted(module)));
    }

    private Task<int> Compiled(TestModule module)
    {
        var compiled = module.Compile();
        var run = new Run(Limits(), TimeProvider.System);
        return OnGuestThread(() =>
        {
            using var instance = Instance.Instantiate(compiled, new Imports(), run);
            Assert.Equal(TrapKind.CallStackExhausted, Assert.Throws<TrapException>(() => instance.Invoke("run")).Kind);
            return ((Global)instance.Export("depth")!).Value.I32;
        });
    }

    private static int Interpreted(TestModule module)
    {
        var run = new ReferenceRun(
            new ReferenceLimits
            {
                FuelMax = Plenty,
                MemoryPagesMax = 1,
                TableElementsMax = 1,
                StackSlotsMax = EnginePolicy.StackSlotsMax,
            }
        );
        var decoded = ReferenceModule.Decode(module.ToBytes(), EngineLimits.Default);
        var instance = ReferenceInstance.Instantiate(decoded, new ReferenceImports(), run);
        Assert.Equal(TrapKind.CallStackExhausted, Assert.Throws<TrapException>(() => instance.Invoke("run")).Kind);
        return (int)(uint)((ReferenceGlobal)instance.Export("depth")).Value.Bits;
    }
}
