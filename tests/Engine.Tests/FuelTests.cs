using Marketplace.Engine.Tests.Building;
using Marketplace.Testing;

namespace Marketplace.Engine.Tests;

/// <summary>Fuel counted by hand with the rules of engine/FUEL.md, and the same on every way out of a function.</summary>
public sealed class FuelTests(GuestThreadsFixture guests) : EngineTest(guests)
{
    private static readonly WasmType[] None = [];
    private static readonly WasmType[] I32 = [WasmType.I32];
    private static readonly WasmType[] TwoI32 = [WasmType.I32, WasmType.I32];

    [Fact]
    public async Task StraightCode_CostsOneForEachInstruction()
    {
        // local.get, local.get, i32.add; the end is free.
        var code = new Code().LocalGet(0).LocalGet(1).I32Add();
        Assert.Equal(3, (await Run(Module(TwoI32, I32, code), Limits(), Value.FromI32(1), Value.FromI32(2))).Fuel);
    }

    [Fact]
    public async Task NopDropBlockLoopElseAndEnd_AreFree()
    {
        // Only the constant and the if cost.
        var code = new Code().Nop().Block().End().Loop().End().I32Const(1).If().Else().End().I32Const(5).Drop();
        Assert.Equal(3, (await Run(Module(None, None, code), Limits())).Fuel);
    }

    [Theory]
    [InlineData(0, 2 + 40 + 1)]
    [InlineData(1, 2 + 50 + 1)]
    public async Task OfLongArms_OnlyTheOneThatRunsIsPaid(int condition, long fuel)
    {
        // local.get, if; the arm; behind the if: i32.const.
        var code = Constants(40, Constants(50, new Code().LocalGet(0).If()).Else()).End().I32Const(0).Drop();
        Assert.Equal(fuel, (await Run(Module(I32, None, code), Limits(), Value.FromI32(condition))).Fuel);
    }

    [Theory]
    [InlineData(10, 22, 0, 2 + 32)]
    [InlineData(10, 22, 1, 2 + 32)]
    [InlineData(10, 23, 0, 2 + 10 + 23)] // The else arm does not join: it is paid where it begins, and the then arm all the same.
    [InlineData(10, 23, 1, 2 + 10)]
    [InlineData(33, 32, 0, 2 + 32)] // Nor does the else arm join the segment of the then arm, in which its if is not.
    [InlineData(33, 32, 1, 2 + 33)]
    [TestsBound(typeof(EnginePolicy), nameof(EnginePolicy.JoinedFuelMax))]
    public async Task CodeUpToThirtyTwo_IsPaidWithWhatStandsBeforeIt(int then, int otherwise, int condition, long fuel)
    {
        var code = Constants(otherwise, Constants(then, new Code().LocalGet(0).If()).Else()).End();
        Assert.Equal(fuel, (await Run(Module(I32, None, code), Limits(), Value.FromI32(condition))).Fuel);
    }

    [Theory]
    [InlineData(0, 2 + 3)] // It does not branch: the three behind br_if were paid before it.
    [InlineData(1, 2 + 3)]
    public async Task BranchOutOfASegment_HasPaidForAllOfIt(int condition, long fuel)
    {
        var code = Constants(3, new Code().Block().LocalGet(0).BrIf(0)).End();
        Assert.Equal(fuel, (await Run(Module(I32, None, code), Limits(), Value.FromI32(condition))).Fuel);
    }

    [Fact]
    public async Task EndOfABlock_JoinsNoSegmentThatBeganInside()
    {
        // In the block a segment of its own begins behind br_if, and a branch comes to the block's end around it.
        var code = Constants(2, Constants(33, new Code().Block().LocalGet(0).BrIf(0)).End());
        Assert.Equal(2 + 2, (await Run(Module(I32, None, code), Limits(), Value.FromI32(1))).Fuel);
        Assert.Equal(2 + 33 + 2, (await Run(Module(I32, None, code), Limits(), Value.FromI32(0))).Fuel);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(1_000_000)]
    public async Task Loop_IsPaidOnEachTurn(int turns)
    {
        // A turn: local.get, i32.const, i32.sub, local.tee, br_if.
        var code = new Code().Loop().LocalGet(0).I32Const(1).I32Sub().LocalTee(0).BrIf(0).End();
        Assert.Equal(5L * turns, (await Run(Module(I32, None, code), Limits(), Value.FromI32(turns))).Fuel);
    }

    [Fact]
    public async Task WhatStandsBehindALoop_IsNotPaidOnItsTurns()
    {
        var code = Constants(3, new Code().Loop().LocalGet(0).I32Const(1).I32Sub().LocalTee(0).BrIf(0).End());
        Assert.Equal((5 * 10) + 3, (await Run(Module(I32, None, code), Limits(), Value.FromI32(10))).Fuel);
    }

