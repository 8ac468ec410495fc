using System.Text;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Marketplace.Tests.Web;

/// <summary>A job is run again by the browser's own WebAssembly, and compared with its receipt.</summary>
public sealed class ReplayTests(Market market) : IClassFixture<Market>
{
    /// <summary>A command that writes 8 bytes of clock_time_get and 100 of random_get to stdout.</summary>
    private const string ClockAndChance =
        "0061736d0100000001190460000060027f7f017f60037f7e7f017f60047f7f7f7f017f026f0316776173695f736e617073686f745f707265"
        + "76696577310e636c6f636b5f74696d655f676574000216776173695f736e617073686f745f70726576696577310a72616e646f6d5f676574"
        + "000116776173695f736e617073686f745f70726576696577310866645f77726974650003030201000503010001071302066d656d6f727902"
        + "00065f737461727400030a320130004101420041c00010001a41c80041e40010011a410041c000360200410441ec00360200410141004101"
        + "411010021a0b";

    private const string Same = "What came of it here is what the receipt says";

    [Fact]
    public async Task Command_GivesWhatItsReceiptSays()
    {
        var job = await market.Echo("once more");
        await using var watched = await market.Page();
        var page = await watched.Go($"/jobs/{job.Id}");

        await Start(page);

        await Expect(Replay(page)).ToContainTextAsync(Same);
        await Expect(Replay(page).GetByText("different")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task ProgramWithState_BeginsFromThatOfItsReceipt()
    {
        await Run("kvstore", """{"op":"put","key":"a","data_base64":"QQ=="}""");
        await Run("kvstore", """{"op":"put","key":"b","data_base64":"Qg=="}""");
        var list = await Run("kvstore", """{"op":"list"}""");
        var clear = await Run("kvstore", """{"op":"clear"}""");
        await using var watched = await market.Page();

        foreach (var job in new[] { list, clear })
        {
            Assert.Equal(JobState.Completed, job.State);
            var page = await watched.Go($"/jobs/{job.Id}");
            await Start(page);
            await Expect(Replay(page)).ToContainTextAsync(Same);
        }
    }

    [Fact]
    public async Task ClockAndChance_AreThoseOfTheJob()
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var module = new MemoryStream(Convert.FromHexString(ClockAndChance));
        var program = await market.Client.Programs.Deploy(module, "clock", cancellation: cancellation);
        var job = await market.Client.Jobs.Run(new JobSpec { Program = program.Id, InputText = "" }, cancellation: cancellation);
        Assert.Equal(JobState.Completed, job.State);
        await using var watched = await market.Page();
        var page = await watched.Go($"/jobs/{job.Id}");

        await Start(page);

        await Expect(Replay(page)).ToContainTextAsync(Same);
    }

    [Theory]
    [InlineData("divide"), InlineData("exit 7"), InlineData("recursion"), InlineData("hostile"), InlineData("log"), InlineData("output")]
    public async Task EveryEndOfAProgram_IsTheOneOfItsReceipt(string input)
    {
        var job = await Run("faulty", input);
        await using var watched = await market.Page();
        var page = await watched.Go($"/jobs/{job.Id}");

        await Start(page);

        await Expect(Replay(page)).ToContainTextAsync(Same);
    }

    [Fact]
    public async Task OutputThatTheMarketGivesOtherwise_IsShownBesideTheOneHere()
    {
        var job = await market.Echo("to be swapped");
        await using var watched = await market.Page();
        await watched.Page.RouteAsync(
            $"**/v1/jobs/{job.Id}/output",
            route => route.FulfillAsync(new() { BodyBytes = Encoding.UTF8.GetBytes("SWAPPED") })
        );
        var page = await watched.Go($"/jobs/{job.Id}");

        await Start(page);

        await Expect(Replay(page)).ToContainTextAsync("Not the same: stored output.");
        await Expect(Replay(page)).ToContainTextAsync("Market: blob");
        await Expect(Replay(page).GetByLabel("Output of the replay as text")).ToHaveTextAsync("TO BE SWAPPED");
        await Expect(Replay(page)).ToContainTextAsync($"market job replay {job.Id}");
    }

    [Fact]
    public async Task EndlessProgram_IsStopped_ByAPersonAndByTheTime()
    {
        var job = await Run("faulty", "loop");
        await using var watched = await market.Page();
        await watched.Page.Clock.InstallAsync();
        var page = await watched.Go($"/jobs/{job.Id}");

        await Start(page);
        await Expect(Replay(page)).ToContainTextAsync("The program runs.");
        await Replay(page).GetByRole(AriaRole.Button, new() { Name = "Stop" }).ClickAsync();
        await Expect(Replay(page)).ToContainTextAsync("You stopped the program");

        await Start(page);
        await Expect(Replay(page)).ToContainTextAsync("The program runs.");
        await page.Clock.FastForwardAsync("01:01");
        await Expect(Replay(page)).ToContainTextAsync("did not end within 60 seconds");
    }

    [Fact]
    public async Task ProgramThatUsesFiles_IsToldWhatToUseInstead()
    {
        var job = await Run("catalog", "");
        await using var watched = await market.Page();
        var page = await watched.Go($"/jobs/{job.Id}");

        await Start(page);

        await Expect(Replay(page)).ToContainTextAsync("files");
        await Expect(Replay(page)).ToContainTextAsync($"market job replay {job.Id}");
    }

    private async Task<Job> Run(string name, string input)
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var module = File.OpenRead(Market.Program(name));
        var program = await market.Client.Programs.Deploy(module, name, cancellation: cancellation);
        return await market.Client.Jobs.Run(new JobSpec { Program = program.Id, InputText = input }, cancellation: cancellation);
    }

    private static Task Start(IPage page) => Replay(page).GetByRole(AriaRole.Button, new() { Name = "Replay here" }).ClickAsync();

    private static ILocator Replay(IPage page) => page.GetByRole(AriaRole.Region, new() { Name = "Replay", Exact = true });
}
