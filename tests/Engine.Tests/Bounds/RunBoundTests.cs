using Marketplace.Engine.Guests;
using Marketplace.Engine.Tests.Building;
using Marketplace.Storage;
using Marketplace.Testing;

namespace Marketplace.Engine.Tests.Bounds;

/// <summary>What a run may take, exactly at its limits and one beyond.</summary>
public sealed class RunBoundTests(GuestThreadsFixture guests) : EngineTest(guests)
{
    private static readonly WasmType[] None = [];
    private static readonly WasmType[] I32 = [WasmType.I32];

    [Fact]
    [TestsBound(typeof(EnginePolicy), nameof(EnginePolicy.MemoryPagesMax))]
    public void Memory_MayBeDeclaredWithTheWholeAddressSpaceAndNoMore()
    {
        WasmModule.Decode(Runs(m => m.Memory(65_536, 65_536)).ToBytes(), EngineLimits.Default);
        foreach (var beyond in new[] { Runs(m => m.Memory(65_537)), Runs(m => m.Memory(0, 65_537)) })
        {
            var refusal = Assert.Throws<InvalidModuleException>(() => WasmModule.Decode(beyond.ToBytes(), EngineLimits.Default));
            Assert.Equal((ModuleFault.Invalid, "memory size must be at most 65536 pages (4GiB)"), (refusal.Fault, refusal.Reason));
        }
    }

