using Marketplace.Engine.Decode;
using Marketplace.Engine.Interpret;
using Marketplace.Engine.Tests.Building;
using Marketplace.Reference.Comparison;
using Marketplace.Testing;

namespace Marketplace.Engine.Tests;

/// <summary>Functions are interpreted until machine code pays. No result, fuel or trap shows when they change.</summary>
public sealed class FirstTierTests(GuestThreadsFixture guests) : EngineTest(guests)
{
    private static readonly WasmType[] None = [];
    private static readonly WasmType[] I32 = [WasmType.I32];
    private static readonly WasmType[] I64 = [WasmType.I64];

    /// <summary>Functions change while the tests' loops run.</summary>
    private static readonly Tiers Soon = new(true, 1_000, 0, 0);

    [Fact]
    public async Task FunctionsThatRunOnce_AreNeverCompiled()
    {
        var (_, compiled) = await RunWith(Tiers.Default, Calls(1));
        Assert.Equal((0, 0L), (compiled.EmittedFunctions, compiled.EmittedBytes));
    }

    [Fact]
    public async Task FunctionThatIsCalledOften_BecomesMachineCode_AndItsCallerInItsLoop()
    {
        var module = Calls(5_000);
        var (outcome, compiled) = await RunWith(Soon, module);
        Assert.Equal(1, compiled.EmittedFunctions);
        Assert.Equal(1, compiled.LoopCodes);
        AssertSame(await Run(module, Limits()), outcome);
    }

    [Fact]
    public async Task LoopThatRunsOften_GoesOnInMachineCode_WithEveryLocalAndOperand()
    {
        // Under the loop wait a constant, a local that the loop writes, and a sum; the locals have one of each type.
        var module = new TestModule();
        module.Function(
            module.Type([WasmType.I32, WasmType.F64], I64),
            "run",
            new Code()
                .F32Const(1.5f)
                .LocalSet(2)
                .I64Const(7)
                .LocalSet(3)
                .I64Const(100)
                .LocalGet(3)
                .LocalGet(3)
                .I64Const(1)
                .Op(Opcode.I64Add)
                .Loop()
                .LocalGet(2)
                .LocalGet(2)
                .Op(Opcode.F32Add)
                .LocalSet(2)
                .LocalGet(1)
                .F64Const(0.5)
                .Op(Opcode.F64Add)
                .LocalSet(1)
                .LocalGet(3)
                .I64Const(3)
                .Op(Opcode.I64Mul)
                .LocalSet(3)
                .LocalGet(0)
                .I32Const(1)
                .I32Sub()
                .LocalTee(0)
                .BrIf(0)
                .End()
                .Op(Opcode.I64Add)
                .Op(Opcode.I64Mul)
                .LocalGet(3)
                .Op(Opcode.I64Xor)
                .LocalGet(1)
                .Op(Opcode.I64ReinterpretF64)
                .Op(Opcode.I64Xor)
                .LocalGet(2)
                .Op(Opcode.I32ReinterpretF32)
                .Op(Opcode.I64ExtendI32U)
                .Op(Opcode.I64Xor),
            (1, WasmType.F32),
            (1, WasmType.I64)
        );
        Value[] arguments = [Value.FromI32(20_000), Value.FromF64(0.25)];
        var (outcome, compiled) = await RunWith(Soon, module, arguments);
        Assert.Equal((0, 1), (compiled.EmittedFunctions, compiled.LoopCodes));
        AssertSame(await Run(module, Limits(), arguments), outcome);
    }

