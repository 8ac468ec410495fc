using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Marketplace.Tests.Web;

/// <summary>Keys and workers: what a person makes on a page is there, and what he takes back is gone.</summary>
public sealed class MoneyPagesTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task Key_IsCreated_ShownOnce_AndRevoked()
    {
        var name = $"made in a browser {Guid.NewGuid():N}"[..30];
        await using var watched = await market.Page();
        var page = await watched.Go("/money");

        await page.GetByRole(AriaRole.Button, new() { Name = "Create a key" }).ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await dialog.GetByLabel("Name").FillAsync(name);
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Create", Exact = true }).ClickAsync();
        var secret = (
            await dialog.GetByText(new System.Text.RegularExpressions.Regex("^mk[0-9a-f]{16}_[0-9a-f]{64}$")).TextContentAsync()
        )!;
        await dialog.GetByRole(AriaRole.Button, new() { Name = "I have kept it" }).ClickAsync();

        Assert.Equal(System.Net.HttpStatusCode.OK, await Status(secret));
        await Expect(page.GetByText(secret)).ToHaveCountAsync(0);

        var row = page.GetByRole(AriaRole.Row).Filter(new() { HasText = name });
        await row.GetByRole(AriaRole.Button, new() { Name = "Revoke" }).ClickAsync();
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Revoke" }).ClickAsync();

        await Expect(row.GetByRole(AriaRole.Button, new() { Name = "Revoke" })).ToHaveCountAsync(0);
        Assert.Equal(System.Net.HttpStatusCode.Unauthorized, await Status(secret));
    }

    [Fact]
    public async Task WorkerThatJoins_AppearsWhereItWasWaitedFor()
    {
        await using var watched = await market.Page();
        var page = await watched.Go("/join");
        await Expect(page.GetByText("watching", new() { Exact = true })).ToBeVisibleAsync();
        var folder = Directory.CreateTempSubdirectory("market-web-worker");

        await using (WorkerProgram.Start("--url", market.Url, "--data", Path.Combine(folder.FullName, "data"), "--label", "from=afar"))
        {
            await page.GetByRole(AriaRole.Listitem)
                .Filter(new() { HasText = "from=afar" })
                .GetByRole(AriaRole.Link)
                .ClickAsync(new() { Timeout = 60_000 });
            await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync("Worker");
        }
        folder.Delete(recursive: true);
    }

    private async Task<System.Net.HttpStatusCode> Status(string key)
    {
        using var http = new HttpClient { DefaultRequestHeaders = { Authorization = new("Bearer", key) } };
        using var response = await http.GetAsync(new Uri($"{market.Url}/v1/account"), TestContext.Current.CancellationToken);
        return response.StatusCode;
    }
}
