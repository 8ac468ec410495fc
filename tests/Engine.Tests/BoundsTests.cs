using Marketplace.Engine.Tests.Building;
using Marketplace.Testing;

namespace Marketplace.Engine.Tests;

/// <summary>
/// Accesses whose check the compiler may leave out, and next to each one where it may not. One page of memory; local 0 is the argument, an
/// address or a flag; the function gives back an i32.
/// </summary>
public sealed class BoundsTests(GuestThreadsFixture guests) : EngineTest(guests)
{
    private const int Page = 65_536;
    private const byte Or = 0x72,
        And = 0x71,
        Shl = 0x74,
        ShrU = 0x76,
        DivS = 0x6D,
        Load8U = 0x2D,
        Ne = 0x47;

    [Fact]
    public Task SecondAccess_OfAChangedLocal_IsChecked() =>
        Traps(
            code => code.LocalGet(0).I32Load(100).Drop().LocalGet(0).I32Const(Page - 4).I32Add().LocalSet(0).LocalGet(0).I32Load(),
            argument: 8
        );

    [Fact]
    public Task SecondAccess_OfATeedLocal_IsChecked() =>
        Traps(code => code.LocalGet(0).I32Load(100).Drop().LocalGet(0).I32Const(Page - 4).I32Add().LocalTee(0).I32Load(), argument: 8);

    [Fact]
    public Task FartherAccess_AfterANearerOne_IsChecked() =>
        Traps(code => code.LocalGet(0).I32Const(1).I32Store(0).LocalGet(0).I32Const(1).I32Store(8).I32Const(0), argument: Page - 8);

    [Fact]
    public Task NearerAccess_AfterAFartherOne_NeedsNoTrap() =>
        Gives(
            7,
            code => code.LocalGet(0).I32Const(7).I32Store(8).LocalGet(0).I32Load(8).LocalGet(0).I32Load().I32Add(),
            argument: Page - 12
        );

    [Fact]
    public Task AddressThatALoopChanges_IsCheckedOnEachTurn() =>
        Traps(
            code =>
                code.LocalGet(0)
                    .I32Load()
                    .Drop()
                    .Loop()
                    .LocalGet(0)
                    .I32Load()
                    .Drop()
                    .LocalGet(0)
                    .I32Const(16_384)
                    .I32Add()
                    .LocalTee(0)
                    .I32Const(10 * Page)
                    .I32LtS()
                    .BrIf(0)
                    .End()
                    .I32Const(0),
            argument: 0
        );

    [Fact]
    public Task AddressThatALoopChangesAtItsEnd_IsCheckedInANestedLoop() =>
        Traps(
            code =>
                code.LocalGet(0)
                    .I32Load()
                    .Drop()
                    .Loop()
                    .Loop()
                    .LocalGet(0)
                    .I32Load()
                    .Drop()
                    .End()
                    .LocalGet(0)
                    .I32Const(Page - 4)
                    .I32Add()
                    .LocalTee(0)
                    .BrIf(0)
                    .End()
                    .I32Const(0),
            argument: 0
        );

    [Fact]
    public Task CheckInsideAnArm_SaysNothingBehindIt() =>
        Traps(code => code.I32Const(0).If().LocalGet(0).I32Load(Page - 8).Drop().End().LocalGet(0).I32Load(Page - 8), argument: 8);

    [Fact]
    public Task CheckInsideOneArm_SaysNothingInTheOther() =>
        Traps(
            code =>
                code.I32Const(0).If().LocalGet(0).I32Load(Page - 8).Drop().Else().LocalGet(0).I32Load(Page - 8).Drop().End().I32Const(0),
            argument: 8
        );

    [Fact]
    public Task CheckThatABranchSkips_SaysNothingBehindTheBlock() =>
        Traps(
            code => code.Block().I32Const(1).BrIf(0).LocalGet(0).I32Load(Page - 8).Drop().End().LocalGet(0).I32Load(Page - 8),
            argument: 8
        );

