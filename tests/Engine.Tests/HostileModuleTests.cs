using Marketplace.Engine.Tests.Building;

namespace Marketplace.Engine.Tests;

/// <summary>Modules that want to take the host down with them. Each ends inside its limits and the process lives.</summary>
public sealed class HostileModuleTests(GuestThreadsFixture guests) : EngineTest(guests)
{
    private static readonly WasmType[] None = [];
    private static readonly WasmType[] I32 = [WasmType.I32];

    [Fact]
    public async Task EndlessLoop_EndsWhenItsFuelIsUsedUp()
    {
        var outcome = await Run(EndlessLoop(), Limits(fuelMax: 25_000_000));
        Assert.Equal(TrapKind.OutOfFuel, outcome.Trap);
        Assert.Equal(25_000_000, outcome.Fuel);
    }

    [Fact]
    public async Task EndlessLoop_StopsWhenItIsCancelled()
    {
        using var cancel = new CancellationTokenSource();
        var module = new TestModule();
        var entered = module.ImportFunction("host", "entered", module.Type(None, None));
        module.Function(0, "run", new Code().Call(entered).Loop().Br(0).End());
        var compiled = module.Compile();
        var imports = new Imports().Add("host", "entered", (Action<Instance>)(_ => cancel.Cancel()));
        var run = new Run(Limits(long.MaxValue) with { Cancellation = cancel.Token }, TimeProvider.System);
        var outcome = await OnGuestThread(() => Execute(compiled, imports, run));
        Assert.Equal(TrapKind.Cancelled, outcome.Trap);
        Assert.InRange(outcome.Fuel, 1, 2 * EnginePolicy.FuelSlice);
    }

    [Fact]
    public async Task EndlessLoop_StopsAtItsDeadline()
    {
        var clock = new SteppingClock(TimeSpan.FromMilliseconds(10));
        var compiled = EndlessLoop().Compile();
        var run = new Run(Limits(long.MaxValue) with { TimeMax = TimeSpan.FromSeconds(1) }, clock);
        var outcome = await OnGuestThread(() => Execute(compiled, new Imports(), run));
        Assert.Equal(TrapKind.TimedOut, outcome.Trap);
    }

    [Fact]
    public async Task StartFunctionThatLoops_EndsWhenItsFuelIsUsedUp()
    {
        var module = EndlessLoop().Start(0);
        Assert.Equal(TrapKind.OutOfFuel, (await Run(module, Limits(1_000))).Trap);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(3_000)]
    [InlineData(40_000)]
    public async Task EndlessRecursion_ExhaustsTheCallStack(int locals)
    {
        var module = new TestModule();
        // Something is left to do behind the call, else it would be compiled as a jump.
        module.Function(module.Type(None, I32), "run", new Code().Call(0).I32Const(1).I32Add(), (locals, WasmType.I64));
        Assert.Equal(TrapKind.CallStackExhausted, (await Run(module, Limits())).Trap);
    }

    [Fact]
    public async Task EndlessRecursionThroughATable_ExhaustsTheCallStack()
    {
        var module = new TestModule().Table(1).Elements(0);
        module.Function(module.Type(None, I32), "run", new Code().I32Const(0).CallIndirect(0).I32Const(1).I32Add());
        Assert.Equal(TrapKind.CallStackExhausted, (await Run(module, Limits())).Trap);
    }

    [Fact]
    public async Task EndlessRecursionThroughTheHost_ExhaustsTheCallStack()
    {
        var module = new TestModule();
        var again = module.ImportFunction("host", "again", module.Type(None, None));
        module.Function(module.Type(None, I32), "run", new Code().Call(again).I32Const(1));
        var compiled = module.Compile();
        var imports = new Imports().Add("host", "again", (Action<Instance>)(caller => caller.Invoke("run")));
        var run = new Run(Limits(), TimeProvider.System);
        var outcome = await OnGuestThread(() => Execute(compiled, imports, run));
        Assert.Equal(TrapKind.CallStackExhausted, outcome.Trap);
    }

