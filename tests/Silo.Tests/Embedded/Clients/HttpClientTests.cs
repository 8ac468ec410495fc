namespace Marketplace.Tests.Silo;

public sealed class HttpClientTests(MarketHere market) : ClientContract(market), IClassFixture<MarketHere>
{
    protected override MarketplaceClient ClientOf(string? key) => Market.OverHttp(key);
}
