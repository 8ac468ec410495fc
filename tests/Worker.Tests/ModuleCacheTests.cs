using System.Runtime.CompilerServices;
using Marketplace.Api.Workers;
using Marketplace.Engine;
using Marketplace.Engine.Guests;
using Marketplace.Worker;
using Marketplace.Worker.Isolation;

namespace Marketplace.Tests.Worker;

/// <summary>Compiled modules are kept while there is room for what they take, and gone when they are out.</summary>
public sealed class ModuleCacheTests
{
    private static readonly byte[] Echo = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "programs", "echo", "echo.wasm"));

    [Fact]
    public void SmallestModules_CountForWhatTheyTakeAndNotForTheirBytes()
    {
        const int kept = 4;
        var cache = new ModuleCache(kept * MemoryOfEcho());
        for (byte i = 0; i < 10; i++)
        {
            cache.Get(Id(i), () => Echo);
        }

        var fetched = new List<byte>();
        for (byte i = 0; i < 10; i++)
        {
            var id = i;
            if (id >= 10 - kept)
            {
                cache.Get(Id(id), () => Fetch(fetched, id));
            }
        }

        Assert.Empty(fetched);
        cache.Get(Id(5), () => Fetch(fetched, 5));
        Assert.Equal([5], fetched);
    }

    [Fact]
    public void ModuleThatWasUsedLast_StaysLongest()
    {
        var cache = new ModuleCache(2 * MemoryOfEcho());
        cache.Get(Id(0), () => Echo);
        cache.Get(Id(1), () => Echo);
        cache.Get(Id(0), () => throw new InvalidOperationException("It is there."));
        cache.Get(Id(2), () => Echo);

        var fetched = new List<byte>();
        cache.Get(Id(0), () => Fetch(fetched, 0));
        Assert.Empty(fetched);
        cache.Get(Id(1), () => Fetch(fetched, 1));
        Assert.Equal([1], fetched);
    }

    [Fact]
    public void ModuleOverTheBudget_IsKeptUntilTheNext()
    {
        var cache = new ModuleCache(bytesMax: 1);
        var program = cache.Get(Id(0), () => Echo);
        Assert.Same(program, cache.Get(Id(0), () => throw new InvalidOperationException("It is there.")));
        cache.Get(Id(1), () => Echo);
        Assert.NotSame(program, cache.Get(Id(0), () => Echo));
    }

    [Fact]
    public void FailedFetch_IsTriedAgain()
    {
        var cache = new ModuleCache(bytesMax: 1 << 20);
        Assert.Throws<IOException>(() => cache.Get(Id(0), () => throw new IOException("The link broke.")));
        Assert.Throws<InvalidModuleException>(() => cache.Get(Id(0), () => []));
        Assert.NotNull(cache.Get(Id(0), () => Echo));
    }

    [Fact]
    public void EvictedModule_IsUnloaded()
    {
        var cache = new ModuleCache(bytesMax: 1);
        var weak = LoadAndEvict(cache);
        for (var i = 0; i < 20 && weak.IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.False(weak.IsAlive);
        GC.KeepAlive(cache);
    }

    [Fact]
    public void IdleWorker_DropsItsModulesAndABusyOneKeepsThem()
    {
        var market = new FakeMarket();
        var lease = market.Lease(market.Add(Echo), "hello");
        var options = new WorkerOptions { Worker = new WorkerId(default), PayTo = new AccountId(default) };
        using var programs = new InProcessHost(options.ModuleCacheBytesMax);
        var runner = new JobRunner(market, options, programs, cache: null, TimeProvider.System);
        Assert.Equal(RunOutcome.Completed, runner.Run(lease, TestContext.Current.CancellationToken).Outcome);
        market.Blobs.Clear();

        Assert.Equal(0, programs.Rest(WorkerPolicy.IdleMax - TimeSpan.FromTicks(1)));
        Assert.Equal(RunOutcome.Completed, runner.Run(lease, TestContext.Current.CancellationToken).Outcome);
        Assert.InRange(programs.Rest(WorkerPolicy.IdleMax), MemoryOfEcho(), 2 * MemoryOfEcho());
        Assert.Equal(RunOutcome.InputUnavailable, runner.Run(lease, TestContext.Current.CancellationToken).Outcome);
        Assert.InRange(programs.Rest(WorkerPolicy.IdleMax), MemoryOfEcho(), 2 * MemoryOfEcho());
    }

    [Fact]
    public void EvictedModules_CountAsDropped()
    {
        var cache = new ModuleCache(bytesMax: 1);
        var first = cache.Get(Id(0), () => Echo).MemoryBytes;
        Assert.Equal(0, cache.BytesDropped);

        var second = cache.Get(Id(1), () => Echo).MemoryBytes;
        Assert.Equal(first, cache.BytesDropped);
        cache.Clear();
        cache.Clear();

        Assert.Equal(first + second, cache.BytesDropped);
    }

    [Fact]
    public void Worker_IsIdleFromTheEndOfItsLastRunOn()
    {
        var time = new ImpatientTime(TimeSpan.Zero);
        var book = new LeaseBook(slots: 1, time);
        var lease = new FakeMarket().Lease(new BlobId(default), "");
        var hour = TimeSpan.FromHours(1);
        time.Advance(hour);
        Assert.Equal(hour, book.Idle);

        book.Add(lease);
        time.Advance(hour);
        Assert.Equal(TimeSpan.Zero, book.Idle);
        var held = book.TakeNext()!;
        book.Stop(lease.Id);
        time.Advance(hour);
        Assert.Equal(TimeSpan.Zero, book.Idle);
        book.Finish(held, hour);
        time.Advance(hour);
        Assert.Equal(hour, book.Idle);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference LoadAndEvict(ModuleCache cache)
    {
        var weak = new WeakReference(cache.Get(Id(0), () => Echo));
        cache.Get(Id(1), () => Echo);
        return weak;
    }

    private static long MemoryOfEcho()
    {
        using var program = GuestProgram.Load(Echo);
        return program.MemoryBytes;
    }

    private static byte[] Fetch(List<byte> fetched, byte id)
    {
        fetched.Add(id);
        return Echo;
    }

    private static BlobId Id(byte number) => BlobId.Parse("blob" + number.ToString("x64"));
}
