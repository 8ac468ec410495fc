using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Marketplace.Reference.Comparison;

/// <summary>Processor time of the current thread: what others do on the machine does not count.</summary>
internal static class ThreadClock
{
    private const int ThreadCpuTime = 3;

    /// <summary>Wall time where the system has no such clock under a name that we know.</summary>
    public static TimeSpan Now()
    {
        if (OperatingSystem.IsLinux() && clock_gettime(ThreadCpuTime, out var time) == 0)
        {
            return TimeSpan.FromSeconds(time.Seconds) + TimeSpan.FromMicroseconds(time.Nanoseconds / 1_000.0);
        }

        return Stopwatch.GetElapsedTime(0);
    }

    [DllImport("libc")]
    private static extern int clock_gettime(int clock, out Time time);

    private readonly record struct Time(long Seconds, long Nanoseconds);
}
