using System.Net;
using System.Net.Http.Json;
using Marketplace.GrainInterfaces;

namespace Marketplace.Tests.Gateway;

/// <summary>How a market stands with its chain, over HTTP.</summary>
public sealed class SettlementStatusTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static readonly EvmAddress Owner = EvmAddress.Parse("0x90f8bf6a479f320ead074411a4b0e7944ea8c9c1");
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
            Token = new GrainInterfaces.SettlementToken(Owner, "DEV", 6),
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
        Assert.Equal(new SettlementToken(Owner, "DEV", 6), settlement.Token);
        Assert.Contains("costs more", settlement.Trouble, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MarketThatSettlesNowhere_SaysSo()
    {
        await using var gateway = await GatewayFixture.Start();
        await gateway.Client.Get(Routes.Settlement).Refused(HttpStatusCode.NotFound, ErrorCode.SettlementNotFound);
        await gateway.Client.Get(Routes.AccountChain).Refused(HttpStatusCode.NotFound, ErrorCode.SettlementNotFound);
        using var content = Request(Owner);
        await gateway
            .Client.PutAsync(Routes.AccountChain, content, Cancellation)
            .Refused(HttpStatusCode.NotFound, ErrorCode.SettlementNotFound);
    }

    [Fact]
    public async Task Address_StandsForTheAccountOfTheKey()
    {
        await using var gateway = await GatewayFixture.Start();
        gateway.Market.Settlement = FakeSettlementGrain.Nowhere;

        var before = await (await gateway.Client.Get(Routes.AccountChain)).Read(ApiJson.Default.AccountChain);
        using var content = Request(Owner);
        var bound = await (await gateway.Client.PutAsync(Routes.AccountChain, content, Cancellation)).Read(ApiJson.Default.AccountChain);
        var after = await (await gateway.Client.Get(Routes.AccountChain)).Read(ApiJson.Default.AccountChain);

        Assert.Equal(new AccountChain(null, default, default, default, default), before);
        Assert.Equal(
            new AccountChain(Owner, new TokenAmount(50), new TokenAmount(40), Requested: new TokenAmount(10), Claimed: new TokenAmount(7)),
            bound
        );
        Assert.Equal(bound, after);
        var (by, owner, byAccount, byOwner) = Assert.Single(gateway.Market.Bindings);
        Assert.Equal((GatewayFixture.Alice, Owner), (by.Account, owner));
        Assert.Equal((64, 65), (byAccount.Length, byOwner.Length));
    }

    private static JsonContent Request(EvmAddress owner) =>
        JsonContent.Create(new AccountChainRequest(owner, new byte[64], new byte[65]), ApiJson.Default.AccountChainRequest);
}
