using System.Diagnostics;

namespace Marketplace.Verify.Checks;

/// <summary>What of this process is in the machine's memory, in bytes.</summary>
internal static class ProcessMemory
{
    private const string Peaks = "/proc/self/clear_refs";

    public static long Now
    {
        get
        {
            using var process = Process.GetCurrentProcess();
            return process.WorkingSet64;
        }
    }

    /// <summary>The most since <see cref="ForgetPeak"/>, or since the start where the system cannot forget.</summary>
    public static long Peak
    {
        get
        {
            using var process = Process.GetCurrentProcess();
            return process.PeakWorkingSet64;
        }
    }

    /// <summary>Linux: https://man7.org/linux/man-pages/man5/proc_pid_clear_refs.5.html</summary>
    public static void ForgetPeak()
    {
        if (File.Exists(Peaks))
        {
            File.WriteAllText(Peaks, "5");
        }
    }
}
