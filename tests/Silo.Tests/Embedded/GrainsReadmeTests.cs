using Marketplace.Silo;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Tests.Silo;

/// <summary>The examples of clients/Grains/README.md are these lines.</summary>
public sealed class GrainsReadmeTests
{
    [Fact]
    public async Task Examples_RunOnASiloInThisProcess()
    {
        using var folder = new TemporaryFolder();
        var (data, module) = (Path.Combine(folder.Path, "data"), CommandLine.Program("echo"));
        using var Console = new StringWriter();
#pragma warning disable xUnit1051 // The README shows no cancellation.
        // README
        await using var app = await SiloApplication.Build(
            new SiloOptions
            {
                Data = data,
                Urls = "http://127.0.0.1:0",
                Isolation = "none",
            },
            builder => builder.Services.AddMarketplaceGrainClient(options => options.Key = new DataFolder(data).ReadKey())
        );
        await app.StartAsync();
        var client = app.Services.GetRequiredService<MarketplaceClient>();
        var echo = await client.Programs.Deploy(module);
        var job = await client.Jobs.Start(new JobSpec { Program = echo.Id, InputText = "hello grains" });
        Console.WriteLine(await job.OutputText());
        var reader = await client.Keys.Create(new KeyRequest("reader", [Scope.Read]));
        await using var second = new MarketplaceClient(new MarketplaceClientOptions { Key = reader.Key }.UseGrains(app.Services));
        Console.WriteLine((await second.Jobs.Get(job.Id)).State);
        await app.StopAsync();
        // END
#pragma warning restore xUnit1051

        Assert.Equal(["HELLO GRAINS", "Completed"], Console.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public Task Examples_AreThoseOfTheReadme() =>
        ReadmeExamples.AreThoseOf(
            "GrainsReadme.md",
            "GrainsReadmeTests.cs",
            "using Marketplace;",
            "using Marketplace.Silo;",
            "using Microsoft.Extensions.DependencyInjection;",
            "var data = \"data\";",
            "var module = \"programs/echo/echo.wasm\";"
        );
}
