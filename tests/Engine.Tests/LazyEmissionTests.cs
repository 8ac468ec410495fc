using System.Runtime.CompilerServices;
using Marketplace.Engine.Interpret;
using Marketplace.Engine.Tests.Building;
using Marketplace.Testing;

namespace Marketplace.Engine.Tests;

/// <summary>A function's code is made when it is first wanted, and nobody sees a difference.</summary>
public sealed class LazyEmissionTests(GuestThreadsFixture guests) : EngineTest(guests)
{
    private const int Depth = 9;
    private const int TreeFunctions = (1 << Depth) - 1;
    private static readonly WasmType[] None = [];
    private static readonly WasmType[] I32 = [WasmType.I32];

    [Fact]
    public async Task FunctionsThatNobodyCalls_AreNotEmitted()
    {
        var module = new TestModule();
        module.Type(None, I32);
        module.Function(0, "run", new Code().Call(1));
        module.Function(0, null, new Code().I32Const(7));
        for (var i = 0; i < 100; i++)
        {
            module.Function(0, $"other{i}", new Code().I32Const(i));
        }

        var compiled = module.Compile();
        Assert.Equal(0, compiled.EmittedFunctions);
        Assert.Equal([Value.FromI32(7)], (await Results(compiled)).Results);
        Assert.Equal(2, compiled.EmittedFunctions);
    }

    [Fact]
    public async Task FunctionsInATable_AreEmittedWhenTheyAreCalled()
    {
        const int count = 3_000;
        var module = new TestModule().Table(count + 1);
        module.Type(None, I32);
        module.Type(I32, I32);
        module.Function(1, "run", new Code().LocalGet(0).CallIndirect(0));
        for (var i = 0; i < count; i++)
        {
            module.Function(0, null, new Code().I32Const(i));
        }

        module.Elements([.. Enumerable.Range(0, count)]);
        var compiled = module.Compile();
        Assert.Equal(TrapKind.UninitializedElement, (await Results(compiled, Value.FromI32(count))).Trap);
        Assert.Equal(TrapKind.UndefinedElement, (await Results(compiled, Value.FromI32(count + 1))).Trap);
        Assert.Equal(TrapKind.IndirectCallTypeMismatch, (await Results(compiled, Value.FromI32(0))).Trap);
        Assert.Equal(1, compiled.EmittedFunctions);
        Assert.Equal([Value.FromI32(1_998)], (await Results(compiled, Value.FromI32(1_999))).Results);
        Assert.Equal(2, compiled.EmittedFunctions);
    }

    [Fact]
    public async Task ManyThreads_StartOneModuleAtOnce()
    {
        const int threads = 8;
        using var many = new GuestThreads(threads);
        for (var round = 0; round < 10; round++)
        {
            var compiled = Tree().Compile();
            using var barrier = new Barrier(threads);
            var outcomes = await Task.WhenAll(
                Enumerable
                    .Range(0, threads)
                    .Select(_ =>
                        many.Run(() =>
                        {
                            using var run = new Run(new RunLimits { FuelMax = Plenty, MemoryPagesMax = 1 }, TimeProvider.System);
                            barrier.SignalAndWait();
                            return Execute(compiled, new Imports(), run);
                        })
                    )
            );
            Assert.All(outcomes, outcome => Assert.Equal([Value.FromI32(TreeFunctions)], outcome.Results));
            Assert.Equal(TreeFunctions, compiled.EmittedFunctions);
        }
    }

    [Fact]
    public async Task ModuleOfOneFunctionThatCallsThousands_NeedsFewTypes()
    {
        const int count = 2_000;
        var module = new TestModule();
        module.Type(None, I32);
        var code = new Code().I32Const(0);
        for (var i = 1; i <= count; i++)
        {
            code.Call(i).I32Add();
        }

        module.Function(0, "run", code);
        for (var i = 0; i < count; i++)
        {
            module.Function(0, null, new Code().I32Const(1));
        }

        Assert.Equal([Value.FromI32(count)], (await Results(module.Compile())).Results);
    }

    [Fact]
    public async Task BugInTheEmitter_ComesOutAsItself_EachTime()
    {
        var module = new TestModule();
        module.Type(None, None);
        module.Function(0, "run", new Code().Call(1));
        module.Function(0, null, new Code().Nop().Nop().Nop());
        var bytes = module.ToBytes();
        var compiled = CompiledModule.Compile(WasmModule.Decode(bytes, EngineLimits.Default), Tiers.CompiledOnly);

        // What no validated module has: an instruction that does not exist.
        bytes.AsSpan(bytes.AsSpan().LastIndexOf("\u0001\u0001\u0001"u8), 3).Fill(0xFF);
        for (var i = 0; i < 2; i++)
        {
            var failure = await Assert.ThrowsAnyAsync<Exception>(() => Results(compiled));
            Assert.IsNotType<TypeLoadException>(failure);
            Assert.Contains("FF", failure.ToString(), StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    [TestsBound(typeof(RunLimits), nameof(RunLimits.CodeBytesMax))]
    public async Task CodeThatIsMadeForARun_IsBound_AndTheNextRunGoesOnFromThere()
    {
        var whole = Tree().Compile();
        Assert.Null((await Results(whole)).Trap);
        var most = Limits() with { CodeBytesMax = whole.EmittedBytes };
        Assert.Null((await Results(Tree().Compile(), most)).Trap);
        var less = most with { CodeBytesMax = most.CodeBytesMax - 1 };
        Assert.Equal(TrapKind.TimedOut, (await Results(Tree().Compile(), less)).Trap);

        var compiled = Tree().Compile();
        var half = most with { CodeBytesMax = most.CodeBytesMax / 2 };
        Assert.Equal(TrapKind.TimedOut, (await Results(compiled, half)).Trap);
        Assert.Null((await Results(compiled, most with { CodeBytesMax = (most.CodeBytesMax / 2) + 1_000 })).Trap);
        Assert.Equal(whole.EmittedBytes, compiled.EmittedBytes);
    }

    [Fact]
    public async Task ModuleThatWasEmittedPieceByPiece_IsUnloaded()
    {
        var weak = await LoadAndForget();
        for (var i = 0; i < 20 && weak.IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.False(weak.IsAlive);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private async Task<WeakReference> LoadAndForget()
    {
        var run = new Run(Limits(), TimeProvider.System);
        return await OnGuestThread(() =>
        {
            var compiled = Tree().Compile();
            Execute(compiled, new Imports(), run);
            return new WeakReference(compiled.EntryOf(0, run).Method.Module.Assembly);
        });
    }

    private Task<Outcome> Results(CompiledModule compiled, params Value[] arguments) => Results(compiled, Limits(), arguments);

    private Task<Outcome> Results(CompiledModule compiled, RunLimits limits, params Value[] arguments)
    {
        var run = new Run(limits, TimeProvider.System);
        return OnGuestThread(() => Execute(compiled, new Imports(), run, arguments));
    }

    /// <summary>Each function calls two others; the result is how many there are. Loops keep the compiler from inlining them.</summary>
    private static TestModule Tree()
    {
        var module = new TestModule();
        module.Type(None, I32);
        for (var i = 0; i < TreeFunctions; i++)
        {
            var code = new Code().I32Const(1);
            foreach (var child in (int[])[(2 * i) + 1, (2 * i) + 2])
            {
                if (child < TreeFunctions)
                {
                    code.Call(child).I32Add();
                }
            }

            module.Function(0, i == 0 ? "run" : null, code.Loop().LocalGet(0).BrIf(0).End(), (3, WasmType.I32));
        }

        return module;
    }
}
