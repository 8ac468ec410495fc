using System.Text.Json;
using Microsoft.Playwright;

namespace Marketplace.Benchmarks.Pages;

/// <summary>Times of what is done to pages, by the names of the actions.</summary>
internal sealed class PageActions
{
    private readonly Dictionary<string, List<double>> _times = [];

    public void Add(string action, double milliseconds)
    {
        if (!_times.TryGetValue(action, out var times))
        {
            _times.Add(action, times = []);
        }
        times.Add(milliseconds);
    }

    /// <summary>
    /// Does an action and takes the time from the page's first input event of it until the page shows what was asked for.
    /// </summary>
    /// <param name="page">The page.</param>
    /// <param name="action">Its name among the results.</param>
    /// <param name="isShown">A JavaScript condition.</param>
    /// <param name="act">What makes the input.</param>
    public async Task Time(IPage page, string action, string isShown, Func<Task> act)
    {
        await page.EvaluateAsync($"probe.arm(() => {isShown})");
        await act();
        try
        {
            // A promise that is not kept in time is a page that does not show what was asked for.
            Add(action, await page.EvaluateAsync<double>("probe.result").WaitAsync(TimeSpan.FromSeconds(10)));
        }
        catch (TimeoutException)
        {
            throw new BenchmarkException($"'{action}' was not shown within ten seconds: {isShown}");
        }
    }

    public void Print(string bench)
    {
        foreach (var (action, times) in _times)
        {
            var all = new Percentiles(times);
            var line = new
            {
                Bench = bench,
                Action = action,
                Count = times.Count,
                P50Ms = Math.Round(all.P50, 1),
                P99Ms = Math.Round(all.P99, 1),
                MaxMs = Math.Round(times.Max(), 1),
            };
            Console.WriteLine(JsonSerializer.Serialize(line, BenchmarkJson.Options));
        }
    }
}
