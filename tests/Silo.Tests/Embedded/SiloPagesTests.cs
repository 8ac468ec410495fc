namespace Marketplace.Tests.Silo;

/// <summary>What a silo tells its operator of itself.</summary>
public sealed class SiloPagesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Grains_AreThoseThatAJobCalled_AndSettingsSayWhereTheyComeFrom()
    {
        using var folder = new TemporaryFolder();
        await using var silo = await SiloProcess.Start(folder.Path, Cancellation, "--worker-label", "gpu");
        await using var client = silo.Client();
        var echo = (await client.Programs.Deploy(CommandLine.Program("echo"), cancellation: Cancellation)).Id;
        var job = new JobRequest
        {
            RequestId = "one",
            Program = echo,
            InputText = "hello",
            PriceMax = new TokenAmount(1_000),
        };
        Assert.Equal(JobState.Completed, (await client.Jobs.Run(job, cancellation: Cancellation)).State);

        var grains = await client.Silo.Grains(Cancellation);
        var market = Assert.Single(grains.Grains, grain => grain.Grain == "MarketGrain");
        Assert.Equal((1, 0), (market.Activations, market.Waiting));
        Assert.Contains(grains.Methods, method => method is { Grain: "IJobGrain", Calls: > 0, P99Us: > 0 });
        Assert.True(grains.Reminders >= 0);

        var settings = (await client.Silo.Settings(Cancellation)).Settings.ToDictionary(setting => setting.Name);
        Assert.Equal(("gpu", SettingSource.CommandLine), (settings["--worker-label"].Value, settings["--worker-label"].Source));
        Assert.Equal(("10m", SettingSource.Default), (settings["--settle-every"].Value, settings["--settle-every"].Source));
        Assert.DoesNotContain("--database", settings.Keys);
    }

    [Fact]
    public async Task NeitherIsForClients()
    {
        using var folder = new TemporaryFolder();
        await using var silo = await SiloProcess.Start(folder.Path, Cancellation);
        await using var client = silo.Client();
        var reader = (await client.Keys.Create(new KeyRequest("reader", [Scope.Read]), Cancellation)).Key;
        await using var strange = new MarketplaceClient(new MarketplaceClientOptions { Url = client.Url, Key = reader });
        foreach (var ask in new Func<Task>[] { () => strange.Silo.Grains(Cancellation), () => strange.Silo.Settings(Cancellation) })
        {
            Assert.Equal(ErrorCode.Forbidden, (await Assert.ThrowsAsync<MarketplaceException>(ask)).Code);
        }
    }
}