    [Fact]
    public async Task MachineCodeThatBeginsAtAnInnerLoop_ChecksItsAddressesAgain()
    {
        // The outer loop's access behind the same local was checked before the loops, where the machine code has not been.
        var module = new TestModule().Memory(1);
        var run = module.Type([WasmType.I32, WasmType.I32], I32);
        module.Function(
            run,
            "run",
            new Code()
                .LocalGet(1)
                .I32Load(64)
                .LocalSet(4)
                .I32Const(40)
                .LocalSet(2)
                .Loop()
                .LocalGet(1)
                .LocalGet(1)
                .I32Load(8)
                .I32Const(1)
                .I32Add()
                .I32Store(8)
                .I32Const(100)
                .LocalSet(3)
                .Loop()
                .LocalGet(1)
                .LocalGet(1)
                .I32Load()
                .LocalGet(0)
                .I32Add()
                .I32Store()
                .LocalGet(3)
                .I32Const(1)
                .I32Sub()
                .LocalTee(3)
                .BrIf(0)
                .End()
                .LocalGet(2)
                .I32Const(1)
                .I32Sub()
                .LocalTee(2)
                .BrIf(0)
                .End()
                .LocalGet(1)
                .I32Load()
                .LocalGet(1)
                .I32Load(8)
                .I32Mul(),
            (3, WasmType.I32)
        );
        Value[] arguments = [Value.FromI32(3), Value.FromI32(65_536 - 68)];
        var (outcome, compiled) = await RunWith(Soon, module, arguments);
        Assert.Equal([Value.FromI32(3 * 4_000 * 40)], outcome.Results);
        Assert.Equal(1, compiled.LoopCodes);
        AssertSame(await Run(module, Limits(), arguments), outcome);
    }

    [Fact]
    public async Task FunctionOfManyLoops_GetsMachineCodeForFewOfThem()
    {
        const int Loops = 200;
        var module = new TestModule();
        module.Type(None, None);
        var code = new Code();
        for (var i = 0; i < Loops; i++)
        {
            code.I32Const(1_000).LocalSet(0).Loop().LocalGet(0).I32Const(1).I32Sub().LocalTee(0).BrIf(0).End();
        }

        // Called again by itself, so that machine code of a loop does not go on with the others.
        module.Function(0, "run", code, (1, WasmType.I32));
        var inner = new TestModule();
        inner.Type(I32, None);
        inner.Type(None, None);
        var choice = new Code().Block();
        for (var i = 0; i < Loops; i++)
        {
            choice.LocalGet(0).I32Const(i).Op(Opcode.I32Eq).If().I32Const(400).LocalSet(1);
            choice.Loop().LocalGet(1).I32Const(1).I32Sub().LocalTee(1).BrIf(0).End().End();
        }

        inner.Function(0, null, choice.End(), (1, WasmType.I32));
        var calls = new Code();
        for (var i = 0; i < Loops; i++)
        {
            calls.I32Const(i).Call(0);
        }

        inner.Function(1, "run", calls);
        var (outcome, compiled) = await RunWith(new Tiers(true, 500, 0, 0), inner);
        Assert.Null(outcome.Trap);
        Assert.InRange(compiled.LoopCodes, 0, 1);
        AssertSame(await Run(inner, Limits()), outcome);
        (outcome, compiled) = await RunWith(Soon, module);
        Assert.Null(outcome.Trap);
        Assert.Equal(1, compiled.LoopCodes);
    }

    [Fact]
    [TestsBound(typeof(RunLimits), nameof(RunLimits.CodeBytesMax))]
    public async Task RunThatMayHaveNoMoreCode_IsInterpretedToItsEnd()
    {
        var module = Calls(5_000);
        var (expected, interpreted) = await RunWith(TestTiers.InterpretedOnly, module);
        var steps = Limits() with { CodeBytesMax = interpreted.FirstTier.Bytes / CompiledModule.MemoryPerCodeByte };
        var (outcome, compiled) = await RunWith(Soon, module, steps);
        Assert.Equal((0, 0), (compiled.EmittedFunctions, compiled.LoopCodes));
        AssertSame(expected, outcome);
        Assert.Equal(TrapKind.TimedOut, (await RunWith(Soon, module, steps with { CodeBytesMax = steps.CodeBytesMax / 2 })).Outcome.Trap);
    }

    [Fact]
    [TestsBound(typeof(EnginePolicy), nameof(EnginePolicy.InterpretedFuelMin))]
    [TestsBound(typeof(EnginePolicy), nameof(EnginePolicy.InterpretedFuelPerByte))]
    [TestsBound(typeof(EnginePolicy), nameof(EnginePolicy.InterpretedFuelPerLocal))]
    public async Task FunctionThatUsedUpItsPatience_IsCompiledWithTheNextCall()
    {
        // Its one byte is free, so each call counts as one.
        const int Patience =
            EnginePolicy.InterpretedFuelMin + EnginePolicy.InterpretedFuelPerByte + (2 * EnginePolicy.InterpretedFuelPerLocal);
        var module = new TestModule();
        module.Function(module.Type(None, None), "run", new Code(), (2, WasmType.I64));
        var compiled = module.Compile(Tiers.Default);
        var run = new Run(Limits(), TimeProvider.System);
        Assert.Equal(
            (0, 1),
            await OnGuestThread(() =>
            {
                using var instance = Instance.Instantiate(compiled, new Imports(), run);
                for (var call = 0; call < Patience; call++)
                {
                    instance.Invoke("run");
                }

                var before = compiled.EmittedFunctions;
                instance.Invoke("run");
                return (before, compiled.EmittedFunctions);
            })
        );
    }

