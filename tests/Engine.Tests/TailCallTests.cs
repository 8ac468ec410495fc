using Marketplace.Engine.Decode;
using Marketplace.Engine.Tests.Building;

namespace Marketplace.Engine.Tests;

/// <summary>
/// A tail call leaves nothing behind: not on the native stack, not in the slot budget, whatever the two functions look like.
/// </summary>
public sealed class TailCallTests(GuestThreadsFixture guests) : EngineTest(guests)
{
    /// <summary>More than the native stack of a guest has room for, were each call to leave only a return address.</summary>
    private const int Calls = EnginePolicy.GuestStackBytes / 8;

    private static readonly WasmType[] I32 = [WasmType.I32];
    private static readonly WasmType[] I64 = [WasmType.I64];
    private static readonly WasmType[] Kinds = [WasmType.F64, WasmType.I32, WasmType.V128, WasmType.I64, WasmType.F32, WasmType.FuncRef];

    public static TheoryData<int, bool> ParameterCounts()
    {
        var counts = new TheoryData<int, bool>();
        for (var count = 0; count <= 20; count++)
        {
            counts.Add(count, false);
            counts.Add(count, true);
        }

        return counts;
    }

    [Theory]
    [MemberData(nameof(ParameterCounts))]
    public async Task MutualTailCalls_RunInConstantStack(int parameters, bool throughATable)
    {
        // With parameters a frame would be four times as large at least.
        var calls = parameters == 0 ? Calls : Calls / 4;
        var outcome = await Run(PingPong(parameters, throughATable), Limits() with { StackSlotsMax = 1_000 }, Value.FromI32(calls));
        Assert.Null(outcome.Trap);
        Assert.Equal([Value.FromI64(parameters == 0 ? 0 : Sum(parameters))], outcome.Results);
    }

    [Fact]
    public async Task TailCalls_CrossInstancesInConstantStack()
    {
        // Each instance calls the other through an import and a table.
        var there = new TestModule().Table(1).Export("table", 1, 0);
        var type = there.Type(I32, I64);
        there.Function(
            type,
            "there",
            new Code()
                .LocalGet(0)
                .I32Eqz()
                .If()
                .I64Const(7)
                .Return()
                .End()
                .LocalGet(0)
                .I32Const(1)
                .I32Sub()
                .I32Const(0)
                .ReturnCallIndirect(type)
        );
        var here = new TestModule();
        var same = here.Type(I32, I64);
        var import = here.ImportFunction("other", "there", same);
        here.ImportTable("other", "table", 1);
        here.Function(
            same,
            "run",
            new Code().LocalGet(0).I32Eqz().If().I64Const(8).Return().End().LocalGet(0).I32Const(1).I32Sub().ReturnCall(import)
        );
        here.Elements(1);
        var (first, second) = (there.Compile(), here.Compile());
        var run = new Run(Limits() with { StackSlotsMax = 1_000 }, TimeProvider.System);
        var results = await OnGuestThread(() =>
        {
            using var other = Instance.Instantiate(first, new Imports(), run);
            return Execute(second, new Imports().AddExports("other", other), run, Value.FromI32(Calls / 8)).Results;
        });
        Assert.Equal([Value.FromI64(8)], results);
    }

    [Fact]
    public async Task TailCallOfTheHost_ReturnsItsResult()
    {
        var module = new TestModule();
        var typed = module.Type(I32, I64);
        var general = module.Type(I32, [WasmType.V128, WasmType.I32]);
        var twice = module.ImportFunction("host", "twice", typed);
        var both = module.ImportFunction("host", "both", general);
        module.Function(typed, "run", new Code().LocalGet(0).ReturnCall(twice));
        module.Function(general, "both", new Code().LocalGet(0).ReturnCall(both));
        var imports = new Imports().Add("host", "twice", (Func<Instance, int, long>)((_, value) => 2L * value));
        imports.Add(
            "host",
            "both",
            HostFunction.Create(
                new FunctionType([.. I32], [WasmType.V128, WasmType.I32]),
                (_, from, to) => (to[0], to[1]) = (Value.FromV128(1, 2), from[0])
            )
        );
        var compiled = module.Compile();
        var run = new Run(Limits(), TimeProvider.System);
        await OnGuestThread(() =>
        {
            using var instance = Instance.Instantiate(compiled, imports, run);
            Assert.Equal([Value.FromI64(84)], instance.Invoke("run", Value.FromI32(42)));
            Assert.Equal([Value.FromV128(1, 2), Value.FromI32(5)], instance.Invoke("both", Value.FromI32(5)));
            return true;
        });
    }

    [Fact]
    public async Task EndlessTailCall_StopsWhenItsFuelEnds()
    {
        var module = new TestModule();
        module.Function(module.Type([], []), "run", new Code().ReturnCall(0));
        var outcome = await Run(module, Limits(1_000_000));
        Assert.Equal((TrapKind.OutOfFuel, 1_000_000), (outcome.Trap, outcome.Fuel));
    }

