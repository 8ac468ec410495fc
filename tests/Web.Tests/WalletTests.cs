using Marketplace.Testing;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Marketplace.Tests.Web;

/// <summary>Money of a chain, by a wallet in the browser: what the pages say is what the chain has.</summary>
public sealed class WalletTests(SettledMarket market) : IClassFixture<SettledMarket>
{
    private const ulong Minted = 1_000_000_000;
    private const ulong Deposit = 500_000_000;
    private const int Jobs = 3;

    /// <summary>A settlement takes workers that sign, and blocks of one second.</summary>
    private const float SettledMs = 60_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Deposit_IsSpent_EarningsAreClaimed_AndTheRestIsWithdrawn()
    {
        Assert.SkipUnless(AnvilNode.IsInstalled || Vectors.Required, AnvilNode.Missing);
        var (client, worker) = (SettledMarket.Owners[0], SettledMarket.Owners[1]);
        await market.Give(client, Minted);
        await using var watched = await market.Page();
        var page = await market.WithWallet(watched, client);

        await DepositIsCounted_WhenItsBlockIsConfirmed(page);
        Assert.Equal((Deposit, Minted - Deposit), (await market.Tokens(market.Escrow), await market.Tokens($"{client}")));
        await market.Chain!.Tell("evm_setIntervalMining", 1);
        var spent = await RunJobs();
        await Expect(Stat(page, "Spent").GetByTitle(Units(spent), new() { Exact = true })).ToBeVisibleAsync();

        var before = await market.Tokens($"{worker}");
        await Claim(spent);
        Assert.Equal(before + spent, await market.Tokens($"{worker}"));

        await Withdraw(page, Deposit - spent);
        Assert.Equal((0UL, Minted - spent), (await market.Tokens(market.Escrow), await market.Tokens($"{client}")));
        await Expect(Stat(page, "Available").GetByTitle(Units(0), new() { Exact = true })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task StakeOnTheChain_Grows_AndIsTakenBack()
    {
        Assert.SkipUnless(AnvilNode.IsInstalled || Vectors.Required, AnvilNode.Missing);
        const ulong staked = 200_000_000;
        const ulong change = 50_000_000;
        var owner = SettledMarket.Owners[1];
        var before = await market.Tokens($"{owner}");
        await market.Give(owner, change);
        await using var watched = await market.Page();
        var page = await market.WithWallet(watched, owner, $"/workers/{market.Worker}");
        ILocator Fact(string label) => Named(page, "Stake on the chain", label);
        await Expect(Fact("At stake").GetByTitle(Units(staked), new() { Exact = true })).ToBeVisibleAsync();

        await ChangeStake("Add to it", "Add it");
        await Expect(Fact("At stake").GetByTitle(Units(staked + change), new() { Exact = true })).ToBeVisibleAsync();
        Assert.Equal(before, await market.Tokens($"{owner}"));

        await ChangeStake("Take back", "Take it back");
        await Expect(Fact("At stake").GetByTitle(Units(staked), new() { Exact = true })).ToBeVisibleAsync();
        await Expect(Fact("Unbonding").GetByTitle(Units(change), new() { Exact = true })).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Have it paid out" }).ClickAsync();
        await Expect(page.GetByText("It is too early")).ToBeVisibleAsync();

        async Task ChangeStake(string button, string send)
        {
            var panel = page.GetByRole(AriaRole.Region, new() { Name = "Stake on the chain", Exact = true });
            await panel.GetByRole(AriaRole.Button, new() { Name = button }).ClickAsync();
            var dialog = page.GetByRole(AriaRole.Dialog);
            await dialog.GetByLabel("Amount, in DEV").FillAsync("50");
            await dialog.GetByRole(AriaRole.Button, new() { Name = send }).ClickAsync();
            await Expect(dialog).ToBeHiddenAsync();
        }
    }

    /// <summary>So that a person whose tab another one has signed in sees it before the money is the other one's.</summary>
    [Fact]
    public async Task DepositFromAnAddressThatIsNotTheAccounts_WaitsForAWordOfItsOwner()
    {
        Assert.SkipUnless(AnvilNode.IsInstalled || Vectors.Required, AnvilNode.Missing);
        await market.Give(SettledMarket.Owners[1], 5_000_000);
        await using var watched = await market.Page();
        var page = await market.WithWallet(watched, SettledMarket.Owners[1]);
        await page.GetByRole(AriaRole.Button, new() { Name = "Deposit" }).ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await dialog.GetByLabel("Amount, in DEV").FillAsync("5");
        var send = dialog.GetByRole(AriaRole.Button, new() { Name = "Deposit 5" });
        await Expect(send).ToBeDisabledAsync();

        await dialog.GetByLabel("I give the tokens to the account").CheckAsync();

        await Expect(send).ToBeEnabledAsync();
    }

    /// <summary>Blocks come when they are asked for; the second one after the deposit's own confirms it.</summary>
    private async Task DepositIsCounted_WhenItsBlockIsConfirmed(IPage page)
    {
        await page.GetByRole(AriaRole.Button, new() { Name = "Deposit" }).ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await Expect(dialog.GetByText("The wallet has")).ToContainTextAsync("1,000");
        await dialog.GetByLabel("Amount, in DEV").FillAsync("500");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Deposit 500" }).ClickAsync();
        await Expect(dialog.GetByText("The market has not counted its block yet")).ToBeVisibleAsync();
        await Expect(Stat(page, "Available").GetByTitle(Units(0), new() { Exact = true })).ToBeVisibleAsync();

        await market.Chain!.Mine(2);

        await Expect(dialog.GetByText("The market has counted it")).ToBeVisibleAsync(new() { Timeout = SettledMs });
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Close", Exact = true }).Last.ClickAsync();
        await Expect(Stat(page, "Available").GetByTitle(Units(Deposit), new() { Exact = true }))
            .ToBeVisibleAsync(new() { Timeout = SettledMs });
        await Expect(Chain(page, "Deposited").GetByTitle(Units(Deposit), new() { Exact = true })).ToBeVisibleAsync();
    }

    /// <returns>What they cost, all of which the first worker has earned: it alone takes jobs of its label.</returns>
    private async Task<ulong> RunJobs()
    {
        await using var module = File.OpenRead(Market.Program("echo"));
        var program = await market.Client.Programs.Deploy(module, "echo", cancellation: Cancellation);
        for (var number = 0; number < Jobs; number++)
        {
            var spec = new JobSpec
            {
                Program = program.Id,
                InputText = $"settled {number}",
                PriceMax = new TokenAmount(1_000_000),
                Needs = new JobNeeds { Labels = ["earns=first"] },
            };
            await market.Client.Jobs.Run(spec, cancellation: Cancellation);
        }
        return (ulong)(await market.Client.Account.Get(Cancellation)).Spent.BaseUnits;
    }

    private async Task Claim(ulong due)
    {
        await using var watched = await market.Page(key: market.WorkerKey);
        var page = await market.WithWallet(watched, SettledMarket.Owners[1]);
        await page.GetByRole(AriaRole.Button, new() { Name = "Claim earnings" }).ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await Expect(dialog.GetByTitle(Units(due), new() { Exact = true })).ToBeVisibleAsync(new() { Timeout = SettledMs });

        await dialog.GetByRole(AriaRole.Button, new() { Name = "Claim", Exact = true }).ClickAsync();

        await Expect(page.GetByText("The earnings are paid.")).ToBeVisibleAsync(new() { Timeout = SettledMs });
        await Expect(Chain(page, "Claimed").GetByTitle(Units(due), new() { Exact = true })).ToBeVisibleAsync(new() { Timeout = SettledMs });
    }

    private static async Task Withdraw(IPage page, ulong units)
    {
        await page.GetByRole(AriaRole.Button, new() { Name = "Withdraw" }).ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await dialog.GetByLabel("Amount, in DEV").FillAsync($"{units / 1_000_000m:0.######}");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Ask for it" }).ClickAsync();
        var pay = dialog.GetByRole(AriaRole.Button, new() { Name = "Have it paid" });
        await Expect(pay).ToBeEnabledAsync(new() { Timeout = SettledMs });

        await pay.ClickAsync();

        await Expect(page.GetByText("The withdrawal is paid.")).ToBeVisibleAsync(new() { Timeout = SettledMs });
        await page.Keyboard.PressAsync("Escape");
    }

    private static string Units(ulong amount) => $"{amount} base units";

    /// <summary>A figure of the account.</summary>
    private static ILocator Stat(IPage page, string label) => Named(page, "Account", label);

    /// <summary>A fact of the account's state on the chain.</summary>
    private static ILocator Chain(IPage page, string label) => Named(page, "On the chain", label);

    private static ILocator Named(IPage page, string panel, string label) =>
        page.GetByRole(AriaRole.Region, new() { Name = panel, Exact = true })
            .Locator("dl > div")
            .Filter(new() { Has = page.Locator("dt").GetByText(label, new() { Exact = true }) });
}