    [Theory]
    [InlineData(EnginePolicy.InterpretersMax, 1)]
    [InlineData(EnginePolicy.InterpretersMax + 1, 2)]
    [TestsBound(typeof(EnginePolicy), nameof(EnginePolicy.InterpretersMax))]
    public async Task InterpretersWithinEachOther_AreBound(int depth, int emitted)
    {
        // The first has a vector, so it is compiled, and calls the second, which calls it again.
        var module = new TestModule();
        module.Type(I32, I32);
        var vector = new Code().V128Const(1, 2).Drop().LocalGet(0).If(0x7F).LocalGet(0).I32Const(1).I32Sub().Call(1);
        module.Function(0, "run", vector.Else().I32Const(1).End());
        module.Function(0, null, new Code().LocalGet(0).Call(0).I32Const(2).I32Add());
        var (outcome, compiled) = await RunWith(TestTiers.InterpretedOnly, module, Value.FromI32(depth));
        Assert.Equal([Value.FromI32((2 * depth) + 1)], outcome.Results);
        Assert.Equal(emitted, compiled.EmittedFunctions);
        AssertSame(await Run(module, Limits(), Value.FromI32(depth)), outcome);
    }

    /// <summary>Of each type, and more results than one: machine code calls what is interpreted, directly and through a table.</summary>
    [Fact]
    public async Task MachineCode_CallsWhatIsInterpreted()
    {
        var module = new TestModule().Table(2);
        WasmType[] all = [WasmType.I32, WasmType.I64, WasmType.F32, WasmType.F64];
        var swap = module.Type(all, [WasmType.F64, WasmType.F32, WasmType.I64, WasmType.I32]);
        var twice = new Code().Raw(Call(new Code().Call(1)).ToArray()).Raw(Call(new Code().I32Const(1).CallIndirect(swap)).ToArray());
        module.Function(
            module.Type(None, I64),
            "run",
            new Code().V128Const(1, 2).Drop().Raw(twice.ToArray()).Op(Opcode.I64Add),
            (2, WasmType.I64)
        );
        module.Function(swap, null, new Code().LocalGet(3).LocalGet(2).LocalGet(1).LocalGet(0));
        module.Elements(0, 1);
        var (outcome, compiled) = await RunWith(TestTiers.InterpretedOnly, module);
        Assert.Equal(1, compiled.EmittedFunctions);
        AssertSame(await Run(module, Limits()), outcome);

        static Code Call(Code call)
        {
            var code = new Code().I32Const(-5).I64Const(long.MinValue + 7).Raw(0x43, 1, 0, 0xA0, 0xFF).F64Const(-0.0).Raw(call.ToArray());
            code.Op(Opcode.I64ExtendI32U).Op(Opcode.I64Xor).LocalSet(0).Op(Opcode.I32ReinterpretF32).Op(Opcode.I64ExtendI32U).LocalSet(1);
            return code.Op(Opcode.I64ReinterpretF64)
                .LocalGet(0)
                .Op(Opcode.I64Xor)
                .LocalGet(1)
                .I64Const(3)
                .Op(Opcode.I64Mul)
                .Op(Opcode.I64Xor);
        }
    }

    /// <summary>Between an operand and the write of it, another is made and dropped.</summary>
    [Fact]
    public async Task DroppedResult_IsNotWhatALocalGets()
    {
        var module = new TestModule();
        var sum = new Code().LocalGet(0).I32Const(3).I32Add().LocalGet(0).I32Const(5).I32Mul().Drop().LocalSet(1).LocalGet(1);
        module.Function(module.Type(I32, I32), "run", sum, (1, WasmType.I32));
        var (outcome, _) = await RunWith(TestTiers.InterpretedOnly, module, Value.FromI32(10));
        Assert.Equal([Value.FromI32(13)], outcome.Results);
    }

