using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Marketplace.Tests.Web;

/// <summary>The list of jobs, longer than one page of it.</summary>
public sealed class JobListTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task ListThatIsReturnedTo_IsWhereItWas_AndAsksForNothing()
    {
        await market.EchoMany(300);
        await using var watched = await market.Page();
        var page = await watched.Go("/jobs");
        var list = page.GetByRole(AriaRole.Region, new() { Name = "Jobs", Exact = true });
        await list.FocusAsync();
        // Each press shows the last of the rows that the page has, which has it ask for more.
        foreach (var row in (int[])[101, 201])
        {
            await Expect(list.GetByRole(AriaRole.Row).First).ToBeVisibleAsync();
            await page.Keyboard.PressAsync("End");
            await Expect(list.Locator($"tr[aria-rowindex='{row}']")).ToBeVisibleAsync();
        }
        var asked = new ConcurrentQueue<string>();
        var seen = list.Locator("tr[aria-rowindex='195'] a").First;
        var job = await seen.GetAttributeAsync("href");

        await seen.ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync("Job");
        page.Request += (_, request) => asked.Enqueue(new Uri(request.Url).PathAndQuery);
        await page.GoBackAsync();

        await Expect(list.Locator($"a[href='{job}']")).ToBeInViewportAsync();
        Assert.DoesNotContain(asked, path => path.StartsWith("/v1/jobs?", StringComparison.Ordinal));
    }

    [Fact]
    public async Task EndWhileRowsAreOnTheirWay_ShowsThemWhenTheyCome()
    {
        await market.EchoMany(200);
        await using var watched = await market.Page();
        var (asked, mayCome) = (new TaskCompletionSource(), new TaskCompletionSource());
        await watched.Page.RouteAsync(
            new Regex("/v1/jobs\\?.*cursor="),
            async route =>
            {
                asked.TrySetResult();
                await mayCome.Task;
                await route.ContinueAsync();
            }
        );
        var page = await watched.Go("/jobs");
        var list = page.GetByRole(AriaRole.Region, new() { Name = "Jobs", Exact = true });
        await list.FocusAsync();
        await Expect(list.GetByRole(AriaRole.Row).First).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("End");
        await Expect(list.Locator("tr[aria-rowindex='101']")).ToBeInViewportAsync();
        await asked.Task.WaitAsync(TestContext.Current.CancellationToken);

        await page.Keyboard.PressAsync("End");
        mayCome.SetResult();

        await Expect(list.Locator("tr[aria-rowindex='201']")).ToBeInViewportAsync();
    }

    [Fact]
    public async Task WholeIdOfAProgram_FitsItsField_AndFindsItsJobs()
    {
        var job = await market.Echo("of a program");
        await using var watched = await market.Page();
        var page = await watched.Go("/jobs");

        await page.GetByRole(AriaRole.Textbox, new() { Name = "Program" }).FillAsync(job.Program.ToString());

        await Expect(page).ToHaveURLAsync(new Regex($"program={job.Program}$"));
        await Expect(page.Locator($"a[href='/programs/{job.Program}']").First).ToBeVisibleAsync();
    }
}
