using System.Globalization;
using System.Text.Json;
using Microsoft.Playwright;

namespace Marketplace.Benchmarks.Pages;

/// <summary>What a page holds after a collection of its garbage.</summary>
/// <param name="HeapMb">Of its JavaScript heap, in use.</param>
/// <param name="ProcessMb">The renderer's own memory, which it shares with no other process: code of the browser is not in it.</param>
internal sealed record PageMemory(double HeapMb, double ProcessMb)
{
    public static async Task<PageMemory> Of(IPage page)
    {
        var session = await page.Context.NewCDPSessionAsync(page);
        await session.SendAsync("HeapProfiler.collectGarbage");
        var used = (await session.SendAsync("Runtime.getHeapUsage"))!.Value.GetProperty("usedSize").GetDouble();
        await session.DetachAsync();
        return new PageMemory(Mb(used), Mb(await OwnBytes(page)));
    }

    /// <summary>Of the page's renderer: each page here has a browser context, and so a process, of its own.</summary>
    private static async Task<double> OwnBytes(IPage page)
    {
        var session = await page.Context.Browser!.NewBrowserCDPSessionAsync();
        // Its process is the one whose processor time grows with the page's work, which asks no clock: the page's may be a simulated one.
        var before = await Renderers(session);
        await page.EvaluateAsync("() => { let sum = 0; for (let i = 0; i < 3e8; i++) { sum = (sum + i) | 0; } return sum; }");
        var after = await Renderers(session);
        await session.DetachAsync();
        var id = after.MaxBy(process => process.Value - before.GetValueOrDefault(process.Key)).Key;
        return File.ReadLines($"/proc/{id}/smaps_rollup")
            .Where(line =>
                line.StartsWith("Private_", StringComparison.Ordinal) && !line.StartsWith("Private_Hugetlb", StringComparison.Ordinal)
            )
            .Sum(line => 1024 * double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture));
    }

    private static async Task<Dictionary<int, double>> Renderers(ICDPSession session) =>
        (await session.SendAsync("SystemInfo.getProcessInfo"))!
            .Value.GetProperty("processInfo")
            .EnumerateArray()
            .Where(process => process.GetProperty("type").GetString() == "renderer")
            .ToDictionary(process => process.GetProperty("id").GetInt32(), process => process.GetProperty("cpuTime").GetDouble());

    private static double Mb(double bytes) => Math.Round(bytes / 1_000_000, 1);
}