    /// <summary>Where many operands wait, an instruction's result is followed by copies of them.</summary>
    [Theory]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(33)]
    [InlineData(64)]
    public async Task ResultAboveManyOperands_IsWhatALocalGets(int operands)
    {
        var code = new Code().Times(operands, c => c.LocalGet(0)).GlobalGet(0).LocalSet(1);
        code.Times(operands - 1, c => c.I32Add()).I32Const(1_000).I32Mul().LocalGet(1).I32Add();
        var module = new TestModule().Global(WasmType.I32, false, new Code().I32Const(11));
        module.Function(module.Type(I32, I32), "run", code, (1, WasmType.I32));
        var (outcome, _) = await RunWith(TestTiers.InterpretedOnly, module, Value.FromI32(10));
        Assert.Equal([Value.FromI32((operands * 10_000) + 11)], outcome.Results);
    }

    /// <summary>Interpreted code calls functions of many types, whose ways in are much longer than they are.</summary>
    [Fact]
    [TestsBound(typeof(RunLimits), nameof(RunLimits.CodeBytesMax))]
    public async Task WaysFromCellsIntoMachineCode_CountAsCodeOfTheRun()
    {
        const int Parameters = 990;
        var module = new TestModule();
        var calls = new Code();
        var run = module.Type(None, None);
        for (var i = 0; i < 10; i++)
        {
            calls.Times(Parameters + i, c => c.I64Const(1)).Call(i);
            var type = module.Type([.. Enumerable.Repeat(WasmType.I64, Parameters + i)], None);
            module.Function(type, null, new Code().V128Const(1, 2).Drop());
        }

        module.Function(run, "run", calls);
        Assert.Null((await RunWith(Tiers.Default, module)).Outcome.Trap);
        var (outcome, compiled) = await RunWith(Tiers.Default, module, Limits() with { CodeBytesMax = 80_000 });
        Assert.Equal(TrapKind.TimedOut, outcome.Trap);
        Assert.InRange(compiled.EmittedBytes, 40_000, 100_000);
    }

    [Fact]
    public async Task Instance_RunsOnlyOnTheThreadThatMadeIt()
    {
        var module = new TestModule();
        module.Function(module.Type(None, None), "run", new Code());
        var (compiled, run) = (module.Compile(Tiers.Default), new Run(Limits(), TimeProvider.System));
        using var one = new GuestThreads(1);
        using var other = new GuestThreads(1);
        using var instance = await one.Run(() => Instance.Instantiate(compiled, new Imports(), run));
        await Assert.ThrowsAsync<InvalidOperationException>(() => other.Run(() => instance.Invoke("run")));
        Assert.Empty(await one.Run(() => instance.Invoke("run")));
    }

    [Fact]
    public async Task EndlessInterpretedLoop_IsStopped()
    {
        var module = new TestModule();
        module.ImportFunction("host", "call", module.Type(None, None));
        module.Function(0, "run", new Code().Call(0).Loop().Br(0).End());
        using var cancel = new CancellationTokenSource();
        var imports = new Imports().Add("host", "call", (Action<Instance>)(_ => cancel.Cancel()));
        var run = new Run(Limits(long.MaxValue) with { Cancellation = cancel.Token }, TimeProvider.System);
        var outcome = await OnGuestThread(() => Execute(module.Compile(TestTiers.InterpretedOnly), imports, run));
        Assert.Equal(TrapKind.Cancelled, outcome.Trap);
        Assert.InRange(outcome.Fuel, 0, 2 * EnginePolicy.FuelSlice);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task HostThatCallsTheGuestAgain_LeavesTheCallersCellsAlone_AlsoBehindATrapThatItCaught(bool traps)
    {
        var module = new TestModule();
        var host = module.ImportFunction("host", "again", module.Type(I32, I32));
        var run = new Code().I32Const(11).LocalSet(0).I32Const(5).I32Const(6).I32Const(7).Call(host).I32Add().I32Mul();
        module.Function(module.Type(None, I32), "run", run.LocalGet(0).I32Add(), (1, WasmType.I32));
        var inner = new Code().I32Const(99).LocalSet(1).LocalGet(0).LocalGet(1).I32Add();
        module.Function(0, "inner", traps ? inner.Unreachable() : inner, (3, WasmType.I32));
        var imports = new Imports().Add("host", "again", (Func<Instance, int, int>)Again);
        foreach (var tiers in (Tiers[])[TestTiers.InterpretedOnly, Tiers.CompiledOnly])
        {
            var limited = new Run(Limits(), TimeProvider.System);
            var outcome = await OnGuestThread(() => Execute(module.Compile(tiers), imports, limited));
            Assert.Equal([Value.FromI32((5 * (6 + (traps ? 1 : 106))) + 11)], outcome.Results);
        }

        static int Again(Instance caller, int value)
        {
            try
            {
                return caller.Invoke("inner", Value.FromI32(value))[0].I32;
            }
            catch (TrapException)
            {
                return 1;
            }
        }
    }

    [Fact]
    public async Task IndirectCall_FindsHostFunctionsAndThoseOfOtherInstances()
    {
        var other = new TestModule();
        other.Function(other.Type(I32, I32), "square", new Code().LocalGet(0).LocalGet(0).I32Mul());
        var module = new TestModule().Table(3);
        var square = module.ImportFunction("other", "square", module.Type(I32, I32));
        var half = module.ImportFunction("host", "half", 0);
        var own = module.Function(0, null, new Code().LocalGet(0).I32Const(1).I32Add());
        module.Elements(square, half, own);
        var code = new Code().I32Const(10);
        for (var i = 0; i < 3; i++)
        {
            code.I32Const(i).CallIndirect(0);
        }

        module.Function(module.Type(None, I32), "run", code.Call(square).Call(half));
        var limits = Limits();
        foreach (var tiers in (Tiers[])[TestTiers.InterpretedOnly, TestTiers.Changing, Tiers.CompiledOnly])
        {
            var outcome = await OnGuestThread(() =>
            {
                var run = new Run(limits, TimeProvider.System);
                using var first = Instance.Instantiate(other.Compile(tiers), new Imports(), run);
                var imports = new Imports().Add("host", "half", (Func<Instance, int, int>)((_, value) => value / 2));
                imports.AddExports("other", first);
                return Execute(module.Compile(tiers), imports, run);
            });
            Assert.Equal([Value.FromI32(51 * 51 / 2)], outcome.Results);
        }
    }

    [Fact]
    public async Task ThreadsThatChangeTheSameFunctions_AgreeOnFuelAndResults()
    {
        var module = Calls(3_000);
        var expected = await Run(module, Limits());
        using var threads = new GuestThreads(4);
        var (compiled, limits) = (module.Compile(Soon), Limits());
        var outcomes = await Task.WhenAll(
            Enumerable.Range(0, 40).Select(_ => threads.Run(() => Execute(compiled, new Imports(), new Run(limits, TimeProvider.System))))
        );
        foreach (var outcome in outcomes)
        {
            AssertSame(expected, outcome);
        }
    }

    /// <summary>A loop that calls a function, which calls another one in the first turn.</summary>
    private static TestModule Calls(int turns)
    {
        var module = new TestModule();
        module.Type(I32, I32);
        var loop = new Code().I32Const(turns).LocalSet(0).Loop().LocalGet(1).Call(1).LocalSet(1);
        module.Function(
            module.Type(None, I32),
            "run",
            loop.LocalGet(0).I32Const(1).I32Sub().LocalTee(0).BrIf(0).End().LocalGet(1),
            (2, WasmType.I32)
        );
        module.Function(0, null, new Code().LocalGet(0).I32Const(31).I32Mul().I32Const(7).I32Add());
        return module;
    }

    private async Task<(Outcome Outcome, CompiledModule Compiled)> RunWith(Tiers tiers, TestModule module, params Value[] arguments) =>
        await RunWith(tiers, module, Limits(), arguments);

    private async Task<(Outcome Outcome, CompiledModule Compiled)> RunWith(
        Tiers tiers,
        TestModule module,
        RunLimits limits,
        params Value[] arguments
    )
    {
        var compiled = module.Compile(tiers);
        return (await OnGuestThread(() => Execute(compiled, new Imports(), new Run(limits, TimeProvider.System), arguments)), compiled);
    }

    private static void AssertSame(Outcome expected, Outcome outcome)
    {
        Assert.Equal(expected.Results, outcome.Results);
        Assert.Equal(expected with { Results = [] }, outcome with { Results = [] });
    }
}
