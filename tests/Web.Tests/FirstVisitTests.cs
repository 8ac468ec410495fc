using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Marketplace.Tests.Web;

/// <summary>An empty market, by the link that the silo says at its start.</summary>
public sealed class FirstVisitTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task FirstVisit_ByTheLinkThatTheSiloSaid_EndsInTheResultOfTheSample()
    {
        await using var watched = await market.StrangersPage();
        var page = watched.Page;

        await page.GotoAsync(market.Link);
        await page.GetByRole(AriaRole.Button, new() { Name = "Run the sample" }).ClickAsync();

        await Expect(page.GetByLabel("Output as text")).ToHaveTextAsync("HELLO MARKETPLACE");
        await Expect(page.GetByText("Checked in this browser")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Receipt" }).GetByText("holds", new() { Exact = true }).First)
            .ToBeVisibleAsync();
        Assert.DoesNotContain("ticket", page.Url, StringComparison.Ordinal);
    }
}
