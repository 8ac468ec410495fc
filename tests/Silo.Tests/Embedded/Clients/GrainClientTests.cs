using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Marketplace.Tests.Silo;

public sealed class GrainClientTests(MarketHere market) : ClientContract(market), IClassFixture<MarketHere>
{
    protected override MarketplaceClient ClientOf(string? key) => Market.OverGrains(key);

    [Fact]
    public async Task ClientOfTheServices_HasTheirOptions_AndTheGrainsAddress()
    {
        var client = Market.Services.GetRequiredService<MarketplaceClient>();

        Assert.Equal(MarketplaceGrains.Url, client.Url);
        Assert.False((await client.Account.Get(Cancellation)).Available.IsZero);
    }

    [Fact]
    public void WrongSetting_IsToldWhenTheClientIsFirstAskedFor()
    {
        var section = new ConfigurationManager { ["Keyy"] = "x" };
        using var services = new ServiceCollection().AddMarketplaceGrainClient(section).BuildServiceProvider();

        var wrong = Assert.Throws<ArgumentException>(services.GetRequiredService<MarketplaceClient>);

        Assert.Contains("Keyy", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ServicesWithoutAGateway_AreRefused_WithTheWayOut()
    {
        using var services = new ServiceCollection().AddMarketplaceGrainClient(_ => { }).BuildServiceProvider();

        var refused = Assert.Throws<InvalidOperationException>(services.GetRequiredService<MarketplaceClient>);

        Assert.Contains("AddMarketplaceGateway", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SameRefusal_HasTheSameWords_AsOverHttp()
    {
        await using var http = Market.OverHttp(Market.Key);
        await using var grains = Market.OverGrains(Market.Key);
        var nobody = new JobId(new Bytes32([.. Enumerable.Repeat((byte)5, 32)]));

        var first = await Assert.ThrowsAsync<MarketplaceException>(() => http.Jobs.Get(nobody, Cancellation));
        var second = await Assert.ThrowsAsync<MarketplaceException>(() => grains.Jobs.Get(nobody, Cancellation));

        Assert.Equal((first.Code, first.Status, first.Detail), (second.Code, second.Status, second.Detail));
        Assert.Equal(HttpStatusCode.NotFound, second.Status);
    }
}
