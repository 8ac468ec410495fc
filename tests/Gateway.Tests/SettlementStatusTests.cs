using System.Net;
using Marketplace.GrainInterfaces;

namespace Marketplace.Tests.Gateway;

/// <summary>How a market stands with its chain, over HTTP.</summary>
public sealed class SettlementStatusTests
{
    private static readonly Bytes32 Hash = new([.. Enumerable.Repeat((byte)7, Bytes32.Size)]);

    [Fact]
    public async Task Settlement_IsWhatTheMarketSays()
    {
        await using var gateway = await GatewayFixture.Start();
        gateway.Market.Settlement = FakeSettlementGrain.Nowhere with
        {
            ChainId = 31337,
            Escrow = EvmAddress.Parse("0x5fbdb2315678afecb367f032d93f642f64180aa3"),
            Head = 132,
            Counted = 120,
            Phase = SettlementPhase.Sending,
            Settled = 1,
            Open = new OpenSettlement(2, 7, Signed: 4, Asked: 5, [Hash]),
            Past =
            [
                new GrainInterfaces.PastSettlement(
                    Number: 1,
                    Epoch: 6,
                    Accounts: 2,
                    Receipts: 3,
                    Earned: new TokenAmount(900),
                    Spent: new TokenAmount(1_040),
                    Transaction: default
                ),
            ],
            Trouble = "A transaction costs more than the silo may offer.",
        };

        var settlement = await (await gateway.Client.Get(Routes.Settlement)).Read(ApiJson.Default.MarketSettlement);

        Assert.Equal(("31337", SettlementState.Sending, 1L), (settlement.Chain.ChainId, settlement.State, settlement.Settled));
        Assert.Equal((132L, 120L), (settlement.Head, settlement.Counted));
        Assert.Equal(
            (2L, 4, 5, $"0x{Hash}"),
            (settlement.Open!.Number, settlement.Open.Signed, settlement.Open.Asked, settlement.Open.Transaction)
        );
        var past = Assert.Single(settlement.Past);
        Assert.Equal((1L, new TokenAmount(900), null), (past.Number, past.Earned, past.Transaction));
        Assert.Contains("costs more", settlement.Trouble, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MarketThatSettlesNowhere_SaysSo()
    {
        await using var gateway = await GatewayFixture.Start();
        await gateway.Client.Get(Routes.Settlement).Refused(HttpStatusCode.NotFound, ErrorCode.SettlementNotFound);
    }
}
