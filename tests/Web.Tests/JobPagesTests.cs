using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Marketplace.Tests.Web;

/// <summary>Jobs from their submission to their checked receipts, as a person does it.</summary>
public sealed class JobPagesTests(Market market) : IClassFixture<Market>
{
    [Fact]
    public async Task UsedLink_SaysSo_AndAKeySignsIn()
    {
        await using var watched = await market.StrangersPage();
        var page = watched.Page;
        var link = $"{market.Url}/#ticket={(await market.Client.Keys.SignIn(TestContext.Current.CancellationToken)).Ticket}";
        await page.GotoAsync(link);
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Overview" })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();

        await page.GotoAsync("about:blank");
        await page.GotoAsync(link);
        await Expect(page.GetByText("signs one browser in, once")).ToBeVisibleAsync();

        await page.GetByLabel("API key").FillAsync("mk0000000000000000_" + new string('0', 64));
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await Expect(page.GetByText("does not know that key")).ToBeVisibleAsync();
        await page.GetByLabel("API key").FillAsync(market.Key);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Overview" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task ModuleThatIsDropped_IsReported_Quoted_AndRun()
    {
        await using var watched = await market.Page();
        var page = await watched.Go("/jobs/new");
        var module = Convert.ToBase64String(
            await File.ReadAllBytesAsync(Market.Program("wordcount"), TestContext.Current.CancellationToken)
        );
        var dropped = await page.EvaluateHandleAsync(
            """
            module => {
              const data = new DataTransfer();
              data.items.add(new File([Uint8Array.from(atob(module), c => c.charCodeAt(0))], 'wordcount.wasm'));
              return data;
            }
            """,
            module
        );

        await page.GetByText("Drop a .wasm file here").DispatchEventAsync("drop", new { dataTransfer = dropped });
        await Expect(page.GetByText("Same input, same result")).ToBeVisibleAsync();
        await page.GetByLabel("As text").FillAsync("one two two");
        await Expect(page.GetByRole(AriaRole.Radio).First).ToBeCheckedAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Run", Exact = true }).ClickAsync();

        await Expect(page.GetByLabel("Output as text")).ToContainTextAsync("words 3");
    }

    [Fact]
    public async Task JobThatRuns_IsCancelled()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var module = File.OpenRead(Market.Program("faulty"));
        var program = await market.Client.Programs.Deploy(module, "faulty", cancellation: cancellation);
        var job = await market.Client.Jobs.Start(
            new JobSpec
            {
                Program = program.Id,
                InputText = "loop",
                FuelMax = 1_000_000_000_000,
                TimeMaxMs = 600_000,
                PriceMax = new TokenAmount(1_000_000_000),
            },
            cancellation
        );
        await using var watched = await market.Page();
        var page = await watched.Go($"/jobs/{job.Id}");

        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();

        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync("cancelled");
    }

    [Fact]
    public async Task ReceiptThatWasChanged_DoesNotHold()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var job = await market.Echo("to be changed");
        await using var watched = await market.Page();
        var page = await watched.Go($"/jobs/{job.Id}");
        await Expect(page.GetByText("Checked in this browser")).ToBeVisibleAsync();
        using var http = new HttpClient { DefaultRequestHeaders = { Authorization = new("Bearer", market.Key) } };
        var receipt = await http.GetStringAsync(new Uri($"{market.Url}/v1/jobs/{job.Id}/receipt"), cancellation);
        var changed = receipt.Replace("\"price\":\"", "\"price\":\"1", StringComparison.Ordinal);
        Assert.NotEqual(receipt, changed);

        await page.GetByLabel("Check another file")
            .SetInputFilesAsync(
                new FilePayload
                {
                    Name = "changed.receipt.json",
                    MimeType = "application/json",
                    Buffer = System.Text.Encoding.UTF8.GetBytes(changed),
                }
            );

        await Expect(Receipt(page).GetByText("does not hold")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task List_IsFilteredByItsAddress_AndLeadsToTheJob()
    {
        var job = await market.Echo("listed");
        await using var watched = await market.Page();
        var page = await watched.Go($"/jobs?state=completed&prefix={job.Id.ToString()[..12]}");

        await page.GetByRole(AriaRole.Table).GetByRole(AriaRole.Link).First.ClickAsync();

        await Expect(page.GetByLabel("Output as text")).ToHaveTextAsync("LISTED");
    }

    private static ILocator Receipt(IPage page) => page.GetByRole(AriaRole.Region, new() { Name = "Receipt" });
}