    [Theory]
    [InlineData(8, TrapKind.OutOfFuel)]
    [InlineData(8_000, TrapKind.CallStackExhausted)] // The loop's own two are over the limit, but the next to look would be the callee.
    public async Task LoopThatCalls_LeavesTheCheckToTheCallee(int calleesLocals, TrapKind trap)
    {
        var module = new TestModule();
        module.Function(module.Type(None, None), "run", new Code().Loop().Call(1).Br(0).End());
        module.Function(0, null, new Code(), (calleesLocals, WasmType.I64));
        var outcome = await Run(module, Limits(1) with { StackSlotsMax = 1_000 });
        Assert.Equal((trap, 1), (outcome.Trap, outcome.Fuel));
    }

    [Theory]
    [InlineData(0, 15)]
    [InlineData(1, 15)]
    [InlineData(2, 3 * 15)]
    [InlineData(3, 5 * 15)]
    [InlineData(4, 9 * 15)]
    public async Task RecursiveFibonacci_CostsWhatItsCallsDo(int n, long fuel)
    {
        // One segment: local.get, i32.const, i32.lt_s, if; local.get, return; and the nine behind the if.
        var module = new TestModule();
        module.Function(
            module.Type(I32, I32),
            "run",
            new Code()
                .LocalGet(0)
                .I32Const(2)
                .I32LtS()
                .If()
                .LocalGet(0)
                .Return()
                .End()
                .LocalGet(0)
                .I32Const(1)
                .I32Sub()
                .Call(0)
                .LocalGet(0)
                .I32Const(2)
                .I32Sub()
                .Call(0)
                .I32Add()
        );
        Assert.Equal(fuel, (await Run(module, Limits(), Value.FromI32(n))).Fuel);
    }

    [Fact]
    public async Task Refill_LeavesEveryLocalAsItWas()
    {
        // A loop long enough for many refills, over parameters and locals of every type, one of them a NaN of the guest's own.
        const int Turns = 3_000_000;
        const long Signalling = 0x7FF4_0000_0000_1234;
        WasmType[] types = [WasmType.I32, WasmType.I64, WasmType.F32, WasmType.F64];
        var module = new TestModule().Memory(1);
        module.Function(
            module.Type(types, [WasmType.I64, WasmType.I64, WasmType.F32, WasmType.F64]),
            "run",
            new Code()
                .I64Const(7)
                .LocalSet(5)
                .Loop()
                .LocalGet(5)
                .I64Const(3)
                .Raw(0x7C)
                .LocalSet(5)
                .I32Const(8)
                .I32Const(8)
                .I32Load()
                .I32Const(1)
                .I32Add()
                .I32Store()
                .LocalGet(0)
                .I32Const(1)
                .I32Sub()
                .LocalTee(0)
                .BrIf(0)
                .End()
                .LocalGet(1)
                .I32Const(8)
                .I32Load()
                .Raw(0xAC)
                .Raw(0x7C)
                .LocalGet(5)
                .LocalGet(2)
                .LocalGet(3),
            (1, WasmType.ExternRef),
            (1, WasmType.I64)
        );
        var outcome = await Run(
            module,
            Limits(),
            Value.FromI32(Turns),
            Value.FromI64(-1),
            Value.FromF32(1.5f),
            Value.FromBits(WasmType.F64, Signalling)
        );
        Assert.Equal(
            [Value.FromI64(Turns - 1), Value.FromI64(7 + (3L * Turns)), Value.FromF32(1.5f), Value.FromBits(WasmType.F64, Signalling)],
            outcome.Results
        );
        Assert.Equal(2 + (15L * Turns) + 8, outcome.Fuel);
    }

    [Fact]
    public async Task SegmentThatTraps_HasPaidForAllOfIt()
    {
        // The segment ends with the function: two constants, i32.div_s, and behind the trap a drop and two constants.
        var code = new Code().I32Const(1).I32Const(0).Raw(0x6D).Drop().I32Const(1).I32Const(2).I32Add().Drop();
        var outcome = await Run(Module(None, None, code), Limits());
        Assert.Equal(TrapKind.IntegerDivideByZero, outcome.Trap);
        Assert.Equal(6, outcome.Fuel);
    }

    [Fact]
    public async Task TrapBehindACall_CountsTheCalleeToo()
    {
        var module = new TestModule().Memory(1);
        var callee = module.Function(module.Type(None, None), null, new Code().I32Const(0).Drop());
        module.Function(0, "run", new Code().Call(callee).I32Const(-1).I32Load().Drop());
        var outcome = await Run(module, Limits());
        Assert.Equal(TrapKind.OutOfBoundsMemoryAccess, outcome.Trap);
        Assert.Equal(3 + 1, outcome.Fuel);
    }