    [Fact]
    public async Task RecursionInAFunctionTooLargeToOptimise_ExhaustsTheCallStack()
    {
        // Every call leaves a temporary in the frame when the machine-code compiler does not optimise.
        var module = new TestModule();
        module.Function(
            module.Type(I32, I32),
            "run",
            new Code().LocalGet(0).Times(20_000, c => c.Call(0).LocalGet(0).I32Add()));
        Assert.Equal(TrapKind.CallStackExhausted, (await Run(module, Limits(), Value.FromI32(1))).Trap);
    }

    [Fact]
    public async Task MemoryBomb_IsRefusedAtTheLimit()
    {
        var module = new TestModule().Memory(1);
        module.Function(
            module.Type(None, I32),
            "run",
            new Code().Loop().I32Const(1).MemoryGrow().I32Const(-1).Raw(0x47).BrIf(0).End().MemorySize());
        var outcome = await Run(module, Limits(memoryPagesMax: 100));
        Assert.Equal([Value.FromI32(100)], outcome.Results);
        Assert.True(outcome.MemoryRefused);
    }

    [Fact]
    public async Task TableBomb_IsRefusedAtTheLimit()
    {
        var module = new TestModule().Table(0);
        module.Function(
            module.Type(None, I32),
            "run",
            new Code().Loop().RefNullFunc().I32Const(1_000).TableGrow(0).I32Const(-1).Raw(0x47).BrIf(0).End().Raw(0xFC, 0x10, 0));
        Assert.Equal([Value.FromI32(10_000)], (await Run(module, Limits() with { TableElementsMax = 10_500 })).Results);
    }

    [Fact]
    public async Task FirstSizesOverTheLimit_AreRefused()
    {
        var memory = new TestModule().Memory(65);
        memory.Function(memory.Type(None, None), "run", new Code());
        var table = new TestModule().Table(uint.MaxValue);
        table.Function(table.Type(None, None), "run", new Code());
        foreach (var module in (TestModule[])[memory, table])
        {
            var refusal = await Assert.ThrowsAsync<LinkException>(() => Run(module, Limits(memoryPagesMax: 64)));
            Assert.Equal(LinkFault.LimitExceeded, refusal.Fault);
        }
    }

    [Fact]
    public async Task FiftyThousandLocals_Run_AndOneMoreIsRefused()
    {
        Assert.Equal([Value.FromI32(7)], (await Run(WithLocals(50_000), Limits())).Results);
        AssertRefused(WithLocals(50_001), ModuleFault.LimitExceeded);
    }

    [Theory]
    [InlineData(0x02)]
    [InlineData(0x03)]
    [InlineData(0x04)]
    public async Task TenThousandBlocksWithinEachOther_Run_AndOneMoreIsRefused(byte opcode)
    {
        Assert.Equal([Value.FromI32(7)], (await Run(Nested(opcode, 10_000), Limits())).Results);
        AssertRefused(Nested(opcode, 10_001), ModuleFault.LimitExceeded);
    }

    [Fact]
    public async Task BranchTableOfSixtyFiveThousandTargets_Runs_AndOneMoreIsRefused()
    {
        Assert.Equal([Value.FromI32(1)], (await Run(Table(65_520), Limits(), Value.FromI32(65_519))).Results);
        Assert.Equal([Value.FromI32(2)], (await Run(Table(65_520), Limits(), Value.FromI32(65_520))).Results);
        AssertRefused(Table(65_521), ModuleFault.LimitExceeded);
    }

    [Fact]
    public async Task TwoThousandOperandsAtOnce_Run_AndOneMoreIsRefused()
    {
        Assert.Equal([Value.FromI32(2_000)], (await Run(Operands(2_000), Limits())).Results);
        AssertRefused(Operands(2_001), ModuleFault.LimitExceeded);
    }

