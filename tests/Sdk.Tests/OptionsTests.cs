using Marketplace.Tests;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Sdk.Tests;

public sealed class OptionsTests
{
    public static TheoryData<string, Action<MarketplaceClientOptions>> Wrong =>
        new()
        {
            { "Url", options => options.Url = null },
            { "Url", options => options.Url = new Uri("ftp://127.0.0.1") },
            { "Url", options => options.Url = new Uri("/relative", UriKind.Relative) },
            { "Url", options => options.Url = new Uri("http://127.0.0.1/?key=hidden") },
            { "Url", options => options.Url = new Uri("http://example.org") },
            { "Key", options => options.Key = "" },
            { "Key", options => options.Key = "a b" },
            { "Key", options => options.Key = "a\r\nX-Other: 1" },
            { "ConnectTimeout", options => options.ConnectTimeout = TimeSpan.Zero },
            { "RequestTimeout", options => options.RequestTimeout = TimeSpan.FromDays(2) },
            { "StallTimeout", options => options.StallTimeout = -TimeSpan.FromSeconds(1) },
            { "Retries", options => options.Retries = 21 },
            { "Retries", options => options.Retries = -1 },
            { "RetryDelayMin", options => options.RetryDelayMin = TimeSpan.Zero },
            { "RetryDelayMax", options => options.RetryDelayMax = TimeSpan.FromMilliseconds(1) },
        };

    [Theory]
    [MemberData(nameof(Wrong), DisableDiscoveryEnumeration = true)]
    public void WrongOption_IsNamedWhenTheClientIsMade(string name, Action<MarketplaceClientOptions> spoil)
    {
        var options = new MarketplaceClientOptions { Url = new Uri("http://127.0.0.1:8080"), Key = "mk_x" };
        spoil(options);

        var wrong = Assert.Throws<ArgumentException>(() => new MarketplaceClient(options));

        Assert.StartsWith($"MarketplaceClientOptions.{name} ", wrong.Message);
        Assert.DoesNotContain("hidden", wrong.Message);
    }

    [Theory]
    [InlineData("http://localhost:8080", false)]
    [InlineData("http://[::1]:8080", false)]
    [InlineData("https://example.org", false)]
    [InlineData("http://example.org", true)]
    public void KeyOverPlainHttp_StaysOnThisMachineUnlessAllowed(string url, bool allowed)
    {
        using var client = new MarketplaceClient(
            new MarketplaceClientOptions
            {
                Url = new Uri(url),
                Key = "mk_x",
                AllowPlaintext = allowed,
            }
        );

        Assert.Equal(new Uri(url), client.Url);
    }

    [Fact]
    public async Task AddMarketplaceClient_GivesOneClientForAll()
    {
        await using var services = new ServiceCollection()
            .AddMarketplaceClient(options => options.Url = new Uri("http://127.0.0.1:8080"))
            .BuildServiceProvider();

        Assert.Same(services.GetRequiredService<MarketplaceClient>(), services.GetRequiredService<MarketplaceClient>());
    }

    [Fact]
    public void RequestIds_AreNewEachTime()
    {
        var ids = Enumerable.Range(0, 1000).Select(_ => RequestId.New()).ToHashSet();

        Assert.Equal(1000, ids.Count);
        Assert.All(ids, id => Assert.Equal(32, id.Length));
    }
}