    [Theory]
    [TestsBound(typeof(EnginePolicy), nameof(EnginePolicy.BulkBytesPerFuel))]
    [InlineData(0, 1)]
    [InlineData(1, 1 + 1)]
    [InlineData(8, 1 + 1)]
    [InlineData(9, 1 + 2)]
    [InlineData(65_536, 1 + 8_192)]
    public async Task BulkInstruction_CostsOneAndItsSize(int bytes, long fuel)
    {
        var module = new TestModule().Memory(1);
        module.Function(module.Type(I32, None), "run", new Code().I32Const(0).I32Const(0).LocalGet(0).MemoryFill());
        Assert.Equal(3 + fuel, (await Run(module, Limits(), Value.FromI32(bytes))).Fuel);
    }

    [Fact]
    public async Task TableIsNotGrown_WithoutTheFuelForIt()
    {
        var module = new TestModule().Table(1, 100).Export("table", 1, 0);
        module.Function(module.Type(None, None), "run", new Code().RefNullFunc().I32Const(50).TableGrow(0).Drop());
        var compiled = module.Compile();
        var run = new Run(Limits(52), TimeProvider.System);
        var count = await OnGuestThread(() =>
        {
            using var instance = Instance.Instantiate(compiled, new Imports(), run);
            Assert.Equal(TrapKind.OutOfFuel, Assert.Throws<TrapException>(() => instance.Invoke("run")).Kind);
            return ((Table)instance.Export("table")!).Count;
        });
        Assert.Equal(1, count);
    }

    [Fact]
    public async Task ExactlyEnoughFuel_IsEnough_AndOneLessIsNot()
    {
        var code = new Code().Loop().LocalGet(0).I32Const(1).I32Sub().LocalTee(0).BrIf(0).End();
        Assert.Null((await Run(Module(I32, None, code), Limits(50), Value.FromI32(10))).Trap);
        var outcome = await Run(Module(I32, None, code), Limits(49), Value.FromI32(10));
        Assert.Equal(TrapKind.OutOfFuel, outcome.Trap);
        Assert.Equal(49, outcome.Fuel);
    }

    [Fact]
    public async Task LastSegmentWithoutACheck_StillCounts()
    {
        // The second segment is too long to join: it begins behind the if and is charged without a check.
        var code = Constants(40, new Code().I32Const(0).If().End());
        Assert.Null((await Run(Module(None, None, code), Limits(42))).Trap);
        Assert.Equal(TrapKind.OutOfFuel, (await Run(Module(None, None, code), Limits(41))).Trap);
    }

    [Fact]
    public async Task HostFunction_ChargesTheSameAccount()
    {
        var module = new TestModule();
        var charge = module.ImportFunction("host", "charge", module.Type([WasmType.I64], None));
        module.Function(module.Type(None, None), "run", new Code().I64Const(5_000_000).Call(charge).I64Const(7).Call(charge));
        var compiled = module.Compile();
        var imports = new Imports().Add("host", "charge", (Action<Instance, long>)((caller, fuel) => caller.Run.ChargeFuel(fuel)));
        var (enough, few) = (Limits(5_000_011), Limits(5_000_010));
        Assert.Equal(5_000_011, (await OnGuestThread(() => Execute(compiled, imports, new Run(enough, TimeProvider.System)))).Fuel);
        Assert.Equal(TrapKind.OutOfFuel, (await OnGuestThread(() => Execute(compiled, imports, new Run(few, TimeProvider.System)))).Trap);
    }

    [Fact]
    public async Task HostFunction_IsNotEnteredWithoutFuel()
    {
        var module = new TestModule();
        var entered = false;
        var mark = module.ImportFunction("host", "mark", module.Type(None, None));
        module.Function(0, "run", Constants(40, new Code().I32Const(0).If().End()).Call(mark));
        var compiled = module.Compile();
        var imports = new Imports().Add("host", "mark", (Action<Instance>)(_ => entered = true));
        var run = new Run(Limits(42), TimeProvider.System);
        Assert.Equal(TrapKind.OutOfFuel, (await OnGuestThread(() => Execute(compiled, imports, run))).Trap);
        Assert.False(entered);
    }

    /// <summary>So many instructions that cost one and do nothing.</summary>
    private static Code Constants(int count, Code code)
    {
        for (var i = 0; i < count; i++)
        {
            code.I32Const(0).Drop();
        }
        return code;
    }

    private static TestModule Module(WasmType[] parameters, WasmType[] results, Code code)
    {
        var module = new TestModule();
        module.Function(module.Type(parameters, results), "run", code);
        return module;
    }
}
