using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Marketplace.Tests.Web.Keyboard;
using static Microsoft.Playwright.Assertions;

namespace Marketplace.Tests.Web;

/// <summary>What a mouse does, a keyboard does: each control is reached with Tab, shows that it has the focus, and acts.</summary>
public sealed class KeyboardTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task Job_IsSubmitted_Cancelled_AndRunAgain()
    {
        var program = await Deploy("faulty");
        await using var watched = await market.Page();
        var page = await watched.Go("/jobs/new");

        // Waited for from the start: the browser tells of a file dialog only once it knows that it is waited for.
        var choosing = page.WaitForFileChooserAsync();
        await Reach(page, page.GetByLabel("A WebAssembly module"));
        await page.Keyboard.PressAsync("Enter");
        await (await choosing).SetFilesAsync(Market.Program("faulty"));
        await Expect(page.GetByTitle($"{program.Id}")).ToBeVisibleAsync();
        await Type(page, page.GetByLabel("As text"), "loop");
        await Type(page, page.GetByLabel("Fuel limit"), "1000000000000");
        await Expect(page.GetByRole(AriaRole.Radio).First).ToBeCheckedAsync();
        await Press(page, page.GetByRole(AriaRole.Button, new() { Name = "Run", Exact = true }));

        await Press(page, page.GetByRole(AriaRole.Button, new() { Name = "Cancel" }));
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync("cancelled");
        await Press(page, page.GetByRole(AriaRole.Button, new() { Name = "Run again" }));

        await Expect(page.GetByLabel("As text")).ToHaveValueAsync("loop");
        await Type(page, page.GetByLabel("As text"), "");
        await Press(page, page.GetByRole(AriaRole.Button, new() { Name = "Run", Exact = true }));
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync("Job");
    }

    [Fact]
    public async Task List_IsFiltered_AndARowOpened()
    {
        var job = await market.Echo("by keyboard");
        await using var watched = await market.Page();
        var page = await watched.Go("/jobs");

        await Reach(page, page.GetByLabel("State"));
        await page.Keyboard.TypeAsync("completed");
        await Expect(page).ToHaveURLAsync(new Regex("state=completed"));
        await Type(page, page.GetByLabel("Id begins with"), $"{job.Id}"[..12]);
        await Press(page, page.GetByRole(AriaRole.Table).GetByRole(AriaRole.Link).First);

        await Expect(page.GetByLabel("Output as text")).ToHaveTextAsync("BY KEYBOARD");
    }

    [Fact]
    public async Task Key_IsCreatedAndRevoked_AndFocusReturnsFromEachDialog()
    {
        var name = $"by keyboard {Guid.NewGuid():N}"[..24];
        await using var watched = await market.Page();
        var page = await watched.Go("/money");
        var (create, dialog) = (page.GetByRole(AriaRole.Button, new() { Name = "Create a key" }), page.GetByRole(AriaRole.Dialog));

        await Press(page, create);
        await page.Keyboard.PressAsync("Escape");
        await Expect(dialog).ToHaveCountAsync(0);
        await Expect(create).ToBeFocusedAsync();

        await page.Keyboard.PressAsync("Enter");
        await Press(page, dialog.GetByRole(AriaRole.Button, new() { Name = "Cancel" }));
        await Expect(create).ToBeFocusedAsync();

        await page.Keyboard.PressAsync("Enter");
        await Type(page, dialog.GetByLabel("Name"), name);
        await Reach(page, dialog.GetByLabel("send money"));
        await page.Keyboard.PressAsync("Space");
        await Press(page, dialog.GetByRole(AriaRole.Button, new() { Name = "Create", Exact = true }));
        await Press(page, dialog.GetByRole(AriaRole.Button, new() { Name = "I have kept it" }));
        await Expect(create).ToBeFocusedAsync();

        var revoke = page.GetByRole(AriaRole.Row).Filter(new() { HasText = name }).GetByRole(AriaRole.Button, new() { Name = "Revoke" });
        await Press(page, revoke);
        await Press(page, dialog.GetByRole(AriaRole.Button, new() { Name = "Revoke it" }));
        await Expect(revoke).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Money_IsSent()
    {
        // Its account is opened by what it earns.
        await market.Echo("paid");
        await using var watched = await market.Page();
        var worker = Assert.Single((await market.Client.Workers.ListPage(cancellation: TestContext.Current.CancellationToken)).Items);
        var page = await watched.Go("/money");
        var dialog = page.GetByRole(AriaRole.Dialog);

        await Press(page, page.GetByRole(AriaRole.Button, new() { Name = "Send money" }));
        await Type(page, dialog.GetByLabel("To", new() { Exact = true }), $"{worker.PayTo}");
        await Type(page, dialog.GetByLabel("Amount"), "7");
        await page.Keyboard.PressAsync("Enter");

        await Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("are sent.");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Send money" })).ToBeFocusedAsync();
    }

    [Fact]
    public async Task Worker_IsDrained_AndServesAgain()
    {
        await using var watched = await market.Page();
        var page = await watched.Go("/workers");

        await Press(page, page.GetByRole(AriaRole.Table).GetByRole(AriaRole.Link).First);
        var drain = page.GetByRole(AriaRole.Button, new() { Name = "Drain for maintenance" });
        await Press(page, drain);
        await page.Keyboard.PressAsync("Escape");
        await Expect(drain).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await Press(page, page.GetByRole(AriaRole.Button, new() { Name = "Drain it" }));
        await Press(page, page.GetByRole(AriaRole.Button, new() { Name = "End maintenance" }));
        await Press(page, page.GetByRole(AriaRole.Button, new() { Name = "End it" }));

        await Expect(drain).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Theme_IsSwitched_AndThePaletteOpensAndCloses()
    {
        await using var watched = await market.Page();
        var page = await watched.Go("/");
        var (html, search) = (page.Locator("html"), page.GetByRole(AriaRole.Button, new() { Name = "Search" }));

        await Press(page, page.GetByRole(AriaRole.Button, new() { NameRegex = new("colours; change to Light") }));
        await Expect(html).ToHaveAttributeAsync("data-theme", "light");
        await page.Keyboard.PressAsync("Enter");
        await Expect(html).ToHaveAttributeAsync("data-theme", "dark");

        var palette = page.GetByRole(AriaRole.Combobox, new() { NameRegex = new("^A page, or the id") });
        await Press(page, search);
        await Expect(palette).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Escape");
        await Expect(search).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(palette).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("ArrowDown");
        await page.Keyboard.PressAsync("Enter");
        await Expect(palette).ToHaveCountAsync(0);
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Jobs", Exact = true })).ToBeVisibleAsync();
    }

    /// <summary>On a narrow screen the pages stand behind one button.</summary>
    [Fact]
    public async Task Menu_OfANarrowScreen_HasEveryPage_AndClosesWithEscape()
    {
        await using var watched = await market.Page(
            new BrowserNewContextOptions
            {
                ViewportSize = new() { Width = 390, Height = 844 },
            }
        );
        var page = await watched.Go("/");
        var menu = page.GetByRole(AriaRole.Button, new() { Name = "Menu" });
        var join = page.GetByRole(AriaRole.Navigation).GetByRole(AriaRole.Link, new() { Name = "Join" });
        await Expect(join).ToBeHiddenAsync();

        await Press(page, menu);
        foreach (var link in await page.GetByRole(AriaRole.Navigation).GetByRole(AriaRole.Link).AllAsync())
        {
            await Expect(link).ToBeInViewportAsync(new() { Ratio = 1 });
        }
        await page.Keyboard.PressAsync("Escape");
        await Expect(join).ToBeHiddenAsync();
        await Expect(menu).ToBeFocusedAsync();

        await page.Keyboard.PressAsync("Enter");
        await Press(page, join);
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync("Join");
        await Expect(join).ToBeHiddenAsync();
    }

    private async Task<DeployedProgram> Deploy(string name)
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var module = File.OpenRead(Market.Program(name));
        return await market.Client.Programs.Deploy(module, name, cancellation: cancellation);
    }
}
