using System.Collections.Concurrent;
using System.Diagnostics;
using Marketplace.Api.Workers;
using Marketplace.Engine;
using Marketplace.Engine.Guests;
using Marketplace.Worker;
using Marketplace.Worker.Isolation;

namespace Marketplace.Tests.Worker;

/// <summary>Real children: what ends one costs that one, what one may not do it cannot.</summary>
public sealed class ChildTests
{
    private const int NotPermitted = 1;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ChildThatSegfaults_CostsItsJobAndNothingElse()
    {
        await using var worker = new WorkerFixture(slots: 1, isolation: IsolationKind.Process);
        var (before, bad, after) = (worker.Lease("before"), worker.Lease("bad", TestChild.Segfaults), worker.Lease("after"));

        worker.Market.Give(before);
        Assert.Equal((before.Id, RunOutcome.Completed), Seen(await worker.NextResult()));
        worker.Market.Give(bad);
        var fault = await worker.NextResult();
        Assert.Equal((bad.Id, RunOutcome.WorkerFault), Seen(fault));
        Assert.Contains("signal 6", fault.Reason);
        worker.Market.Give(after);
        Assert.Equal((after.Id, RunOutcome.Completed), Seen(await worker.NextResult()));
    }

    /// <summary>A second one would take the core that the rest of a start needs.</summary>
    [Fact]
    public void Proof_StartsNoChildButItsOwn()
    {
        var started = new ConcurrentBag<ChildProcess>();
        var host = TestChild.Host(started: started.Add);

        host.Prove();
        // Nothing is being started any more when this returns.
        host.Dispose();

        Assert.Single(started);
    }

    [Fact]
    public async Task ChildrenKilledInTheMiddleOfAHundredJobs_CostRetriesAndNoJob()
    {
        var market = new FakeMarket();
        var children = new ConcurrentBag<ChildProcess>();
        using var host = TestChild.Host(started: children.Add);
        var runner = new JobRunner(market, Options, host, cache: null, TimeProvider.System);
        var module = market.Add(Program("kvstore"));
        var jobs = new ConcurrentQueue<WorkerLease>(
            Enumerable.Range(0, 100).Select(_ => market.Lease(module, """{"op":"get","key":"colour"}"""))
        );
        // Each job asks for one key while it runs.
        var (asked, faults, done) = (0, 0, new ConcurrentBag<LeaseId>());
        market.OnRead = _ =>
        {
            if (Interlocked.Increment(ref asked) is 20 or 40 or 60)
            {
                foreach (var child in children)
                {
                    Signal(child.Id);
                }
            }
        };
        using var threads = new GuestThreads(2);

        int RunAll()
        {
            while (jobs.TryDequeue(out var lease))
            {
                var result = runner.Run(lease, Cancellation);
                if (result.Outcome == RunOutcome.WorkerFault)
                {
                    // What the market does with a run that failed by its worker.
                    Interlocked.Increment(ref faults);
                    jobs.Enqueue(lease);
                    continue;
                }
                Assert.Equal(RunOutcome.Completed, result.Outcome);
                done.Add(lease.Id);
            }
            return 0;
        }
        await Task.WhenAll(threads.Run(RunAll), threads.Run(RunAll));

        Assert.Equal(100, done.Distinct().Count());
        Assert.Equal(100, done.Count);
        Assert.InRange(faults, 3, children.Count);
    }

    [Fact]
    public async Task DeadChildWhosePipesAnotherProcessHolds_IsEndedAtTheLimit()
    {
        var time = new ManualTime();
        ChildProcess? child = null;
        // With the filter there is no other process.
        using var host = TestChild.Host(started: started => child ??= started, filters: false, time: time);
        using var threads = new GuestThreads(1);
        var run = threads.Run(() =>
        {
            using var program = host.Open(default, Echo);
            return Record.Exception(() => program.Run(Invocation(TestChild.LeavesItsPipes)));
        });
        while (child is null)
        {
            await Task.Yield();
        }
        AwaitEnd(child);

        time.Advance(IsolationPolicy.RunLimit(Invocation().Limits.TimeMax));

        var fault = Assert.IsType<ChildFaultException>(await run);
        Assert.Contains("did not answer in time", fault.Message);
    }

