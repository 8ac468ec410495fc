using System.Diagnostics;
using System.Text.Json;
using Microsoft.Playwright;

namespace Marketplace.Benchmarks.Pages;

/// <summary>
/// The web pages as a person meets them, on a silo whose read model has a million jobs: the first view, the list of jobs while the silo is
/// idle and while it ends jobs as fast as it can, and clicks on live pages at 1,000 events a second.
/// </summary>
internal static class PagesBenchmark
{
    /// <summary>A job tells of itself three times: it waits, a worker has it, it ended.</summary>
    private const int EventsOfAJob = 3;

    private const int EventsPerSecond = 1000;

    private static readonly TimeSpan BatchEvery = TimeSpan.FromMilliseconds(100);

    public static async Task<int> Run(BenchmarkArguments arguments)
    {
        var rounds = arguments.Number("rounds", 10);
        var seconds = TimeSpan.FromSeconds(arguments.Number("seconds", 60));
        await using var market = await PagesMarket.Start(arguments);
        await market.Fill(arguments.Number("jobs", 1_000_000), arguments);
        Console.WriteLine(JsonSerializer.Serialize(new { Bench = "pages", market.Jobs }, BenchmarkJson.Options));

        await FirstViews(market, rounds);
        await ListOf(market, "list", rounds);
        using (var over = new CancellationTokenSource())
        {
            var full = FullSpeed(market, over.Token);
            await ListOf(market, "list at full speed", rounds);
            await over.CancelAsync();
            await full;
        }
        await Live(market, "live overview", "/", seconds);
        await Live(market, "live list", "/jobs", seconds);
        return 0;
    }

    private static async Task FirstViews(PagesMarket market, int rounds)
    {
        var times = new PageActions();
        var script = 0.0;
        // The first one is not counted: silo and browser compile for it.
        for (var round = -1; round < rounds; round++)
        {
            await using var context = await market.Context();
            var page = await context.NewPageAsync();
            foreach (var cache in (string[])["cold", "warm"])
            {
                await page.GotoAsync(market.Url);
                await page.EvaluateAsync("probe.until(() => probe.firstFigure !== null)");
                if (round >= 0)
                {
                    times.Add($"first figure, {cache}", await page.EvaluateAsync<double>("probe.firstFigure"));
                }
                script = await page.EvaluateAsync<double>("probe.script");
                await page.GotoAsync("about:blank");
            }
        }
        times.Print("first view");
        Console.WriteLine(JsonSerializer.Serialize(new { Bench = "first view", ScriptBytes = script }, BenchmarkJson.Options));
    }

    private static async Task ListOf(PagesMarket market, string bench, int rounds)
    {
        var times = new PageActions();
        await using var context = await market.Context();
        var page = await context.NewPageAsync();
        try
        {
            for (var round = 0; round < rounds; round++)
            {
                await new ListVisit(market, page, times).Run(scrollsFar: round == 0);
            }
        }
        finally
        {
            times.Print(bench);
        }
    }

    /// <summary>Ends jobs as fast as the silo can until it is told to stop.</summary>
    private static async Task FullSpeed(PagesMarket market, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            if ((await market.Client.Market.Get(CancellationToken.None)).QueuedJobs < 10_000)
            {
                await market.Submit(1000);
            }
        }
    }

    private static async Task Live(PagesMarket market, string bench, string path, TimeSpan span)
    {
        var times = new PageActions();
        await using var context = await market.Context();
        var page = await context.NewPageAsync();
        await page.GotoAsync(market.Url + path);
        await page.GetByRole(AriaRole.Heading, new() { Level = 1 }).WaitForAsync();
        // What the page does once, at its start, is no part of this.
        await Task.Delay(TimeSpan.FromSeconds(2));
        await page.EvaluateAsync("probe.events = probe.longest = probe.long = 0");
        var clock = Stopwatch.StartNew();
        var sent = 0;
        var feed = Task.Run(async () =>
        {
            while (clock.Elapsed < span)
            {
                var due = (int)(clock.Elapsed.TotalSeconds * EventsPerSecond / EventsOfAJob) - sent;
                if (due > 0)
                {
                    await market.Submit(Math.Min(due, 1000));
                    sent += due;
                }
                await Task.Delay(BatchEvery);
            }
        });
        while (clock.Elapsed < span)
        {
            await times.Time(
                page,
                "click opens the palette",
                "document.querySelector('dialog[open] input') !== null",
                () => page.GetByRole(AriaRole.Button, new() { Name = "Search" }).ClickAsync()
            );
            await times.Time(
                page,
                "Escape closes it",
                "document.querySelector('dialog') === null",
                () => page.Keyboard.PressAsync("Escape")
            );
            await Task.Delay(BatchEvery);
        }
        await feed;
        times.Print(bench);
        var line = new
        {
            Bench = bench,
            JobsPerS = Math.Round(sent / clock.Elapsed.TotalSeconds),
            EventsPerS = Math.Round(await page.EvaluateAsync<double>("probe.events") / clock.Elapsed.TotalSeconds),
            LongTasks = await page.EvaluateAsync<int>("probe.long"),
            LongestTaskMs = await page.EvaluateAsync<double>("probe.longest"),
            Memory = await PageMemory.Of(page),
        };
        Console.WriteLine(JsonSerializer.Serialize(line, BenchmarkJson.Options));
    }
}
