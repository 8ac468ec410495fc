using System.Globalization;

namespace Marketplace.Benchmarks;

/// <summary>How long one thread of this process has run and has waited for a core, by the kernel's account. Linux.</summary>
internal sealed class ThreadClock(string folder)
{
    /// <param name="name">The thread's, of which the kernel keeps 15 characters.</param>
    /// <returns>Null where there is no such thread.</returns>
    public static ThreadClock? Find(string name) =>
        Directory
            .EnumerateDirectories("/proc/self/task")
            .Where(folder => File.ReadAllText(Path.Combine(folder, "comm")).TrimEnd() == name)
            .Select(folder => new ThreadClock(folder))
            .FirstOrDefault();

    /// <summary>In milliseconds.</summary>
    public (double Ran, double Waited) Read()
    {
        // Documentation/scheduler/sched-stats.rst: nanoseconds on a core, nanoseconds on a run queue, and how often.
        var fields = File.ReadAllText(Path.Combine(folder, "schedstat")).Split(' ');
        return (Milliseconds(fields[0]), Milliseconds(fields[1]));
    }

    private static double Milliseconds(string nanoseconds) => long.Parse(nanoseconds, CultureInfo.InvariantCulture) / 1e6;
}
