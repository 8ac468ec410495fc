using System.Text.Json;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Marketplace.Tests.Web;

/// <summary>Every page for everybody: axe-core finds nothing, in light and dark, wide and narrow; and the keyboard is enough.</summary>
public sealed class AccessTests(Market market) : IClassFixture<Market>
{
    private static readonly string[] Pages =
    [
        "/",
        "/jobs",
        "/jobs/new",
        "/programs",
        "/workers",
        "/disputes",
        "/market",
        "/ledger",
        "/money",
        "/silo",
        "/join",
    ];

    [Theory]
    [InlineData(ColorScheme.Light, 1280), InlineData(ColorScheme.Dark, 390)]
    public async Task NoPage_HasAViolationThatAxeFinds_OrIsWiderThanTheScreen(ColorScheme scheme, int width)
    {
        var axe = Path.Combine(AppContext.BaseDirectory, "axe.min.js");
        Assert.SkipUnless(File.Exists(axe) || Testing.Vectors.Required, "axe-core is not installed: run 'npm ci' in dashboards/web.");
        var job = await market.Echo("seen by axe");
        await using var watched = await market.Page(
            new BrowserNewContextOptions
            {
                ColorScheme = scheme,
                ViewportSize = new ViewportSize { Width = width, Height = 844 },
            }
        );
        var script = await File.ReadAllTextAsync(axe, TestContext.Current.CancellationToken);

        foreach (var path in Pages.Append($"/jobs/{job.Id}"))
        {
            var page = await watched.Go(path);
            await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToBeVisibleAsync();
            await Expect(page.GetByLabel("Loading")).ToHaveCountAsync(0);
            if (path.StartsWith("/jobs/", StringComparison.Ordinal) && path != "/jobs/new")
            {
                await page.GetByRole(AriaRole.Button, new() { Name = "Replay here" }).ClickAsync();
                await Expect(page.GetByText("What came of it here is what the receipt says")).ToBeVisibleAsync();
            }
            await page.EvaluateAsync(script);
            var found = await page.EvaluateAsync<JsonElement>(
                "async () => (await axe.run()).violations.map(v => `${v.id}: ${v.nodes.map(n => n.html).join(' ')}`)"
            );
            Assert.True(found.GetArrayLength() == 0, $"{path}: {found}");
            var wider = await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth");
            Assert.True(wider == 0, $"{path} is {wider} px wider than {width}");
        }
    }

    [Fact]
    public async Task Keyboard_ReachesThePalette_AndThroughItEveryPage()
    {
        await using var watched = await market.Page();
        var page = await watched.Go("/");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Overview" })).ToBeVisibleAsync();

        await page.Keyboard.PressAsync("Control+k");
        await Expect(page.GetByRole(AriaRole.Combobox)).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("run a");
        await page.Keyboard.PressAsync("Enter");

        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Run a job" })).ToBeVisibleAsync();
        Assert.EndsWith("/jobs/new", page.Url, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keyboard_PressesButtons_AndWhatComesIsSaid()
    {
        await using var watched = await market.Page();
        var page = await watched.Go("/");
        var button = page.GetByRole(AriaRole.Button, new() { Name = "Check now" });

        await button.FocusAsync();
        await page.Keyboard.PressAsync("Enter");

        await Expect(page.GetByRole(AriaRole.Status).GetByText("A check of the books was asked for.")).ToBeVisibleAsync();
    }
}
