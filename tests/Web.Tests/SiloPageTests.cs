using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Marketplace.Tests.Web;

/// <summary>What an operator sees of a silo, and others do not.</summary>
public sealed class SiloPageTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task Operator_SeesGrainsCallsAndSettings_ButNoSecrets()
    {
        await market.Echo("busy");
        await using var watched = await market.Page();
        var page = await watched.Go("/silo");

        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Grains by class" })).ToContainTextAsync("MarketGrain");
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Calls", Exact = true }))
            .ToContainTextAsync(new Regex(@"IMarketGrain\.\w+"));
        await page.GetByLabel("Find an option").FillAsync("MARKET_CERTIFICATE_PASSWORD");
        await Expect(Options(page).Filter(new() { HasText = "only as MARKET_CERTIFICATE_PASSWORD" })).ToContainTextAsync("not shown");
        await page.GetByLabel("Find an option").FillAsync("--data");
        await Expect(Options(page).First).ToContainTextAsync("command line");
    }

    [Fact]
    public async Task KeyThatIsNoOperators_SeesOneSentence()
    {
        var key = await market.Client.Keys.Create(new KeyRequest("reader", [Scope.Read]), TestContext.Current.CancellationToken);
        await using var watched = await market.Page(key: key.Key);
        var page = await watched.Go("/silo");

        await Expect(page.GetByText("shown to holders of an operator’s key")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Grains" })).ToHaveCountAsync(0);
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Settings" })).ToHaveCountAsync(0);
    }

    [Theory]
    [InlineData("True", 1), InlineData("False", 0)]
    public async Task Cluster_IsShownBySilo_WithTheDashboardThatItServes_AndLongNamesStayInTheirTables(string dashboard, int links)
    {
        await using var watched = await market.Page(
            new()
            {
                ViewportSize = new() { Width = 390, Height = 844 },
            }
        );
        var name = new string('G', 300);
        await Answer(
            watched.Page,
            "/v1/silo/grains",
            $$"""
            {"windowMs":10000,"methods":[
              {"grain":"{{name}}","method":"Do","calls":50,"failures":1,"p50Us":900,"p99Us":12000,"callsTotal":9,"failuresTotal":1}],
             "grains":[{"grain":"{{name}}","silo":"S10.0.0.5:11111:1","activations":4},
              {"grain":"KeyGrain","silo":"S10.0.0.6:11111:2","activations":2}]}
            """
        );
        await Answer(
            watched.Page,
            "/v1/silo/settings",
            $$"""
            {"settings":[
              {"name":"--dashboard","variable":"MARKET_DASHBOARD","value":"{{dashboard}}",
               "source":"environment","secret":false,"description":"{{name}}"}]}
            """
        );
        var page = await watched.Go("/silo");

        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Silos", Exact = true })).ToContainTextAsync("S10.0.0.6:11111:2");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Orleans’s dashboard" })).ToHaveCountAsync(links);
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Calls", Exact = true })).ToContainTextAsync("900 µs");
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"));
    }

    private static ILocator Options(IPage page) => page.GetByRole(AriaRole.List, new() { Name = "Options" }).GetByRole(AriaRole.Listitem);

    private static Task Answer(IPage page, string route, string json) =>
        page.RouteAsync($"**{route}", asked => asked.FulfillAsync(new() { Body = json, ContentType = "application/json" }));
}
