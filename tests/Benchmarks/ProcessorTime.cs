using System.Globalization;

namespace Marketplace.Benchmarks;

/// <summary>What a process and all its children, the ended ones included, have used so far. Linux.</summary>
internal static class ProcessorTime
{
    /// <summary>Ticks of a second in /proc: USER_HZ, which is 100 on every Linux.</summary>
    private const double TicksPerSecond = 100;

    public static TimeSpan OfTree(int root)
    {
        long ticks = 0;
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), out var id) || Stat(folder) is not { } stat)
            {
                continue;
            }
            // proc(5): after the name come state, parent, …; user and kernel time are fields 14 and 15, those of ended children 16 and 17.
            if (id == root)
            {
                ticks += Number(stat[11]) + Number(stat[12]) + Number(stat[13]) + Number(stat[14]);
            }
            else if (Number(stat[1]) == root)
            {
                ticks += Number(stat[11]) + Number(stat[12]);
            }
        }
        return TimeSpan.FromSeconds(ticks / TicksPerSecond);
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