    [Theory]
    [TestsBound(typeof(EnginePolicy), nameof(EnginePolicy.MemoryPagesMax))]
    [TestsBound(typeof(RunLimits), nameof(RunLimits.MemoryPagesMax))]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(65_536)]
    public async Task Memory_GrowsToItsLimitAndNoPageMore(int pagesMax)
    {
        var module = Grows(m => m.Memory(1), new Code().LocalGet(0).MemoryGrow());
        var limits = Limits(memoryPagesMax: pagesMax);
        var atTheLimit = await Run(module, limits, Value.FromI32(pagesMax - 1));
        Assert.Equal((Value.FromI32(1), false), (atTheLimit.Results[0], atTheLimit.MemoryRefused));
        var beyond = await Run(module, limits, Value.FromI32(pagesMax));
        Assert.Equal((Value.FromI32(-1), true), (beyond.Results[0], beyond.MemoryRefused));
    }

    [Fact]
    [TestsBound(typeof(RunLimits), nameof(RunLimits.MemoryPagesMax))]
    public async Task FirstMemory_MayHaveTheLimitAndNoPageMore()
    {
        Assert.Null((await Run(Runs(m => m.Memory(5)), Limits(memoryPagesMax: 5))).Trap);
        Assert.Equal("A memory of 6 pages is over the limit of 5.", await NotLinked(Runs(m => m.Memory(6)), Limits(memoryPagesMax: 5)));
    }

    [Theory]
    [TestsBound(typeof(EnginePolicy), nameof(EnginePolicy.TableElementsMax))]
    [TestsBound(typeof(RunLimits), nameof(RunLimits.TableElementsMax))]
    [InlineData(10)]
    [InlineData(EnginePolicy.TableElementsMax)]
    public async Task Tables_HaveTheLimitTogetherAndNoElementMore(int elementsMax)
    {
        // Nine elements in the first table; the second takes what is left, at once or by growing.
        var left = elementsMax - 9;
        var limits = Limits() with { TableElementsMax = elementsMax };
        Assert.Null((await Run(Runs(m => m.Table(9).Table((uint)left)), limits)).Trap);
        Assert.Equal(
            $"A table of {left + 1} elements with 9 of other tables is over the limit of {elementsMax}.",
            await NotLinked(Runs(m => m.Table(9).Table((uint)left + 1)), limits)
        );
        Assert.Equal(
            $"A table of {elementsMax + 1} elements is over the limit of {elementsMax}.",
            await NotLinked(Runs(m => m.Table((uint)elementsMax + 1)), limits)
        );

        var grows = Grows(m => m.Table(9).Table(0), new Code().RefNullFunc().LocalGet(0).TableGrow(1));
        Assert.Equal([Value.FromI32(0)], (await Run(grows, limits, Value.FromI32(left))).Results);
        Assert.Equal([Value.FromI32(-1)], (await Run(grows, limits, Value.FromI32(left + 1))).Results);
        Assert.Equal([Value.FromI32(-1)], (await Run(grows, limits, Value.FromI32(-1))).Results);
    }

    [Theory]
    [TestsBound(typeof(EnginePolicy), nameof(EnginePolicy.FuelSlice))]
    [TestsBound(typeof(RunLimits), nameof(RunLimits.FuelMax))]
    [InlineData(50)]
    [InlineData((int)EnginePolicy.FuelSlice)]
    [InlineData(3 * (int)EnginePolicy.FuelSlice)]
    public async Task Fuel_IsEnoughToTheLastUnit(int fuel)
    {
        // Five for each turn.
        var module = new TestModule();
        module.Function(module.Type(I32, None), "run", new Code().Loop().LocalGet(0).I32Const(1).I32Sub().LocalTee(0).BrIf(0).End());
        var enough = await Run(module, Limits(fuel), Value.FromI32(fuel / 5));
        Assert.Equal((null, fuel), (enough.Trap, enough.Fuel));
        var few = await Run(module, Limits(fuel - 1), Value.FromI32(fuel / 5));
        Assert.Equal((TrapKind.OutOfFuel, fuel - 1), (few.Trap, few.Fuel));
    }

    [Theory]
    [TestsBound(typeof(RunLimits), nameof(RunLimits.StackSlotsMax))]
    [TestsBound(typeof(EnginePolicy), nameof(EnginePolicy.FrameSlots))]
    [TestsBound(typeof(EnginePolicy), nameof(EnginePolicy.HostFrameSlots))]
    [TestsBound(typeof(EnginePolicy), nameof(EnginePolicy.BodyBytesPerFrameSlot))]
    [TestsBound(typeof(EnginePolicy), nameof(EnginePolicy.VectorFrameSlots))]
    [InlineData("empty", EnginePolicy.FrameSlots)]
    [InlineData("seven bytes", EnginePolicy.FrameSlots)]
    [InlineData("eight bytes", EnginePolicy.FrameSlots + 1)]
    [TestsBound(typeof(EnginePolicy), nameof(EnginePolicy.VectorLocalFrameSlots))]
    [TestsBound(typeof(EnginePolicy), nameof(EnginePolicy.VectorFunctionSlots))]
    [InlineData("vector moved", EnginePolicy.FrameSlots + EnginePolicy.VectorFunctionSlots + 2 + 2 + EnginePolicy.VectorLocalFrameSlots)]
    [TestsBound(typeof(EnginePolicy), nameof(EnginePolicy.UnsignedTruncationFrameSlots))]
    [InlineData("unsigned truncation", EnginePolicy.FrameSlots + 1 + 1 + EnginePolicy.UnsignedTruncationFrameSlots)]
    [InlineData(
        "vector used",
        EnginePolicy.FrameSlots
            + EnginePolicy.VectorFunctionSlots
            + 2
            + 2
            + EnginePolicy.VectorLocalFrameSlots
            + EnginePolicy.VectorFrameSlots
    )]
    public async Task Frame_FitsIntoItsSlotsAndNotIntoOneLess(string body, int slots)
    {
        var vector = body.StartsWith("vector", StringComparison.Ordinal);
        var module = new TestModule();
        var code = body switch
        {
            "empty" => new Code(),
            "seven bytes" => new Code().Times(EnginePolicy.BodyBytesPerFrameSlot - 2, c => c.Nop()),
            "eight bytes" => new Code().Times(EnginePolicy.BodyBytesPerFrameSlot - 1, c => c.Nop()),
            "unsigned truncation" => new Code().F32Const(0).Op(Decode.Opcode.I64TruncF32U).Drop(),
            "vector moved" => new Code().LocalGet(0).Drop(),
            _ => new Code().LocalGet(0).Op(Decode.Opcode.V128Not).Drop(),
        };
        module.Function(module.Type(None, None), "run", code, (vector ? 1 : 0, WasmType.V128));
        var budget = EnginePolicy.HostFrameSlots + slots;
        Assert.Null((await Run(module, Limits() with { StackSlotsMax = budget })).Trap);
        Assert.Equal(TrapKind.CallStackExhausted, (await Run(module, Limits() with { StackSlotsMax = budget - 1 })).Trap);
    }

    [Fact]
    [TestsBound(typeof(EnginePolicy), nameof(EnginePolicy.MemoryPagesMax))]
    [TestsBound(typeof(EnginePolicy), nameof(EnginePolicy.TableElementsMax))]
    [TestsBound(typeof(EnginePolicy), nameof(EnginePolicy.StackSlotsMax))]
    public void Run_TakesLimitsUpToThePolicyAndNoneAbove()
    {
        var most = Limits() with
        {
            MemoryPagesMax = EnginePolicy.MemoryPagesMax,
            TableElementsMax = EnginePolicy.TableElementsMax,
            StackSlotsMax = EnginePolicy.StackSlotsMax,
        };
        using var run = new Run(most, TimeProvider.System);
        foreach (
            var beyond in new[]
            {
                most with
                {
                    MemoryPagesMax = most.MemoryPagesMax + 1,
                },
                most with
                {
                    TableElementsMax = most.TableElementsMax + 1,
                },
                most with
                {
                    StackSlotsMax = most.StackSlotsMax + 1,
                },
                most with
                {
                    FuelMax = -1,
                },
                most with
                {
                    MemoryPagesMax = -1,
                },
            }
        )
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => new Run(beyond, TimeProvider.System));
        }
    }

    [Fact]
    [TestsBound(typeof(RunLimits), nameof(RunLimits.TimeMax))]
    public async Task Time_EndsTheRunAtItsLimitAndNotATickBefore()
    {
        var limits = Limits() with { TimeMax = TimeSpan.FromSeconds(3) };
        var module = new TestModule();
        var wait = module.ImportFunction("host", "wait", module.Type([WasmType.I64], None));
        module.Function(module.Type([WasmType.I64], None), "run", new Code().LocalGet(0).Call(wait));
        var compiled = module.Compile();
        Assert.Null((await Waits(limits.TimeMax.Value - TimeSpan.FromTicks(1))).Trap);
        Assert.Equal(TrapKind.TimedOut, (await Waits(limits.TimeMax.Value)).Trap);

        async Task<Outcome> Waits(TimeSpan time)
        {
            var clock = new ManualTime();
            using var run = new Run(limits, clock);
            var imports = new Imports().Add(
                "host",
                "wait",
                (Action<Instance, long>)(
                    (caller, ticks) =>
                    {
                        clock.Advance(TimeSpan.FromTicks(ticks));
                        caller.Run.ThrowIfStopped();
                    }
                )
            );
            return await OnGuestThread(() => Execute(compiled, imports, run, Value.FromI64(time.Ticks)));
        }
    }

    [Theory]
    [TestsBound(typeof(EnginePolicy), nameof(EnginePolicy.FunctionNameBytesMax))]
    [InlineData(EnginePolicy.FunctionNameBytesMax)]
    [InlineData(EnginePolicy.FunctionNameBytesMax + 1)]
    public async Task NameInATrap_IsCutAtItsLimit(int bytes)
    {
        var module = new TestModule().FunctionNames((0, [.. Enumerable.Repeat((byte)'n', bytes)]));
        module.Function(module.Type(None, None), "run", new Code().Unreachable());
        var compiled = module.Compile();
        using var run = new Run(Limits(), TimeProvider.System);
        var trap = await OnGuestThread(() =>
            Assert.Throws<TrapException>(() => Instance.Instantiate(compiled, new Imports(), run).Invoke("run"))
        );
        Assert.Equal(EnginePolicy.FunctionNameBytesMax, trap.Site!.Name!.Length);
    }

    [Fact]
    [TestsBound(typeof(EnginePolicy), nameof(EnginePolicy.OptimisedCodeBytesMax))]
    [TestsBound(typeof(EnginePolicy), nameof(EnginePolicy.OptimisedInstructionsMax))]
    [TestsBound(typeof(EnginePolicy), nameof(EnginePolicy.OptimisedBlocksMax))]
    [TestsBound(typeof(EnginePolicy), nameof(EnginePolicy.OptimisedLocalsMax))]
    public void Function_IsReportedAsTooLargeAboveTheCompilersEdges()
    {
        var largest = new ReportedFunction(
            Index: 0,
            Export: null,
            BodyBytes: 0,
            Instructions: EnginePolicy.OptimisedInstructionsMax,
            Blocks: EnginePolicy.OptimisedBlocksMax,
            CodeBytes: EnginePolicy.OptimisedCodeBytesMax,
            Locals: EnginePolicy.OptimisedLocalsMax
        );
        Assert.False(largest.IsTooLargeToOptimise);
        Assert.True((largest with { Instructions = largest.Instructions + 1 }).IsTooLargeToOptimise);
        Assert.True((largest with { Blocks = largest.Blocks + 1 }).IsTooLargeToOptimise);
        Assert.True((largest with { CodeBytes = largest.CodeBytes + 1 }).IsTooLargeToOptimise);
        Assert.True((largest with { Locals = largest.Locals + 1 }).IsTooLargeToOptimise);
    }

    private static TestModule Runs(Func<TestModule, TestModule> with) => Grows(with, new Code(), None, None);

    private static TestModule Grows(Func<TestModule, TestModule> with, Code code) => Grows(with, code, I32, I32);

    private static TestModule Grows(Func<TestModule, TestModule> with, Code code, WasmType[] parameters, WasmType[] results)
    {
        var module = with(new TestModule());
        module.Function(module.Type(parameters, results), "run", code);
        return module;
    }

    private async Task<string> NotLinked(TestModule module, RunLimits limits)
    {
        var refusal = await Assert.ThrowsAsync<LinkException>(() => Run(module, limits));
        Assert.Equal(LinkFault.LimitExceeded, refusal.Fault);
        return refusal.Message;
    }
}