    [Fact]
    public Task CheckBeforeABlock_HoldsBehindIt_UnlessTheBlockChangedTheLocal() =>
        Traps(
            code =>
                code.LocalGet(0)
                    .I32Load()
                    .Drop()
                    .Block()
                    .LocalGet(0)
                    .I32Eqz()
                    .BrIf(0)
                    .I32Const(Page)
                    .LocalSet(0)
                    .End()
                    .LocalGet(0)
                    .I32Load(),
            argument: 8
        );

    [Fact]
    public Task MaskedAddress_IsInsideUpToTheLastByte() =>
        Gives(0, code => code.LocalGet(0).I32Const(0xFFFC).Raw(And).I32Load(), argument: -1);

    [Fact]
    [TestsBound(typeof(EnginePolicy), nameof(EnginePolicy.PageBytes))]
    public Task MaskedAddress_OneBeyond_IsChecked() => Traps(code => code.LocalGet(0).I32Const(0xFFFC).Raw(And).I32Load(1), argument: -1);

    [Fact]
    public Task SumThatWraps_IsNoBound() =>
        Gives(0, code => code.LocalGet(0).I32Const(0x7F).Raw(And).I32Const(-0x40).I32Add().I32Load(), argument: 0x7F);

    [Fact]
    public Task SumThatWraps_IsChecked() =>
        Traps(code => code.LocalGet(0).I32Const(0x7F).Raw(And).I32Const(-0x40).I32Add().I32Load(), argument: 0);

    [Fact]
    public Task ShiftOutOfTheWord_IsNoBound() =>
        Traps(code => code.LocalGet(0).I32Const(0xFFFF).Raw(And).I32Const(20).Raw(Shl).I32Load(), argument: 1);

    [Fact]
    public Task ShiftBy32AndMore_CountsModulo32() => Traps(code => code.LocalGet(0).I32Const(32).Raw(ShrU).I32Load(), argument: Page);

    [Fact]
    public Task Or_IsBoundedByAllBits() =>
        Traps(code => code.LocalGet(0).I32Const(0x8001).Raw(And).I32Const(0x7FFE).Raw(Or).I32Load(), argument: 0x8001);

    [Fact]
    public Task BoundOfALocal_EndsWhenALoopChangesIt() =>
        Traps(
            code =>
                code.I32Const(0)
                    .Raw(Load8U, 0, 0)
                    .LocalSet(0)
                    .Loop()
                    .LocalGet(0)
                    .I32Load()
                    .Drop()
                    .LocalGet(0)
                    .I32Const(40_000)
                    .I32Add()
                    .LocalTee(0)
                    .I32Const(90_000)
                    .I32LtS()
                    .BrIf(0)
                    .End()
                    .I32Const(0),
            argument: 0
        );

    [Fact]
    public Task LastByteOfAMemoryThatMayGrow_IsRead() =>
        Gives(0, code => code.I32Const(0).MemoryGrow().Drop().LocalGet(0).Raw(Load8U, 0, 0), argument: Page - 1);

    [Theory]
    [InlineData(Page)]
    [InlineData(-1)]
    public Task ByteBehindAMemoryThatMayGrow_IsNot(int address) =>
        Traps(code => code.I32Const(0).MemoryGrow().Drop().LocalGet(0).Raw(Load8U, 0, 0), address);

    [Fact]
    public Task CheckedAddress_IsForgottenWhenTheLocalGetsAnother() =>
        Gives(
            42,
            code => code.I32Const(8).I32Const(42).I32Store().LocalGet(0).I32Load().Drop().I32Const(8).LocalSet(0).LocalGet(0).I32Load(),
            argument: 100
        );

