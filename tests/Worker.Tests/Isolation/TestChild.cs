using System.Runtime.InteropServices;
using Marketplace.Engine.Guests;
using Marketplace.Worker.Isolation;
using Microsoft.Extensions.Logging.Abstractions;

namespace Marketplace.Tests.Worker;

/// <summary>
/// A child like any other, but for what it does before a run whose environment names it. No other program has this: what a child does
/// before a run is given by its main, and the main of products gives nothing.
/// </summary>
internal static class TestChild
{
    /// <summary>The variable that names it.</summary>
    public const string Does = "CHILD";
    public const string Segfaults = "segfaults";
    public const string Opens = "opens a file";
    public const string Connects = "opens a socket";
    public const string Forks = "starts a process";
    public const string Executes = "becomes another program";
    public const string Signals = "signals its parent";
    public const string SignalsThread = "signals a thread of its parent";
    public const string StartsThread = "starts a thread";
    public const string TakesMemory = "takes memory";
    public const string TakesHeap = "takes managed memory";
    public const string LeavesItsPipes = "leaves its pipes to another process and ends";
    public const string TellsEnvironment = "tells its environment";

    /// <summary>The first argument of a process that has children, prints their numbers and then waits to be killed.</summary>
    public const string ParentArgument = "--test-parent";

    private static readonly nint Path = Marshal.StringToCoTaskMemUTF8("/etc/hostname");

    /// <summary>How the children of these tests are started.</summary>
    public static ChildCommand Command { get; } = new([System.IO.Path.Combine(AppContext.BaseDirectory, "Marketplace.Worker.Tests")]);

    public static bool IsAsked(string[] arguments) => GuestChildProgram.IsAsked(arguments) || arguments is [ParentArgument];

    public static int Run(string[] arguments) => arguments is [ParentArgument] ? BeParent() : GuestChildProgram.Run(arguments, Before);

    public static ChildHost Host(
        int idleMax = 2,
        long runsMax = long.MaxValue,
        int memoryPagesMax = 1024,
        Action<ChildProcess>? started = null,
        IReadOnlyList<string>? program = null,
        bool? filters = null,
        TimeProvider? time = null
    )
    {
        string[] command =
        [
            .. program ?? Command.Program,
            .. new ChildLimits(IsolationPolicy.MemoryBytesMax(memoryPagesMax), filters ?? SystemCallFilter.IsKnown).Arguments,
        ];
        return new ChildHost(
            () =>
            {
                var child = ChildProcess.Start(command, ChildCommand.Environment);
                started?.Invoke(child);
                return child;
            },
            idleMax,
            runsMax,
            time ?? TimeProvider.System,
            NullLogger.Instance
        );
    }

    private static int BeParent()
    {
        var host = Host();
        var echo = File.ReadAllBytes(System.IO.Path.Combine(AppContext.BaseDirectory, "programs", "echo", "echo.wasm"));
        host.Open(default, () => echo).Dispose();
        Console.WriteLine(host.IdleProcessIds[0]);
        // One more is on its way.
        host.Prove();
        Console.WriteLine("ready");
        Thread.Sleep(Timeout.Infinite);
        return 0;
    }

    private static void Before(GuestInvocation invocation)
    {
        switch (invocation.Environment.GetValueOrDefault(Does))
        {
            case null:
                break;
            case Segfaults:
                Marshal.WriteByte(unchecked((nint)0x1234_5678_9000), 0);
                break;
            case Opens:
                Tell(Linux.syscall(2, Path, 0, 0, 0));
                break;
            case Connects:
                Tell(Linux.syscall(41, 2, 1, 0, 0));
                break;
            case Forks:
                Tell(Linux.syscall(57, 0, 0, 0, 0));
                break;
            case Executes:
                Tell(Linux.syscall(59, Path, 0, 0, 0));
                break;
            case Signals:
                Tell(Linux.syscall(62, 1, 0, 0, 0));
                break;
            case SignalsThread:
                Tell(Linux.syscall(234, 1, 1, 0, 0));
                break;
            case LeavesItsPipes:
                LeavePipes();
                break;
            case StartsThread:
                var thread = new Thread(() => { });
                thread.Start();
                thread.Join();
                break;
            case TakesMemory:
                unsafe
                {
                    NativeMemory.Alloc((nuint)IsolationPolicy.MemoryBytesMax(1024));
                }
                throw new InvalidOperationException("It was given.");
            case TakesHeap:
                GC.KeepAlive(new byte[IsolationPolicy.HeapBytesMax]);
                throw new InvalidOperationException("It was given.");
            case TellsEnvironment:
                var names = Environment.GetEnvironmentVariables().Keys.Cast<string>().Order(StringComparer.Ordinal);
                throw new InvalidOperationException(string.Join(' ', names));
            case var other:
                throw new InvalidOperationException($"Nothing is known that is called {other}.");
        }
    }

    /// <summary>The other process has them until their parent closes its ends.</summary>
    private static unsafe void LeavePipes()
    {
        byte any;
        if (Linux.syscall(57, 0, 0, 0, 0) == 0)
        {
            while (Linux.syscall(0, 0, (nint)(&any), 1, 0) > 0) { }
        }
        Linux.syscall(231, 0, 0, 0, 0);
    }

    private static void Tell(nint answer) => throw new InvalidOperationException($"answer {answer}, error {Linux.LastError}");
}
