using System.Net;
using Marketplace.Receipts;
using Marketplace.Worker;

namespace Marketplace.Tests.Gateway;

/// <summary>Settlements over HTTP: files that anybody reads, members of the committee first.</summary>
public sealed class SettlementTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task File_IsReadWithoutAKey()
    {
        await using var gateway = await GatewayFixture.Start();
        using var stranger = gateway.ClientOf(null);
        var answer = await stranger.Get(Routes.SettlementFile("3"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);

        var bytes = await answer.Content.ReadAsByteArrayAsync(Cancellation);

        Assert.Equal(FakeSettlementGrain.File.ToJson(), bytes);
        Assert.Equal(FakeSettlementGrain.File.Settlement, SettlementFile.Parse(bytes).Settlement);
    }

    [Fact]
    public async Task Worker_ReadsTheFileOfTheMarketThatItIsLinkedTo()
    {
        await using var gateway = await GatewayFixture.Start();
        using var worker = new LinkedWorker(gateway);
        await using var link = await RunningLink.Start(worker);

        Assert.Equal(FakeSettlementGrain.File.ToJson(), await link.Market.ReadSettlement(3, Cancellation));
        await Assert.ThrowsAsync<MarketLinkException>(async () => await link.Market.ReadSettlement(4, Cancellation));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("seven")]
    [InlineData("99999999999999999999")]
    public async Task NumberThatIsNone_IsRefused(string number)
    {
        await using var gateway = await GatewayFixture.Start();
        await gateway.Client.Get(Routes.SettlementFile(number)).Refused(HttpStatusCode.BadRequest, ErrorCode.MalformedRequest);
    }

    [Fact]
    public async Task SettlementThatIsNotThere_IsNotFound()
    {
        await using var gateway = await GatewayFixture.Start();
        await gateway.Client.Get(Routes.SettlementFile("4")).Refused(HttpStatusCode.NotFound, ErrorCode.SettlementNotFound);
    }
}