    [Fact]
    public void Child_MayNotTouchTheSystem()
    {
        Assert.SkipUnless(SystemCallFilter.IsKnown, "No filter of system calls is known for this processor.");
        using var host = TestChild.Host();
        using var program = host.Open(default, Echo);
        string[] tries =
        [
            TestChild.Opens,
            TestChild.Connects,
            TestChild.Forks,
            TestChild.Executes,
            TestChild.Signals,
            TestChild.SignalsThread,
        ];
        foreach (var what in tries)
        {
            var failure = Assert.Throws<GuestFailedException>(() => program.Run(Invocation(what)));
            Assert.EndsWith($"answer -1, error {NotPermitted}", failure.Message);
        }
        // What the runtime does by itself at any time it still may.
        Assert.Equal(GuestOutcome.Completed, program.Run(Invocation(TestChild.StartsThread)).Outcome);
    }

    [Fact]
    public void Child_HasTheEnvironmentOfTheRuntimeAndNoFolder()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root looks into a child.");
        ChildProcess? child = null;
        using var host = TestChild.Host(started: started => child ??= started);
        using var program = host.Open(default, Echo);
        var told = Assert.Throws<GuestFailedException>(() => program.Run(Invocation(TestChild.TellsEnvironment)));
        var names = ChildCommand.Environment.Select(variable => variable.Split('=')[0]).Order(StringComparer.Ordinal);
        Assert.EndsWith($": {string.Join(' ', names)}", told.Message);
        Assert.Equal("/", new DirectoryInfo($"/proc/{child!.Id}/cwd").LinkTarget);
    }

    [Fact]
    public void Child_HasNoHandleBesideItsPipes()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root looks into a child.");
        // Of this process, which others may have left open too.
        using var inherited = File.OpenRead(Environment.ProcessPath!);
        using var host = TestChild.Host();
        host.Open(default, Echo).Dispose();
        var open = Directory
            .EnumerateFiles($"/proc/{host.IdleProcessIds[0]}/fd")
            .Select(path => new FileInfo(path).LinkTarget!)
            .Where(target => target.StartsWith('/'))
            .ToArray();
        Assert.DoesNotContain(Environment.ProcessPath, open);
        Assert.All(
            open,
            target =>
                Assert.True(
                    target.StartsWith("/dev/", StringComparison.Ordinal) || target.EndsWith(".dll", StringComparison.Ordinal),
                    target
                )
        );
    }

    [Fact]
    public void GuestThatTakesAllItsMemory_Runs()
    {
        const int pages = 4096;
        using var host = TestChild.Host(memoryPagesMax: pages);
        using var program = host.Open(default, () => GrowsTo(pages));
        var result = program.Run(Invocation(pages: pages));
        Assert.Equal((GuestOutcome.Completed, null), (result.Outcome, result.Reason));
    }

    [Fact]
    public void MemoryBeyondTheLimit_IsRefusedByTheSystem()
    {
        using var host = TestChild.Host();
        using var program = host.Open(default, Echo);
        foreach (var what in (string[])[TestChild.TakesMemory, TestChild.TakesHeap])
        {
            var failure = Assert.Throws<GuestFailedException>(() => program.Run(Invocation(what)));
            Assert.StartsWith("OutOfMemoryException", failure.Message);
        }
    }

    [Fact]
    public void CancelledRun_EndsOrDoesNotBeginAndItsChildServesTheNext()
    {
        using var host = TestChild.Host();
        using var program = host.Open(default, () => Program("faulty"));
        using var stop = new CancellationTokenSource();
        var loop = Invocation() with { Input = "loop"u8.ToArray(), Cancellation = stop.Token };

        stop.CancelAfter(TimeSpan.FromMilliseconds(1));
        Assert.Equal(GuestOutcome.Cancelled, program.Run(loop).Outcome);
        Assert.Equal(GuestOutcome.Cancelled, program.Run(loop).Outcome);
        Assert.Equal(GuestOutcome.Trapped, program.Run(Invocation() with { Input = "unreachable"u8.ToArray() }).Outcome);
    }

    [Fact]
    public void Module_HasItsOwnChildAndFindsItAgain()
    {
        using var host = TestChild.Host(idleMax: 2);
        host.Open(Id(1), Echo).Dispose();
        host.Open(Id(2), Echo).Dispose();
        var (first, second) = (host.IdleProcessIds[0], host.IdleProcessIds[1]);
        Assert.NotEqual(first, second);

        host.Open(Id(1), NotFetched).Dispose();
        Assert.Equal([second, first], host.IdleProcessIds);
        // The one that was used longest ago makes room.
        host.Open(Id(3), Echo).Dispose();
        Assert.DoesNotContain(second, host.IdleProcessIds);

        host.Rest(WorkerPolicy.IdleMax);
        Assert.Empty(host.IdleProcessIds);
    }

    [Fact]
    public void ChildThatHasRunOftenEnough_IsReplaced()
    {
        using var host = TestChild.Host(runsMax: 2);
        for (var expected = 1; expected >= 0; expected--)
        {
            using (var program = host.Open(default, Echo))
            {
                program.Run(Invocation());
            }
            Assert.Equal(expected, host.IdleProcessIds.Count);
        }
    }

    [Fact]
    public void ModuleThatDoesNotValidate_IsRefusedWithTheSameWords()
    {
        byte[] module = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 0xFF];
        using var host = TestChild.Host();
        using var here = new InProcessHost(1 << 20);
        var expected = Assert.Throws<InvalidModuleException>(() => here.Open(default, () => module));
        var seen = Assert.Throws<InvalidModuleException>(() => host.Open(default, () => module));
        Assert.Equal((expected.Fault, expected.Offset, expected.Message), (seen.Fault, seen.Offset, seen.Message));
    }

    [Fact]
    public async Task ParentThatIsKilled_LeavesNoChild()
    {
        var start = new ProcessStartInfo(TestChild.Command.Program[0], [TestChild.ParentArgument]) { RedirectStandardOutput = true };
        using var parent = Process.Start(start)!;
        using var child = Process.GetProcessById(int.Parse((await parent.StandardOutput.ReadLineAsync(Cancellation))!));
        Assert.Equal("ready", await parent.StandardOutput.ReadLineAsync(Cancellation));

        parent.Kill();

        // Also the end of the output: a child that stayed would hold no end of this pipe, but the one of its own parent.
        await child.WaitForExitAsync(Cancellation);
        await parent.WaitForExitAsync(Cancellation);
    }

    [Fact]
    public void TwoHundredDeaths_LeaveNoProcessAndNoHandle()
    {
        string[] command = ["/bin/true"];
        int Handles() => Directory.EnumerateFileSystemEntries("/proc/self/fd").Count();
        ChildProcess.Start(command, []).Dispose();
        var before = Handles();
        List<int> ids = [];
        for (var i = 0; i < 200; i++)
        {
            using var child = new GuestChild(ChildProcess.Start(command, []), TimeProvider.System);
            ids.Add(child.ProcessId);
            Assert.Throws<ChildFaultException>(child.AwaitReady);
        }
        // Other tests of this process open and close some meanwhile.
        Assert.InRange(Handles() - before, -100, 100);
        Assert.DoesNotContain(ids, id => File.Exists($"/proc/{id}/stat") && File.ReadAllText($"/proc/{id}/stat").Contains(") Z "));
    }

    [Fact]
    public void ProgramThatIsNotThere_IsAFaultThatNamesIt()
    {
        var fault = Assert.Throws<ChildFaultException>(() => ChildProcess.Start(["/no/such/program"], []));
        Assert.Contains("/no/such/program", fault.Message);
    }

    [Fact]
    public void ChildThatCannotStart_FailsTheJobWithItsLastWords()
    {
        using var host = new ChildHost(
            () => ChildProcess.Start(["/bin/sh", "-c", "echo no such runtime >&2; exit 7"], []),
            1,
            1,
            TimeProvider.System,
            Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance
        );
        var fault = Assert.Throws<ChildFaultException>(() => host.Open(default, Echo));
        Assert.Contains("exit code 7", fault.Message);
    }

    private static (LeaseId Lease, RunOutcome Outcome) Seen(WorkerResult result) => (result.Lease, result.Outcome);

    /// <summary>Waits for a child's end, and leaves it for its parent to be told of.</summary>
    private static unsafe void AwaitEnd(ChildProcess child)
    {
        const int ByNumber = 1;
        var info = stackalloc byte[Linux.InfoBytes];
        while (Linux.waitid(ByNumber, child.Id, info, Linux.WaitExited | Linux.WaitLeave) != 0)
        {
            Assert.Equal(Linux.Interrupted, Linux.LastError);
        }
    }

    /// <summary>As <c>kill -9</c> does it.</summary>
    private static void Signal(int process)
    {
        try
        {
            using var child = Process.GetProcessById(process);
            child.Kill();
        }
        catch (ArgumentException)
        {
            // It was killed before.
        }
    }

    private static WorkerOptions Options => new() { Worker = new WorkerId(default), PayTo = new AccountId(default) };

    private static BlobId Id(byte number) => BlobId.Parse("blob" + number.ToString("x64"));

    private static byte[] Echo() => Program("echo");

    private static byte[] NotFetched() => throw new InvalidOperationException("It is there.");

    private static byte[] Program(string name) =>
        File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "programs", name, $"{name}.wasm"));

    private static GuestInvocation Invocation(string? does = null, int pages = 1024) =>
        new()
        {
            Environment = does is null ? new Dictionary<string, string>() : new() { [TestChild.Does] = does },
            Now = DateTimeOffset.UnixEpoch,
            Seed = default,
            Limits = new GuestLimits(long.MaxValue, pages, TimeSpan.FromMinutes(1), OutputBytesMax: 1000, LogBytesMax: 1000),
        };

    /// <summary>A command that grows its memory to so many pages and fills it; where it is refused the filling traps.</summary>
    private static byte[] GrowsTo(int pages)
    {
        byte[] grow = [.. Leb(pages - 1)];
        byte[] end = [.. Leb(unchecked((int)((uint)pages * EnginePolicy.PageBytes)))];
        byte[] body = [0, 0x41, .. grow, 0x40, 0, 0x1A, 0x41, 0, 0x41, 1, 0x41, .. end, 0xFC, 0x0B, 0, 0x0B];
        byte[] exports = [2, 6, .. "_start"u8, 0, 0, 6, .. "memory"u8, 2, 0];
        return
        [
            0,
            0x61,
            0x73,
            0x6d,
            1,
            0,
            0,
            0,
            1,
            4,
            1,
            0x60,
            0,
            0,
            3,
            2,
            1,
            0,
            5,
            3,
            1,
            0,
            1,
            7,
            (byte)exports.Length,
            .. exports,
            10,
            (byte)(body.Length + 2),
            1,
            (byte)body.Length,
            .. body,
        ];
    }

    private static IEnumerable<byte> Leb(int value)
    {
        while (value is < -64 or > 63)
        {
            yield return (byte)((value & 0x7F) | 0x80);
            value >>= 7;
        }
        yield return (byte)(value & 0x7F);
    }
}