    [Fact]
    public async Task TailCall_EndsAPiece()
    {
        // Six for each turn that goes on and for the last one's test; what stands behind the if is too long to be paid with them.
        const int Behind = 40;
        var code = new Code().LocalGet(0).If().LocalGet(0).I32Const(1).I32Sub().ReturnCall(0).End();
        for (var i = 1; i < Behind; i++)
        {
            code.I32Const(0).Drop();
        }
        var module = new TestModule();
        module.Function(module.Type(I32, I32), "run", code.I32Const(9));
        var outcome = await Run(module, Limits(), Value.FromI32(3));
        Assert.Equal([Value.FromI32(9)], outcome.Results);
        Assert.Equal((4 * 6) + Behind, outcome.Fuel);
    }

    [Fact]
    public async Task TailCallToALargerFrame_ExhaustsTheBudgetAtOnce()
    {
        var module = new TestModule();
        module.Function(module.Type([], []), "run", new Code().ReturnCall(1));
        module.Function(0, null, new Code().ReturnCall(0), (1_000, WasmType.I64));
        var outcome = await Run(module, Limits() with { StackSlotsMax = 1_000 });
        Assert.Equal(TrapKind.CallStackExhausted, outcome.Trap);
    }

    [Fact]
    public async Task TailCallFromAFunctionTooLargeToOptimise_RunsInConstantStack()
    {
        var module = new TestModule();
        var type = module.Type([WasmType.I32, WasmType.F64, WasmType.V128], I64);
        var wide = module.Type([WasmType.I32, .. Kinds, .. Kinds, .. Kinds], I64);
        module.Function(
            type,
            null,
            new Code()
                .Times(12_000, c => c.LocalGet(0).I32Eqz().LocalSet(3))
                .LocalGet(0)
                .I32Eqz()
                .If()
                .I64Const(3)
                .Return()
                .End()
                .LocalGet(0)
                .I32Const(1)
                .I32Sub()
                .Times(3, c => Zeros(c, Kinds))
                .ReturnCall(1),
            (1, WasmType.I32)
        );
        module.Function(wide, null, new Code().LocalGet(0).F64Const(1).V128Const(1, 2).ReturnCall(0));
        module.Function(module.Type(I32, I64), "run", new Code().LocalGet(0).F64Const(1).V128Const(1, 2).ReturnCall(0));
        var compiled = module.Compile();
        Assert.Equal(1, compiled.CountFunctionsTooLargeToOptimise());
        var run = new Run(Limits() with { StackSlotsMax = 10_000 }, TimeProvider.System);
        var outcome = await OnGuestThread(() => Execute(compiled, new Imports(), run, Value.FromI32(20_000)));
        Assert.Equal([Value.FromI64(3)], outcome.Results);
    }

    private static Code Zeros(Code code, WasmType[] types) =>
        types.Aggregate(
            code,
            (c, type) =>
                type switch
                {
                    WasmType.I32 => c.I32Const(0),
                    WasmType.I64 => c.I64Const(0),
                    WasmType.F32 => c.F32Const(0),
                    WasmType.F64 => c.F64Const(0),
                    WasmType.V128 => c.V128Const(0, 0),
                    _ => c.RefNullFunc(),
                }
        );

    /// <summary>
    /// Two functions that call each other with <paramref name="count"/> parameters of all kinds, turned round by one on each call,
    /// until a global that counts down is zero. The last gives the sum of its i64 parameters.
    /// </summary>
    private static TestModule PingPong(int count, bool throughATable)
    {
        var module = new TestModule().Table(2).Global(WasmType.I32, true, new Code().I32Const(0));
        var ping = Parameters(count, 0);
        var pong = Parameters(count, 3);
        int[] types = [module.Type(ping, I64), module.Type(pong, I64)];
        module.Function(types[0], null, Body(ping, pong, types[1], 1, throughATable));
        module.Function(types[1], null, Body(pong, ping, types[0], 0, throughATable));
        var start = ping.Aggregate(new Code().LocalGet(0).GlobalSet(0), (code, type) => Constant(code, type));
        module.Function(module.Type(I32, I64), "run", start.ReturnCall(0));
        return module.Elements(0, 1);
    }

    private static WasmType[] Parameters(int count, int turned) =>
        [.. Enumerable.Range(0, count).Select(i => Kinds[(i + turned) % Kinds.Length])];

    private static Code Body(WasmType[] mine, WasmType[] theirs, int type, int callee, bool throughATable)
    {
        var code = new Code().GlobalGet(0).I32Eqz().If().I64Const(0);
        for (var i = 0; i < mine.Length; i++)
        {
            _ = mine[i] == WasmType.I64 ? code.LocalGet(i).Op(Opcode.I64Add) : code;
        }

        code.Return().End().GlobalGet(0).I32Const(1).I32Sub().GlobalSet(0);
        for (var i = 0; i < theirs.Length; i++)
        {
            // The same value where the caller has one of the type in the same place, else a constant.
            _ = mine[i] == theirs[i] ? code.LocalGet(i) : Constant(code, theirs[i]);
        }

        return throughATable ? code.I32Const(callee).ReturnCallIndirect(type) : code.ReturnCall(callee);
    }

    private static Code Constant(Code code, WasmType type) =>
        type switch
        {
            WasmType.I64 => code.I64Const(5),
            _ => Zeros(code, [type]),
        };

    /// <summary>Of the i64 parameters of the function that the countdown ends in: an even number of calls ends where it began.</summary>
    private static long Sum(int count) => 5 * Parameters(count, 0).Count(type => type == WasmType.I64);
}
