using Microsoft.Extensions.Logging;

namespace Marketplace.Worker.Isolation;

/// <summary>Decides where guests run, and says why.</summary>
internal static class ProgramHosts
{
    private static readonly IsolationKind[] StrictestFirst = [IsolationKind.Sandbox, IsolationKind.Process, IsolationKind.None];

    /// <exception cref="IsolationException">The isolation that the options name does not work here.</exception>
    public static (IProgramHost Host, IsolationChoice Choice) Open(GuestOptions options, TimeProvider time, ILogger log)
    {
        var reasons = new List<string>();
        foreach (var kind in options.Isolation is { } asked ? [asked] : StrictestFirst)
        {
            try
            {
                return (Open(kind, options, time, log), new IsolationChoice(kind, string.Join(" ", reasons)));
            }
            catch (IsolationException wrong)
            {
                reasons.Add(wrong.Message);
            }
        }
        throw new IsolationException(string.Join(" ", reasons));
    }

    private static IProgramHost Open(IsolationKind kind, GuestOptions options, TimeProvider time, ILogger log)
    {
        if (kind == IsolationKind.None)
        {
            return new InProcessHost(options.ModuleCacheBytesMax);
        }
        if (!OperatingSystem.IsLinux() || !Environment.Is64BitProcess)
        {
            throw new IsolationException($"Isolation {Name(kind)} needs Linux on 64 bits.");
        }
        try
        {
            var child = options.Child ?? ChildCommand.OfThisProcess();
            var limits = new ChildLimits(IsolationPolicy.MemoryBytesMax(options.MemoryPagesMax), SystemCallFilter.IsKnown);
            var program = kind == IsolationKind.Sandbox ? InSandbox(child) : child.Program;
            string[] command = [.. program, .. limits.Arguments];
            var host = new ChildHost(
                () => ChildProcess.Start(command, ChildCommand.Environment),
                idleMax: Math.Min(options.Slots * IsolationPolicy.IdleChildrenPerSlot, IsolationPolicy.IdleChildrenMax),
                runsMax: options.RunsPerChildMax,
                time,
                log
            );
            return Proved(host);
        }
        catch (ChildFaultException fault)
        {
            throw new IsolationException($"Isolation {Name(kind)} does not work here: {fault.Message}");
        }
    }

    private static ChildHost Proved(ChildHost host)
    {
        try
        {
            host.Prove();
            return host;
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    private static IReadOnlyList<string> InSandbox(ChildCommand child)
    {
        if (!SystemCallFilter.IsKnown)
        {
            throw new IsolationException("Isolation sandbox needs an x64 processor: no filter of system calls is known for this one.");
        }
        return Sandbox.Find() is { } bubblewrap
            ? Sandbox.Command(bubblewrap, child)
            : throw new IsolationException(
                "Isolation sandbox needs bubblewrap (Debian: apt-get install bubblewrap), which is not installed."
            );
    }

    private static string Name(IsolationKind kind) => new IsolationChoice(kind, "").ToString();
}
