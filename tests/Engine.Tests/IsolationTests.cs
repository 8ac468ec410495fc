using System.Runtime.CompilerServices;
using Marketplace.Engine.Tests.Building;
using Marketplace.Testing;

namespace Marketplace.Engine.Tests;

/// <summary>Nothing of a guest is there for the next one, and nothing of a module stays when it is gone.</summary>
public sealed class IsolationTests(GuestThreadsFixture guests) : EngineTest(guests)
{
    private static readonly WasmType[] None = [];
    private static readonly WasmType[] I32 = [WasmType.I32];

    [Fact]
    public async Task ThreadThatWaits_KeepsNothingOfTheLastGuest()
    {
        using var threads = new GuestThreads(1);
        var last = await RunAndForget(threads);
        for (var i = 0; i < 1_000 && last.IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.False(last.IsAlive);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Task<WeakReference> RunAndForget(GuestThreads threads)
    {
        var guest = new object();
        return threads.Run(() => new WeakReference(guest));
    }

    [Theory]
    [TestsBound(typeof(EnginePolicy), nameof(EnginePolicy.ClearBytesMax))]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(64)]
    public async Task MemoryIsZero_ForTheNextGuest_AlsoAfterATrap(int pages)
    {
        var fill = new TestModule().Memory((uint)pages);
        fill.Function(
            fill.Type(None, I32),
            "run",
            new Code().I32Const(0).I32Const(0xAB).I32Const(pages * 65_536).MemoryFill().Unreachable()
        );
        var sum = new TestModule().Memory((uint)pages);
        sum.Function(
            sum.Type(None, I32),
            "run",
            new Code()
                .Loop()
                .LocalGet(1)
                .LocalGet(0)
                .I32Load()
                .Raw(0x72)
                .LocalSet(1)
                .LocalGet(0)
                .I32Const(4)
                .I32Add()
                .LocalTee(0)
                .I32Const(pages * 65_536)
                .Raw(0x47)
                .BrIf(0)
                .End()
                .LocalGet(1),
            (2, WasmType.I32)
        );
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(TrapKind.Unreachable, (await Run(fill, Limits())).Trap);
            Assert.Equal([Value.FromI32(0)], (await Run(sum, Limits())).Results);
        }
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, 64 * 65_536)]
    [InlineData(65_535, 1)]
    [InlineData(1_000_000, 70_000)]
    [InlineData(1_048_576, 4_096)]
    [InlineData((64 * 65_536) - 1, 1)]
    public async Task MemoryIsZero_ForTheNextGuest_WhereverTheDataWas(int address, int count)
    {
        const int pages = 64;
        var fill = new TestModule().Memory(pages).Data(address, new byte[count]);
        fill.Function(
            fill.Type(None, I32),
            "run",
            new Code().I32Const(0).I32Const(0xAB).I32Const(pages * 65_536).MemoryFill().Unreachable()
        );
        var sum = new TestModule().Memory(pages);
        sum.Function(
            sum.Type(None, I32),
            "run",
            new Code()
                .Loop()
                .LocalGet(1)
                .LocalGet(0)
                .I32Load()
                .Raw(0x72)
                .LocalSet(1)
                .LocalGet(0)
                .I32Const(4)
                .I32Add()
                .LocalTee(0)
                .I32Const(pages * 65_536)
                .Raw(0x47)
                .BrIf(0)
                .End()
                .LocalGet(1),
            (2, WasmType.I32)
        );
        var compiled = fill.Compile();
        for (var i = 0; i < 3; i++)
        {
            var run = new Run(Limits(), TimeProvider.System);
            Assert.Equal(TrapKind.Unreachable, (await OnGuestThread(() => Execute(compiled, new Imports(), run))).Trap);
            Assert.Equal([Value.FromI32(0)], (await Run(sum, Limits())).Results);
        }
    }

    [Fact]
    public async Task MemoryThatGrew_IsZeroAbove()
    {
        var module = new TestModule().Memory(1, 32);
        module.Function(
            module.Type(None, I32),
            "run",
            new Code().I32Const(8).MemoryGrow().Drop().I32Const(8 * 65_536).I32Load().I32Const(8 * 65_536).I32Const(-1).I32Store()
        );
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal([Value.FromI32(0)], (await Run(module, Limits())).Results);
        }
    }

    [Fact]
    public async Task GlobalsAndTables_StartAnew()
    {
        var module = new TestModule().Global(WasmType.I32, true, new Code().I32Const(5)).Table(1);
        module.Function(
            module.Type(None, I32),
            "run",
            new Code().GlobalGet(0).GlobalGet(0).I32Const(1).I32Add().GlobalSet(0).RefNullFunc().I32Const(1).TableGrow(0).I32Add()
        );
        var compiled = module.Compile();
        for (var i = 0; i < 3; i++)
        {
            var run = new Run(Limits(), TimeProvider.System);
            Assert.Equal([Value.FromI32(6)], (await OnGuestThread(() => Execute(compiled, new Imports(), run))).Results);
        }
    }

    [Fact]
    public async Task DisposedInstance_AnswersNothingMore()
    {
        var module = new TestModule().Memory(1).Export("memory", 2, 0);
        module.Function(module.Type(None, None), "run", new Code());
        var compiled = module.Compile();
        var run = new Run(Limits(), TimeProvider.System);
        await OnGuestThread(() =>
        {
            var instance = Instance.Instantiate(compiled, new Imports(), run);
            var memory = instance.Memory;
            instance.Dispose();
            instance.Dispose();
            Assert.Throws<ObjectDisposedException>(() => instance.Invoke("run"));
            Assert.Throws<TrapException>(() => memory.Read<byte>(0));
            return true;
        });
    }

    [Fact]
    public async Task UnreferencedModule_IsUnloaded()
    {
        var weak = await LoadAndForget();
        for (var i = 0; i < 20 && weak.IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.False(weak.IsAlive);
    }

    [Fact]
    public async Task GuestOutsideItsThreads_IsRefused()
    {
        var compiled = await Task.FromResult(new TestModule().Compile());
        Assert.Throws<InvalidOperationException>(() =>
            Instance.Instantiate(compiled, new Imports(), new Run(Limits(), TimeProvider.System))
        );
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private async Task<WeakReference> LoadAndForget()
    {
        var run = new Run(Limits(), TimeProvider.System);
        return await OnGuestThread(() =>
        {
            var module = new TestModule();
            module.Function(module.Type(None, None), "run", new Code());
            var compiled = module.Compile();
            Execute(compiled, new Imports(), run);
            return new WeakReference(compiled);
        });
    }
}