    [Fact]
    public async Task ExpressionOfFiftyThousandOperators_Runs()
    {
        var module = new TestModule();
        module.Function(
            module.Type(I32, I32), "run", new Code().LocalGet(0).Times(50_000, c => c.LocalGet(0).I32Add()));
        Assert.Equal([Value.FromI32(50_001)], (await Run(module, Limits(), Value.FromI32(1))).Results);
    }

    [Fact]
    public async Task BulkInstructionsInALoop_PayBySize()
    {
        var module = new TestModule().Memory(16);
        module.Function(
            module.Type(None, None),
            "run",
            new Code().Loop().I32Const(0).I32Const(1).I32Const(16 * 65_536).MemoryFill().Br(0).End());
        Assert.Equal(TrapKind.OutOfFuel, (await Run(module, Limits(100 * 16 * 65_536 / EnginePolicy.BulkBytesPerFuel))).Trap);
    }

    [Fact]
    public async Task ThreadServesTheNextGuest_AfterOneExhaustedItsStack()
    {
        var hostile = new TestModule();
        hostile.Function(hostile.Type(None, I32), "run", new Code().Call(0).I32Const(1).I32Add());
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(TrapKind.CallStackExhausted, (await Run(hostile, Limits())).Trap);
            Assert.Equal([Value.FromI32(7)], (await Run(WithLocals(1), Limits())).Results);
        }
    }

    [Fact]
    public async Task FunctionTooLargeToOptimise_IsCounted_AndEverythingCanBeMadeAhead()
    {
        Assert.Equal(0, WithLocals(1_000).Compile().FunctionsTooLargeToOptimise);
        var compiled = WithLocals(2_001).Compile();
        Assert.Equal(1, compiled.FunctionsTooLargeToOptimise);
        var run = new Run(Limits(), TimeProvider.System);
        var outcome = await OnGuestThread(() =>
        {
            compiled.Prepare(CancellationToken.None);
            Assert.Throws<OperationCanceledException>(() => compiled.Prepare(new CancellationToken(canceled: true)));
            return Execute(compiled, new Imports(), run);
        });
        Assert.Equal([Value.FromI32(7)], outcome.Results);
    }

    internal static void AssertRefused(TestModule module, ModuleFault fault)
    {
        var refusal = Assert.Throws<InvalidModuleException>(() => WasmModule.Decode(module.ToBytes(), EngineLimits.Default));
        Assert.Equal(fault, refusal.Fault);
    }

    private static TestModule EndlessLoop()
    {
        var module = new TestModule();
        module.Function(module.Type(None, None), "run", new Code().Loop().Br(0).End());
        return module;
    }

    private static TestModule WithLocals(int count)
    {
        var module = new TestModule();
        module.Function(
            module.Type(None, I32), "run", new Code().I32Const(7).LocalSet(count - 1).LocalGet(count - 1), (count, WasmType.I32));
        return module;
    }

    private static TestModule Nested(byte opcode, int depth)
    {
        var module = new TestModule();
        var code = new Code().Times(depth, c => (opcode == 0x04 ? c.I32Const(1) : c).Raw(opcode, 0x40)).Nop();
        module.Function(module.Type(None, I32), "run", code.Times(depth, c => c.End()).I32Const(7));
        return module;
    }

    private static TestModule Table(int targets)
    {
        var labels = new int[targets];
        labels[^1] = 1;
        var module = new TestModule();
        module.Function(
            module.Type(I32, I32),
            "run",
            new Code().Block().Block().Block().LocalGet(0).BrTable(labels, 2)
                .End().I32Const(0).Return().End().I32Const(1).Return().End().I32Const(2));
        return module;
    }

    private static TestModule Operands(int count)
    {
        var module = new TestModule();
        module.Function(
            module.Type(None, I32), "run", new Code().Times(count, c => c.I32Const(1)).Times(count - 1, c => c.I32Add()));
        return module;
    }

    /// <summary>A clock on which every look takes the same time.</summary>
    private sealed class SteppingClock(TimeSpan step) : TimeProvider
    {
        private long ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Add(ref ticks, step.Ticks);
    }
}
