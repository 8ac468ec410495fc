using System.Runtime;
using Marketplace.Engine.Emit;
using Marketplace.Engine.Tests.Building;
using Marketplace.Storage;
using Marketplace.Testing;

namespace Marketplace.Engine.Tests;

/// <summary>Machine code is made beside the guest: not on its stack, in its time, and no longer than it may wait.</summary>
public sealed class CompilationTests(GuestThreadsFixture guests) : EngineTest(guests)
{
    private static readonly WasmType[] None = [];
    private static readonly WasmType[] I32 = [WasmType.I32];

    /// <summary>Other methods that happen to be compiled are so once; the guest's would be each time.</summary>
    private const int RoundsMax = 20;

    [Fact]
    public async Task NoWayIntoAFunction_MakesItsCodeOnTheGuestsThread()
    {
        var least = long.MaxValue;
        for (var round = 0; round < RoundsMax && least > 0; round++)
        {
            least = Math.Min(least, await OnGuestThread(CompiledHere));
        }

        Assert.Equal(0, least);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task GuestThatWaitsForCode_IsStoppedInTheWait_AndTheNextBeginsWithoutThatCode(bool byTime)
    {
        using var threads = new GuestThreads(1);
        using var gate = new Gate();
        var stopped = await StopInTheWait(threads, gate, byTime);
        Assert.Equal(byTime ? TrapKind.TimedOut : TrapKind.Cancelled, stopped.Trap);
        Assert.NotSame(stopped.Compiler, await CompilerOfNext(threads));
        Assert.Equal([Value.FromI32(4)], await RunNext(threads));
    }

    [Fact]
    [TestsBound(typeof(EnginePolicy), nameof(EnginePolicy.AbandonedCompilersMax))]
    public async Task NextGuest_WaitsForTheCodeOfAStoppedOne_WhereTooMuchIsLeftAloneAlready()
    {
        using var threads = new GuestThreads(1);
        using var left = new Gate();
        for (var i = 0; i < EnginePolicy.AbandonedCompilersMax; i++)
        {
            var before = await StopInTheWait(threads, left, byTime: true);
            Assert.NotSame(before.Compiler, await CompilerOfNext(threads));
        }

        using var last = new Gate();
        var stopped = await StopInTheWait(threads, last, byTime: true);
        Assert.Same(stopped.Compiler, await CompilerOfNext(threads));
        last.Open();
        Assert.Equal([Value.FromI32(4)], await RunNext(threads));
    }

    [Fact]
    public async Task Code_TakesNoneOfTheRunsTime_UpToItsLimit()
    {
        var clock = new ManualTime();
        var compiled = Ways().Compile();
        var limits = Limits() with { TimeMax = TimeSpan.FromSeconds(1) };
        using var run = new Run(limits, clock);
        var imports = new Imports().Add(
            "host",
            "call",
            (Action<Instance>)(
                caller =>
                    caller.Run.Compile(() => clock.Advance(limits.TimeMax!.Value + EnginePolicy.CompilationTimeMin - TimeSpan.FromTicks(1)))
            )
        );
        Assert.Null((await OnGuestThread(() => Execute(compiled, imports, run, Value.FromI32(0)))).Trap);
    }

    [Fact]
    public async Task FunctionWhoseCodeFailedForLackOfStack_HasCodeTheNextTime()
    {
        var module = new TestModule();
        module.Function(module.Type(None, I32), "run", new Code().I32Const(7));
        var emitter = new ModuleEmitter(WasmModule.Decode(module.ToBytes(), EngineLimits.Default).Content);
        Exception? failure = null;
        var thread = new Thread(() => failure = Record.Exception(() => WithLittleStack(() => emitter.Make(0, null))), 1 << 20);
        thread.Start();
        thread.Join();
        Assert.IsType<InsufficientExecutionStackException>(failure);
        Assert.Equal(0, emitter.Code(0));
        await OnGuestThread(() =>
        {
            emitter.Make(0, null);
            return 0;
        });
        Assert.NotEqual(0, emitter.Code(0));
    }

    [Fact]
    public async Task RunStoppedBetweenACallersCodeAndItsStubs_LeavesTheCodeForTheNext()
    {
        var module = new TestModule();
        var type = module.Type(None, I32);
        module.Function(type, "run", new Code().Call(1));
        module.Function(type, null, new Code().I32Const(7));
        var emitter = new ModuleEmitter(WasmModule.Decode(module.ToBytes(), EngineLimits.Default).Content);
        using var run = new Run(Limits() with { CodeBytesMax = 1 }, TimeProvider.System);
        await OnGuestThread(() =>
        {
            Assert.Throws<TrapException>(() => emitter.Make(0, run));
            Assert.Equal(1, emitter.EmittedFunctions);
            emitter.Make(0, null);
            return 0;
        });
        Assert.Equal(1, emitter.EmittedFunctions);
        Assert.NotEqual(0, emitter.Code(0));
    }

    [Fact]
    public async Task FrameOutsideItsStack_EndsTheGuestAsAFaultOfTheEngine()
    {
        foreach (var slots in (int[])[EnginePolicy.CheckedFrameSlots, EnginePolicy.LargeFrameSlots])
        {
            var module = new TestModule();
            module.Function(module.Type(None, I32), "run", new Code().I32Const(7), (slots, WasmType.I32));
            var compiled = module.Compile();
            using var run = new Run(Limits(), TimeProvider.System);
            var fault = await OnGuestThread(() =>
            {
                using var instance = Instance.Instantiate(compiled, new Imports(), run);
                instance.StackLimit = nuint.MaxValue;
                return Record.Exception(() => instance.Invoke("run"));
            });
            Assert.IsType<InsufficientExecutionStackException>(fault);
        }
    }

    /// <summary>A guest comes to the end of its time, or is cancelled, while the code that it calls next is made behind a gate.</summary>
    private static async Task<(TrapKind? Trap, CompilerThread? Compiler)> StopInTheWait(GuestThreads threads, Gate gate, bool byTime)
    {
        using var cancel = new CancellationTokenSource();
        var clock = new ManualTime();
        var compiled = Ways().Compile();
        var limits = Limits() with { Cancellation = cancel.Token, TimeMax = TimeSpan.FromSeconds(1) };
        using var run = new Run(limits, clock);
        CompilerThread? compiler = null;
        var imports = new Imports().Add(
            "host",
            "call",
            (Action<Instance>)(
                caller =>
                {
                    compiler = GuestThreads.Compiler;

                    // Whatever the guest calls next comes behind this. Timers count whole milliseconds.
                    compiler.Start(() =>
                    {
                        if (byTime)
                        {
                            clock.Advance(limits.TimeMax!.Value + compiled.CompilationTimeMax + TimeSpan.FromMilliseconds(1));
                        }
                        else
                        {
                            cancel.Cancel();
                        }

                        gate.Wait();
                    });
                }
            )
        );
        var end = await threads.Run(() => Execute(compiled, imports, run, Value.FromI32(0)));
        return (end.Trap, compiler);
    }

    private static Task<Value[]> RunNext(GuestThreads threads)
    {
        var run = new Run(Limits(), TimeProvider.System);
        return threads.Run(() =>
            Execute(Ways().Compile(), new Imports().Add("host", "call", (Action<Instance>)(_ => { })), run, Value.FromI32(1)).Results
        );
    }

    /// <summary>What makes the code of the next guest, which is cancelled already, so it does not wait.</summary>
    private static Task<CompilerThread> CompilerOfNext(GuestThreads threads)
    {
        var run = new Run(Limits() with { Cancellation = new CancellationToken(canceled: true) }, TimeProvider.System);
        return threads.Run(() =>
        {
            Assert.Equal(TrapKind.Cancelled, Assert.Throws<TrapException>(run.ThrowIfStopped).Kind);
            return GuestThreads.Compiler;
        });
    }

    /// <summary>Open at the latest when the test ends, however it does: threads behind it end.</summary>
    private sealed class Gate : IDisposable
    {
        private readonly ManualResetEventSlim _open = new();

        public void Wait() => _open.Wait();

        public void Open() => _open.Set();

        public void Dispose() => Open();
    }

    private static void WithLittleStack(Action body)
    {
        if (System.Runtime.CompilerServices.RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            WithLittleStack(body);
        }
        else
        {
            body();
        }

        GC.KeepAlive(body);
    }

    /// <returns>Methods that this thread compiled while a fresh module ran.</returns>
    private static long CompiledHere()
    {
        var compiled = Ways().Compile();
        var other = Ways().Compile();
        var imports = new Imports().Add("host", "call", (Action<Instance>)(_ => { }));
        using var run = new Run(new RunLimits { FuelMax = Plenty, MemoryPagesMax = 1 }, TimeProvider.System);
        var before = JitInfo.GetCompiledMethodCount(currentThread: true);
        using var exporting = Instance.Instantiate(other, imports, run);
        using var instance = Instance.Instantiate(compiled, imports, run);
        Assert.Equal([Value.FromI32(4)], instance.Invoke("run", Value.FromI32(1)));
        var importing = new TestModule();
        importing.ImportFunction("other", "run", importing.Type(I32, I32));
        importing.Function(0, "run", new Code().LocalGet(0).Call(0));
        using var third = Instance.Instantiate(importing.Compile(), new Imports().Add("other", "run", exporting.Export("run")!), run);
        Assert.Equal([Value.FromI32(4)], third.Invoke("run", Value.FromI32(1)));
        return JitInfo.GetCompiledMethodCount(currentThread: true) - before;
    }

    /// <summary>
    /// A function each for a call, a call through a table, both as tail calls, a call of itself, the start and a large frame.
    /// </summary>
    private static TestModule Ways()
    {
        var module = new TestModule().Table(8);
        var type = module.Type(I32, I32);
        var nothing = module.Type(None, None);
        module.ImportFunction("host", "call", nothing);
        module.Function(type, "run", new Code().Call(0).LocalGet(0).Call(2).I32Const(0).CallIndirect(type));
        module.Function(type, null, new Code().LocalGet(0).I32Const(1).I32Add(), (2_000, WasmType.I32));
        module.Function(type, null, new Code().LocalGet(0).I32Const(1).I32Add().ReturnCall(4));
        module.Function(type, null, new Code().LocalGet(0).I32Const(1).ReturnCallIndirect(type));
        module.Function(
            type,
            null,
            new Code()
                .LocalGet(0)
                .I32Const(3)
                .I32LtS()
                .If((byte)WasmType.I32)
                .LocalGet(0)
                .I32Const(1)
                .I32Add()
                .Call(5)
                .Else()
                .LocalGet(0)
                .End()
                .I32Const(1)
                .I32Add()
        );
        module.Function(nothing, null, new Code());
        return module.Elements(3, 5).Start(6);
    }
}
