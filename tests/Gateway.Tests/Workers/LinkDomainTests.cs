using System.Text.Json;
using Marketplace.Api.Workers;
using Marketplace.Receipts;
using Marketplace.Worker;
using Marketplace.Worker.Protocol;

namespace Marketplace.Tests.Gateway;

/// <summary>Where a market settles: its workers and all who ask hear it, and it never changes for a worker.</summary>
public sealed class LinkDomainTests
{
    private const string Some = "0x5fbdb2315678afecb367f032d93f642f64180aa3";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WorkerOfAMarketOnAChain_SignsForItsContract()
    {
        await using var gateway = await GatewayFixture.Start(onChain: true);
        using var worker = new LinkedWorker(gateway);
        await using var link = await RunningLink.Start(worker);

        Assert.Equal(gateway.Domain, await link.Market.Met);
        Assert.Equal(gateway.Domain, link.Market.Domain);
        Assert.Equal(gateway.Domain, worker.Domain);
        await link.Market.Offer(worker.Offer, Cancellation);
        Assert.Empty(await link.Market.Report(new WorkerReport(worker.Id, [worker.ResultOf(1)]), Cancellation));

        var statement = Assert.Single(gateway.Market.Workers.Offers).Value.Statement!;
        var signed = LedgerOf(worker).Signed(statement.Epoch, statement.Sequence, statement.Time);
        Assert.True(Crypto.Ed25519.Verify(worker.Id.Value, signed.Digest(gateway.Domain).ToArray(), statement.Signature.Span));
        var report = Assert.Single(gateway.Market.Workers.Reports);
        var digest = BatchDigest.OfExecutions(gateway.Domain, report.Execution!.Value);
        Assert.True(Crypto.Ed25519.Verify(worker.Id.Value, digest.ToArray(), report.Signed!.Signature.Span));
    }

    [Fact]
    public async Task ReportForNoChain_IsRefusedByAMarketOnOne()
    {
        await using var gateway = await GatewayFixture.Start(onChain: true);
        using var worker = new LinkedWorker(gateway);
        using var channel = await worker.Channel();
        var report = new WorkerReport(worker.Id, [worker.ResultOf(1)]);
        var signed = WorkerSignatures.Sign(worker.Key, new MarketDomain(gateway.Domain.Market), report, 1, 1);
        await channel.Send(new LinkFrame { Call = 1, Report = signed }, Cancellation);
        Assert.Equal(LinkEnd.BadSignature, (await channel.Receive(Cancellation)).Frame.Goodbye?.Reason);
    }

    /// <summary>Votes of one epoch must not be signed under two domains.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task MarketThatMoved_IsRefusedByAWorkerThatHasMetIt(bool onChain)
    {
        await using var gateway = await GatewayFixture.Start(onChain: onChain);
        MarketDomain[] others =
        [
            onChain ? new MarketDomain(gateway.Domain.Market) : gateway.Domain with { ChainId = 1, Contract = Contract(1) },
            gateway.Domain with
            {
                ChainId = 7,
                Contract = Contract(2),
            },
            gateway.Domain with
            {
                ChainId = 31337,
                Contract = Contract(3),
            },
        ];
        foreach (var met in others)
        {
            using var worker = new LinkedWorker(gateway);
            worker.Keep(met);
            var ended = await Assert.ThrowsAsync<LinkEndedException>(worker.Session);
            Assert.Equal((LinkEnd.OtherMarket, true), (ended.Reason, ended.IsSealed));
            Assert.Contains(gateway.Domain.Settlement, ended.Message, StringComparison.Ordinal);
            Assert.Contains(met.Settlement, ended.Message, StringComparison.Ordinal);
            Assert.Equal(met, worker.Domain);
        }
        using var same = new LinkedWorker(gateway);
        same.Keep(gateway.Domain);
        await using var session = await same.Session();
        Assert.Equal(gateway.Domain, session.Domain);
    }

    [Theory]
    [InlineData(null, null, "settles on no chain")]
    [InlineData("7", Some, $"settles on chain 7 by the contract {Some}")]
    [InlineData("18446744073709551615", Some, $"settles on chain 18446744073709551615 by the contract {Some}")]
    [InlineData("7", null, null)]
    [InlineData(null, Some, null)]
    [InlineData("0", Some, null)]
    [InlineData("7", "0x0000000000000000000000000000000000000000", null)]
    public void FirstFrame_NamesChainAndContract_OrNeither(string? chain, string? contract, string? settlement)
    {
        var members = (chain is null ? "" : $",\"chainId\":\"{chain}\"") + (contract is null ? "" : $",\"contract\":\"{contract}\"");
        var said = $"{{\"ready\":{{\"now\":\"2026-01-02T03:04:05+00:00\",\"heartbeatSeconds\":30{members}}}}}";
        var ready = JsonSerializer.Deserialize(said, LinkJson.OfMarket<LinkFrame>())!.Ready!;
        if (settlement is null)
        {
            Assert.Equal(LinkEnd.Malformed, Assert.Throws<LinkEndedException>(() => LinkSession.DomainOf(default, ready)).Reason);
            return;
        }
        Assert.Equal(settlement, LinkSession.DomainOf(default, ready).Settlement);
    }

    [Fact]
    public async Task Info_SaysWhereTheMarketSettles()
    {
        await using var gateway = await GatewayFixture.Start(onChain: true);
        using var nobody = gateway.ClientOf(null);
        var info = await (await nobody.Get(Routes.Info)).Read(ApiJson.Default.MarketInfo);
        Assert.Equal(new MarketChain("31337", $"{gateway.Domain.Contract}"), info.Chain);
    }

    private static EvmAddress Contract(byte last) => new([.. new byte[EvmAddress.Size - 1], last]);

    private static OfferOperation LedgerOf(LinkedWorker worker) =>
        new()
        {
            Worker = worker.Id,
            PayTo = worker.Offer.PayTo,
            PricePerMillionFuel = worker.Offer.PricePerMillionFuel,
            Slots = worker.Offer.Slots,
            MemoryPages = worker.Offer.MemoryPagesMax,
            BuyerReputationMin = 0,
            RefusedAccounts = [],
            Labels = [],
        };
}
