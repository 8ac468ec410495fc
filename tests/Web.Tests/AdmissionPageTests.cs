using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Marketplace.Tests.Web;

/// <summary>
/// A market that lets in known workers only, in a browser: a worker asks, the operator decides on the page, and the worker works.
/// </summary>
public sealed class AdmissionPageTests(Chromium chromium)
{
    [Fact]
    public async Task WorkerThatAsks_AppearsLive_IsLetInByThePage_AndWorks_UntilItIsTakenBack()
    {
        var folder = Directory.CreateTempSubdirectory("market-web-admission");
        var cancellation = TestContext.Current.CancellationToken;
        await using (
            var silo = await SiloProcess.Start(
                Path.Combine(folder.FullName, "silo"),
                cancellation,
                "--worker",
                "false",
                "--admit-workers",
                "known"
            )
        )
        await using (var client = silo.Client())
        {
            var key = (await File.ReadAllTextAsync(Path.Combine(silo.Folder, "key"), cancellation)).Trim();
            var context = await chromium.Context();
            await context.AddInitScriptAsync($"sessionStorage.setItem('marketplace.key', '{key}')");
            await using var watched = new WatchedPage(context, await context.NewPageAsync(), client.Url.AbsoluteUri.TrimEnd('/'));
            var page = await watched.Go("/join");
            await Expect(page.GetByText("No worker asks to be let in.")).ToBeVisibleAsync();

            await using var worker = WorkerProgram.Start(
                "--url",
                client.Url.AbsoluteUri,
                "--data",
                Path.Combine(folder.FullName, "worker"),
                "--label",
                "region=eu-9"
            );
            var request = page.GetByRole(AriaRole.Listitem).Filter(new() { HasText = "eu-9" });
            await Expect(request).ToContainTextAsync("asked first", new() { Timeout = 60_000 });
            await request.GetByRole(AriaRole.Button, new() { Name = "Let in…" }).ClickAsync();
            var dialog = page.GetByRole(AriaRole.Dialog);
            await dialog.GetByLabel("Why").FillAsync("the rack <script>alert(1)</script> in the cellar");
            await dialog.GetByRole(AriaRole.Button, new() { Name = "Let it in" }).ClickAsync();

            await Expect(page.GetByText("is here", new() { Exact = true })).ToBeVisibleAsync(new() { Timeout = 60_000 });
            await Expect(page.GetByText("the rack <script>alert(1)</script> in the cellar")).ToBeVisibleAsync();
            await using var module = File.OpenRead(Market.Program("echo"));
            var program = await client.Programs.Deploy(module, "echo", cancellation: cancellation);
            var spec = new JobSpec { Program = program.Id, InputText = "admitted" };
            Assert.Equal(JobState.Completed, (await client.Jobs.Run(spec, cancellation: cancellation)).State);
            var admitted = Assert.Single((await client.Workers.ListAdmissions(AdmissionState.Admitted, cancellation: cancellation)).Items);

            await page.GetByRole(AriaRole.Button, new() { Name = "Take back…" }).ClickAsync();
            await dialog.GetByLabel("Why").FillAsync("it is sold");
            await dialog.GetByRole(AriaRole.Button, new() { Name = "Take it back" }).ClickAsync();

            await worker.Line("it is sold", cancellation);
            var refused = await client.Workers.ListAdmissions(AdmissionState.Refused, cancellation: cancellation);
            Assert.Equal((admitted.Worker, "it is sold"), (refused.Items[0].Worker, refused.Items[0].Decision!.Reason));
        }
        folder.Delete(recursive: true);
    }
}