    [Theory]
    [InlineData(0, 42)]
    [InlineData(1, 43)]
    public Task ArmThatGivesTheLocalAnotherAddress_LeavesTheOtherArmItsOwn(int condition, int result) =>
        Gives(
            result,
            code =>
                code.I32Const(100)
                    .I32Const(42)
                    .I32Store()
                    .I32Const(8)
                    .I32Const(43)
                    .I32Store()
                    .LocalGet(0)
                    .I32Load()
                    .Drop()
                    .I32Const(condition)
                    .If(0x7F)
                    .I32Const(8)
                    .LocalSet(0)
                    .LocalGet(0)
                    .I32Load()
                    .Else()
                    .LocalGet(0)
                    .I32Load()
                    .End(),
            argument: 100
        );

    [Fact]
    public Task LocalThatALoopMoves_IsReadWhereItIs() =>
        Gives(
            42,
            code =>
                code.I32Const(104)
                    .I32Const(42)
                    .I32Store()
                    .LocalGet(0)
                    .I32Load()
                    .Drop()
                    .Loop()
                    .LocalGet(0)
                    .I32Const(4)
                    .I32Add()
                    .LocalTee(0)
                    .I32Load()
                    .I32Const(42)
                    .Raw(Ne)
                    .BrIf(0)
                    .End()
                    .LocalGet(0)
                    .I32Load(),
            argument: 0
        );

    [Fact]
    public Task ConstantAddress_InsideTheLeastSize_IsRead() => Gives(0, code => code.I32Const(Page - 4).I32Load(), argument: 0);

    [Fact]
    public Task ConstantAddress_BeyondTheLeastSize_IsChecked() => Traps(code => code.I32Const(Page - 4).I32Load(1), argument: 0);

    [Fact]
    public Task ConstantAddress_IsInsideOnceTheMemoryHasGrown() =>
        Gives(0, code => code.I32Const(1).MemoryGrow().Drop().I32Const(Page).I32Load(Page - 4), argument: 0);

    [Fact]
    public Task TrapOfAnotherKind_BetweenTwoLoads_ComesFirst() =>
        Traps(
            code => code.LocalGet(0).I32Load().Drop().I32Const(1).I32Const(0).Raw(DivS).Drop().LocalGet(0).I32Load(Page),
            0,
            TrapKind.IntegerDivideByZero
        );

    [Fact]
    public Task Call_BetweenTwoLoads_IsMade() =>
        Traps(code => code.LocalGet(0).I32Load().Drop().Call(0).Drop().LocalGet(0).I32Load(Page), 0, TrapKind.Unreachable);

    [Fact]
    public async Task Store_BetweenTwoLoads_IsSeenAfterTheTrap()
    {
        var module = Module(code => code.LocalGet(0).I32Load().Drop().LocalGet(0).I32Const(42).I32Store(4).LocalGet(0).I32Load(Page));
        using var run = new Run(Limits(), TimeProvider.System);
        var left = await OnGuestThread(() =>
        {
            using var instance = Instance.Instantiate(module.Compile(), new Imports(), run);
            Assert.Equal(
                TrapKind.OutOfBoundsMemoryAccess,
                Assert.Throws<TrapException>(() => instance.Invoke("run", Value.FromI32(16))).Kind
            );
            return instance.Memory.Read<int>(20);
        });

        Assert.Equal(42, left);
    }

    private async Task Traps(Action<Code> body, int argument, TrapKind kind = TrapKind.OutOfBoundsMemoryAccess)
    {
        var outcome = await Run(Module(body), Limits(), Value.FromI32(argument));
        Assert.Equal(kind, outcome.Trap);
    }

    private async Task Gives(int result, Action<Code> body, int argument)
    {
        var outcome = await Run(Module(body), Limits(), Value.FromI32(argument));
        Assert.Null(outcome.Trap);
        Assert.Equal([Value.FromI32(result)], outcome.Results);
    }

    /// <summary>Function 0 traps with unreachable; the function <c>run</c> is function 1.</summary>
    private static TestModule Module(Action<Code> body)
    {
        var module = new TestModule().Memory(1, 2);
        var type = module.Type([WasmType.I32], [WasmType.I32]);
        module.Function(module.Type([], [WasmType.I32]), null, new Code().Unreachable());
        var code = new Code();
        body(code);
        module.Function(type, "run", code);
        return module;
    }
}
