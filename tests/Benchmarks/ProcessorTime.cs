using System.Globalization;

namespace Marketplace.Benchmarks;

/// <summary>What a process and all its children, the ended ones included, have used so far. Linux.</summary>
internal static class ProcessorTime
{
    /// <summary>Ticks of a second in /proc: USER_HZ, which is 100 on every Linux.</summary>
    private const double TicksPerSecond = 100;

    public static TimeSpan OfTree(int root)
    {
        var processes = Directory
            .EnumerateDirectories("/proc")
            .Where(folder => int.TryParse(Path.GetFileName(folder), out _))
            .Select(folder => (Id: Number(Path.GetFileName(folder)), Stat: Stat(folder)))
            .Where(process => process.Stat is not null)
            // proc(5): after the name come state, parent, …; user and kernel time are fields 14 and 15, those of ended children 16 and 17.
            .ToLookup(process => Number(process.Stat![1]), process => (process.Id, Ticks: process.Stat![11..15].Sum(Number)));
        var ticks = processes.SelectMany(children => children).Where(process => process.Id == root).Sum(process => process.Ticks);
        return TimeSpan.FromSeconds((ticks + Below(root)) / TicksPerSecond);

        long Below(long parent) => processes[parent].Sum(child => child.Ticks + Below(child.Id));
    }

    /// <summary>
    /// What the threads of a process that live have used, by their names, of which the kernel keeps 15 characters.
    /// </summary>
    public static IReadOnlyDictionary<string, TimeSpan> OfThreads(int process) =>
        Directory
            .EnumerateDirectories($"/proc/{process}/task")
            .Select(folder => (Name: NameOf(folder), Stat: Stat(folder)))
            .Where(thread => thread is { Name: not null, Stat: not null })
            .GroupBy(thread => thread.Name!, thread => thread.Stat![11..13].Sum(Number))
            .ToDictionary(thread => thread.Key, thread => TimeSpan.FromSeconds(thread.Sum() / TicksPerSecond));

    private static string? NameOf(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, "comm")).TrimEnd();
        }
        catch (IOException)
        {
            // It ended meanwhile.
            return null;
        }
    }

    private static string[]? Stat(string folder)
    {
        try
        {
            var text = File.ReadAllText(Path.Combine(folder, "stat"));
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            // It ended meanwhile.
            return null;
        }
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
