using System.Diagnostics;
using System.Text.Json;
using Microsoft.Playwright;

namespace Marketplace.Benchmarks.Pages;

/// <summary>
/// Pages left open for an hour of 1,000 events a second. The overview gets as many events of a real silo, as fast as silo and page can; the
/// list of jobs, which asks by the clock, gets an hour on a simulated clock while these jobs end.
/// </summary>
internal static class HourBenchmark
{
    private const int EventsOfAnHour = 3_600_000;

    /// <summary>Jobs between two looks at what the page has got.</summary>
    private const int JobsAtATime = 20_000;

    /// <summary>The clock's steps: the list asks anew every three seconds.</summary>
    private const int StepSeconds = 3;

    public static async Task<int> Run(BenchmarkArguments arguments)
    {
        var events = arguments.Number("events", EventsOfAnHour);
        await using var market = await PagesMarket.Start(arguments);
        await using var first = await market.Context();
        await using var second = await market.Context();
        var overview = await first.NewPageAsync();
        await overview.GotoAsync(market.Url);
        await overview.GetByText("live", new() { Exact = true }).WaitForAsync();
        var list = await second.NewPageAsync();
        await list.Clock.InstallAsync();
        await list.GotoAsync($"{market.Url}/jobs");
        await list.GetByRole(AriaRole.Heading, new() { Name = "Jobs" }).WaitForAsync();
        var (overviewBefore, listBefore) = (await PageMemory.Of(overview), await PageMemory.Of(list));

        var clock = Stopwatch.StartNew();
        var hour = PassAnHour(list);
        var got = await Feed(market, overview, events, arguments);
        var elapsed = clock.Elapsed;
        await hour;

        Console.WriteLine(
            JsonSerializer.Serialize(
                new
                {
                    Bench = "hour",
                    Events = got,
                    Seconds = Math.Round(elapsed.TotalSeconds),
                    market.Jobs,
                    OverviewBefore = overviewBefore,
                    Overview = await PageMemory.Of(overview),
                    OverviewLongestTaskMs = await overview.EvaluateAsync<double>("probe.longest"),
                    ListBefore = listBefore,
                    List = await PageMemory.Of(list),
                    ListLongestTaskMs = await list.EvaluateAsync<double>("probe.longest"),
                },
                BenchmarkJson.Options
            )
        );
        return 0;
    }

    private static async Task<long> Feed(PagesMarket market, IPage page, int events, BenchmarkArguments arguments)
    {
        while (true)
        {
            var got = await page.EvaluateAsync<long>("probe.events");
            if (got >= events)
            {
                return got;
            }
            await market.Fill(market.Jobs + JobsAtATime, arguments);
            await Console.Error.WriteLineAsync($"{market.Jobs:N0} jobs, {got:N0} events");
        }
    }

    /// <summary>Moves the page's clock on until the list was asked for as often as in an hour.</summary>
    private static async Task PassAnHour(IPage page)
    {
        var answers = 0;
        page.Response += (_, answer) =>
        {
            if (answer.Url.Contains("/v1/jobs", StringComparison.Ordinal))
            {
                Interlocked.Increment(ref answers);
            }
        };
        while (Volatile.Read(ref answers) < 3600 / StepSeconds)
        {
            await page.Clock.FastForwardAsync(StepSeconds * 1000);
            await Task.Delay(50);
        }
    }
}
