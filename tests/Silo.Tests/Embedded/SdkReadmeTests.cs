namespace Marketplace.Tests.Silo;

/// <summary>The examples of clients/Sdk/README.md are these lines, which run against the real silo.</summary>
public sealed class SdkReadmeTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Examples_RunAgainstARealSilo()
    {
        using var folder = new TemporaryFolder();
        await using var silo = await SiloProcess.Start(folder.Path, Cancellation);
        var (data, module) = (silo.Folder, CommandLine.Program("echo"));
        using var Console = new StringWriter();
#pragma warning disable xUnit1051 // The README shows no cancellation.
        // README
        await using var client = MarketplaceClient.FromDataFolder(data);
        var echo = await client.Programs.Deploy(module);
        var job = await client.Jobs.Start(new JobSpec { Program = echo.Id, InputText = "hello marketplace" });
        Console.WriteLine(await job.OutputText());
        var specs = Enumerable.Range(0, 100).Select(number => new JobSpec { Program = echo.Id, InputText = $"item {number}" });
        await foreach (var result in client.Jobs.RunMany(specs, openMax: 20))
        {
            var text = result.Job is { State: JobState.Completed } done
                ? await client.Jobs.OutputText(done)
                : result.Message ?? result.Job?.Reason;
            Console.WriteLine($"{result.Index}: {text}");
        }
        await foreach (var item in client.Jobs.List(JobState.Completed, program: echo.Id))
        {
            Console.WriteLine($"{item.Id} {item.Charge}");
        }
        // END
#pragma warning restore xUnit1051
        var lines = Console.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(1 + 100 + 101, lines.Length);
        Assert.Equal("HELLO MARKETPLACE", lines[0]);
        Assert.Contains("42: ITEM 42", lines);
    }

    [Fact]
    public Task Examples_AreThoseOfTheReadme() =>
        ReadmeExamples.AreThoseOf(
            "SdkReadme.md",
            "SdkReadmeTests.cs",
            "using Marketplace;",
            "var data = \"data\";",
            "var module = \"programs/echo/echo.wasm\";"
        );
}
