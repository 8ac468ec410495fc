using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Marketplace.Tests.Web;

/// <summary>Anybody with an account can make a link to it and have another person open it.</summary>
public sealed class SignInLinkTests(Market market) : IClassFixture<Market>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task LinkIntoATabThatIsSignedIn_AsksFirst_AndSaysWhoseTheTabIsThen()
    {
        var (mine, other) = (await NewKey(Scope.Read), await NewKey(Scope.Read));
        await using var watched = await market.StrangersPage();
        var page = watched.Page;
        await SignIn(page, mine);
        var link = await LinkOf(other);

        await page.GotoAsync("about:blank");
        await page.GotoAsync(link);
        await Dialog(page).GetByRole(AriaRole.Button, new() { Name = "Stay as it is" }).ClickAsync();
        await Expect(Dialog(page)).ToHaveCountAsync(0);
        Assert.Equal(mine, await KeyOf(page));
        Assert.DoesNotContain("ticket", page.Url, StringComparison.Ordinal);

        // The page is open: the browser changes the address and loads nothing.
        await page.GotoAsync(link);
        await Dialog(page).GetByRole(AriaRole.Button, new() { Name = "Sign in by the link" }).ClickAsync();
        await Expect(Dialog(page)).ToHaveCountAsync(0);
        Assert.Equal(other, await KeyOf(page));
        Assert.DoesNotContain("ticket", page.Url, StringComparison.Ordinal);
        var note = page.GetByRole(AriaRole.Complementary, new() { Name = "Signed in by a link" });
        await Expect(note).ToContainTextAsync($"{(await market.Client.Account.Get(Cancellation)).Id}"[..10]);

        await page.GotoAsync(link);
        await Dialog(page).GetByRole(AriaRole.Button, new() { Name = "Sign in by the link" }).ClickAsync();
        await Expect(Dialog(page).GetByText("signs one browser in, once")).ToBeVisibleAsync();
        Assert.Equal(other, await KeyOf(page));

        await Dialog(page).GetByRole(AriaRole.Button, new() { Name = "Stay as it is" }).ClickAsync();
        await note.GetByRole(AriaRole.Button, new() { Name = "It is mine" }).ClickAsync();
        await Expect(note).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task FirstVisitByALink_SaysWhoseTheTabIs_UntilThatIsKnown()
    {
        await using var watched = await market.StrangersPage();
        var page = watched.Page;
        await page.GotoAsync(await LinkOf(await NewKey(Scope.Read)));
        var note = page.GetByRole(AriaRole.Complementary, new() { Name = "Signed in by a link" });
        await Expect(note).ToBeVisibleAsync();

        await page.ReloadAsync();
        await note.GetByRole(AriaRole.Button, new() { Name = "Not mine" }).ClickAsync();

        await Expect(page.GetByLabel("API key")).ToBeVisibleAsync();
        Assert.Null(await KeyOf(page));
    }

    [Fact]
    public async Task WhatWasToldToOneKey_IsNotShownToTheNext()
    {
        await using var watched = await market.StrangersPage();
        var page = watched.Page;
        await SignIn(page, await NewKey(Scope.Read));
        await Expect(page.GetByText("Available", new() { Exact = true })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();

        // It may not read what the first one has.
        await SignInHere(page, await NewKey(Scope.Submit));

        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Sign out" })).ToBeVisibleAsync();
        await Expect(page.GetByText("Available", new() { Exact = true })).ToHaveCountAsync(0);
    }

    private static ILocator Dialog(IPage page) => page.GetByRole(AriaRole.Dialog);

    private static Task<string?> KeyOf(IPage page) => page.EvaluateAsync<string?>("() => sessionStorage.getItem('marketplace.key')");

    private async Task SignIn(IPage page, string key)
    {
        await page.GotoAsync($"{market.Url}/");
        await SignInHere(page, key);
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Overview" })).ToBeVisibleAsync();
    }

    private static async Task SignInHere(IPage page, string key)
    {
        await page.GetByLabel("API key").FillAsync(key);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
    }

    private async Task<string> NewKey(Scope scope) => (await market.Client.Keys.Create(new KeyRequest("a key", [scope]), Cancellation)).Key;

    private async Task<string> LinkOf(string key)
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var answer = await http.PostAsync(new Uri($"{market.Url}/v1/sign-ins"), content: null, Cancellation);
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancellation));
        return $"{market.Url}/#ticket={body.RootElement.GetProperty("ticket").GetString()}";
    }
}
