using System.Runtime.InteropServices;
using Marketplace.Engine;
using Marketplace.Engine.Guests;
using Microsoft.Win32.SafeHandles;

namespace Marketplace.Worker.Isolation;

/// <summary>
/// The main of a child: a program that runs guests in children calls it first of all. The child gives up what it can before it reads
/// anything that a stranger sent; then it serves its parent until that ends.
/// </summary>
public static class GuestChildProgram
{
    /// <summary>The first argument of a child; no person types it.</summary>
    internal const string Argument = "--guest-child";

    /// <summary>Whether this process was started as a child.</summary>
    public static bool IsAsked(string[] arguments) => arguments is [Argument, ..];

    /// <summary>Serves the parent until it ends.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(string[] arguments) => Run(arguments, _ => { });

    internal static int Run(string[] arguments, Action<GuestInvocation> beforeRun)
    {
        var limits = ChildLimits.Parse(arguments);
        // A service manager signals all processes at once; the parent then decides when its children end.
        PosixSignal[] signals = [PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGHUP, PosixSignal.SIGQUIT];
        var ignored = signals.Select(signal => PosixSignalRegistration.Create(signal, context => context.Cancel = true)).ToArray();
        limits.GiveUpMemory();
        var server = new ChildServer(Pipe(0), Pipe(1), Pipe(3), beforeRun);
        new Thread(() => ExitAfter(server.FollowCancels)) { IsBackground = true, Name = "cancels" }.Start();
        using var threads = new GuestThreads(1);
        threads
            .Run(() =>
            {
                WarmUp.Run();
                server.Serve(limits.GiveUpTheRest());
                return 0;
            })
            .GetAwaiter()
            .GetResult();
        GC.KeepAlive(ignored);
        return 0;
    }

    private static void ExitAfter(Action body)
    {
        body();
        // The parent is gone; a guest in a loop does not notice.
        Environment.Exit(0);
    }

    private static SafeFileHandle Pipe(nint number) => new(number, ownsHandle: false);
}
