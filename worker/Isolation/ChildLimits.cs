using System.Globalization;
using System.Runtime.InteropServices;

namespace Marketplace.Worker.Isolation;

/// <summary>What a child takes from itself: for good, because only a process with more rights could give it back.</summary>
/// <param name="MemoryBytesMax">Memory that the system lets it write.</param>
/// <param name="Filters">Whether it gives up the system calls that it does not need.</param>
internal sealed record ChildLimits(long MemoryBytesMax, bool Filters)
{
    public static ChildLimits Parse(string[] arguments) =>
        arguments is [GuestChildProgram.Argument, var memory, "filter" or "no-filter"]
            ? new ChildLimits(long.Parse(memory, CultureInfo.InvariantCulture), arguments[2] == "filter")
            : throw new ArgumentException("A child is started by its parent, with the arguments that the parent knows.");

    public string[] Arguments =>
        [GuestChildProgram.Argument, MemoryBytesMax.ToString(CultureInfo.InvariantCulture), Filters ? "filter" : "no-filter"];

    /// <summary>Before anything of a stranger is read, and before threads are started, whose stacks count.</summary>
    public void GiveUpMemory()
    {
        Require(Linux.prctl(Linux.ParentDeathSignal, Linux.SignalKill, 0, 0, 0), "prctl(PR_SET_PDEATHSIG)");
        Limit(Linux.LimitData, MemoryBytesMax);
        Limit(Linux.LimitCore, 0);
        Limit(Linux.LimitFileSize, 0);
        FirstToGo();
    }

    /// <summary>After all that the runtime opens late is open.</summary>
    /// <returns>What was given up, for the log.</returns>
    public string GiveUpTheRest()
    {
        // The runtime makes a pipe for each new thread; the filter lets nothing else be opened.
        Limit(Linux.LimitFiles, IsolationPolicy.FilesMax);
        // No core dump, which a limit of its size does not prevent where a program takes it; and no debugger of the same user.
        Require(Linux.prctl(Linux.MayBeDumped, 0, 0, 0, 0), "prctl(PR_SET_DUMPABLE)");
        var given = $"memory over {MemoryBytesMax >> 20} MiB";
        if (Filters)
        {
            SystemCallFilter.Install();
            given += ", system calls";
        }
        return given;
    }

    /// <summary>When the machine runs out of memory, the system ends the child and not the books of its parent.</summary>
    private static void FirstToGo()
    {
        try
        {
            File.WriteAllText("/proc/self/oom_score_adj", "1000");
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException)
        {
            // No /proc, or one that cannot be written: then the system chooses.
        }
    }

    private static unsafe void Limit(int resource, long value)
    {
        var softAndHard = stackalloc ulong[] { (ulong)value, (ulong)value };
        Require(Linux.setrlimit(resource, softAndHard), $"setrlimit({resource}, {value})");
    }

    private static void Require(int answer, string call)
    {
        if (answer != 0)
        {
            throw new InvalidOperationException($"{call} failed: {Linux.ErrorText(Marshal.GetLastPInvokeError())}.");
        }
    }
}
