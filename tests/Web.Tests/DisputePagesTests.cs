using System.Text.Json.Nodes;
using Microsoft.Playwright;
using static Marketplace.Tests.Web.Keyboard;
using static Microsoft.Playwright.Assertions;

namespace Marketplace.Tests.Web;

/// <summary>A job whose workers signed different results: the evidence, who was right, and who paid.</summary>
public sealed class DisputePagesTests(DisputedMarket market) : IClassFixture<DisputedMarket>
{
    /// <summary>17 jurors run the job, and the verdict is written when all have told what they have.</summary>
    private const float VerdictMs = 120_000;

    [Fact]
    public async Task Dispute_IsShownWithItsEvidence_AndAChangedFileIsFound()
    {
        await using var watched = await market.Page();
        var job = await market.Disputed();
        var page = await watched.Go("/disputes");
        var row = page.GetByRole(AriaRole.Row).Filter(new() { HasText = $"{job}"[..10] });
        await Expect(row).ToContainTextAsync("settled", new() { Timeout = VerdictMs });
        var (dispute, liar) = ((await market.Client.Disputes.Get(job, TestContext.Current.CancellationToken)).Dispute, $"{market.Liar}");
        var slashing = Assert.Single(dispute.Slashings);
        var lost = $"{slashing.Amount.BaseUnits:N0}";
        await Expect(row).ToContainTextAsync(lost);

        await row.GetByRole(AriaRole.Link).ClickAsync();

        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync("settled");
        var (wrong, right) = (Result(page, "wrong"), Result(page, "right by the jury"));
        await Expect(wrong.GetByTitle(liar)).ToBeVisibleAsync();
        await Expect(wrong.GetByText("signature holds", new() { Exact = true })).ToHaveCountAsync(1);
        var honest = dispute.Votes.Where(vote => vote.Worker.Value != market.Liar.Value).ToArray();
        await Expect(right.GetByText("signature holds", new() { Exact = true })).ToHaveCountAsync(honest.Length);
        foreach (var vote in honest)
        {
            await Expect(right.GetByTitle($"{vote.Worker}")).ToBeVisibleAsync();
        }
        await Expect(Panel(page, "Checked in this browser")).ToContainTextAsync($"All {honest.Length + 1} signatures of workers hold");
        await Expect(Panel(page, "Checked in this browser")).ToContainTextAsync("The verdict is what the signed votes of the jurors give");
        await Expect(Panel(page, "Checked in this browser")).ToContainTextAsync("They are for this market.");
        await Expect(Panel(page, "The market’s word")).ToContainTextAsync("how much was at stake");
        var paid = Panel(page, "Who lost what");
        await Expect(paid.GetByTitle(liar)).ToBeVisibleAsync();
        await Expect(paid).ToContainTextAsync($"seat lost {lost}");
        await Expect(paid).ToContainTextAsync("to the payer");

        await page.GotoAsync($"{market.Url}/disputes?worker={liar}");
        await Expect(row.GetByText("seat, lost")).ToBeVisibleAsync();

        await ChangedFile_IsFound(page, job);
    }

    /// <summary>Without a mouse, on both sides.</summary>
    [Fact]
    public async Task Appeal_IsWrittenByTheOwner_AndDecidedByTheOperator()
    {
        await market.Disputed();
        await using (var owners = await market.Page(key: await market.OwnersKey()))
        {
            var page = await owners.Go($"/workers/{market.Liar}");
            await Press(page, page.GetByRole(AriaRole.Button, new() { Name = "Appeal", Exact = true }));
            var dialog = page.GetByRole(AriaRole.Dialog);
            await Reach(page, dialog.GetByRole(AriaRole.Checkbox).First);
            await page.Keyboard.PressAsync("Space");
            await Type(page, dialog.GetByLabel("Why they were not"), "The disk was full.");
            await Press(page, dialog.GetByRole(AriaRole.Button, new() { Name = "Send the appeal" }));
            await Expect(Panel(page, "Appeals")).ToContainTextAsync("open");
        }
        await using var operators = await market.Page();
        var decided = await operators.Go($"/workers/{market.Liar}");
        await Press(decided, Panel(decided, "Appeals").GetByRole(AriaRole.Button, new() { Name = "Decide" }));
        var decision = decided.GetByRole(AriaRole.Dialog);
        await Reach(decided, decision.GetByLabel("Decision"));
        await decided.Keyboard.TypeAsync("Refuse");
        await Type(decided, decision.GetByLabel("Why"), "A full disk signs no other output.");
        await Press(decided, decision.GetByRole(AriaRole.Button, new() { Name = "Decide", Exact = true }));

        await Expect(Panel(decided, "Appeals")).ToContainTextAsync("refused");
        await Expect(Panel(decided, "Appeals")).ToContainTextAsync("A full disk signs no other output.");
    }

    /// <summary>The silo, or somebody between, gives a worker's signature with one changed digit, and another verdict.</summary>
    private async Task ChangedFile_IsFound(IPage page, JobId job)
    {
        await page.RouteAsync(
            $"**/v1/disputes/{job}",
            async route =>
            {
                var answer = await route.FetchAsync();
                var file = JsonNode.Parse(await answer.TextAsync())!;
                var signed = file["workerSignatures"]![0]!;
                var signature = (string)signed["signature"]!;
                signed["signature"] = (signature[0] == '0' ? '1' : '0') + signature[1..];
                var dispute = file["dispute"]!;
                var votes = dispute["votes"]!.AsArray().Select(vote => (string)vote!["execution"]!);
                dispute["verdict"] = votes.First(execution => execution != (string)dispute["verdict"]!);
                await route.FulfillAsync(new() { Response = answer, Body = file.ToJsonString() });
            }
        );
        await page.GotoAsync($"{market.Url}/disputes/{job}");

        await Expect(page.GetByText("signature does not hold", new() { Exact = true })).ToHaveCountAsync(1);
        await Expect(page.GetByText("This file is no evidence: 1 signature does not hold")).ToBeVisibleAsync();
        await Expect(Panel(page, "Checked in this browser"))
            .ToContainTextAsync("The verdict is not what the signed votes of the jurors give");
    }

    private static ILocator Panel(IPage page, string title) => page.GetByRole(AriaRole.Region, new() { Name = title, Exact = true });

    /// <summary>The panel of the result that is judged so.</summary>
    private static ILocator Result(IPage page, string judged) =>
        page.GetByRole(AriaRole.Region, new() { NameRegex = new("^Result [0-9]+$") })
            .Filter(new() { Has = page.GetByText(judged, new() { Exact = true }) });
}
