using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Grains.Tests.Histories;
using Marketplace.Receipts;

namespace Marketplace.Grains.Tests;

/// <summary>Operations that owners have signed themselves: what is in a ledger does not depend on the order in which they come.</summary>
public sealed class LedgerForkTests
{
    private const int Orders = 1000;

    private static readonly LedgerName Name = LedgerName.Of(new WorkerId(HistoryRun.OwnerKey.PublicKey));

    [Fact]
    public void EveryOrderOfDelivery_GivesTheSameOperationsAndTheSameForks()
    {
        var results = Enumerable.Range(0, Orders).Select(HistoryRun.Run).ToArray();

        Assert.Empty(results.SelectMany((result, seed) => result.Violations.Select(violation => $"seed {seed}: {violation}")));
        Assert.True(results.Select(result => result.Order).Distinct().Count() > Orders - 10);
        // Each kind of what may happen has happened.
        Assert.All(results, result => Assert.True(result.Forks > 0));
        Assert.True(results.Sum(result => result.Changed) > Orders / 4, "changed copies");
        Assert.True(results.Sum(result => result.Crashes) > Orders / 3, "crashes");
        Assert.True(results.Sum(result => result.LostWrites) > Orders / 3, "lost writes");
        Assert.True(results.Sum(result => result.Heads) > Orders, "heads");
    }

    [Fact]
    public void Fork_IsAnsweredWithWhatItForks_AndARepetitionWithItsPlace() =>
        TestMarket.Run(async market =>
        {
            var domain = (await market.Head(Name)).Domain;
            var (first, second, fork) = (
                HistoryRun.Say(domain, 1, 1),
                HistoryRun.Say(domain, 1, 2),
                HistoryRun.Say(domain, 1, 1, price: 7)
            );

            Assert.Equal(new LedgerPlace(0, null), await Tell(market, second));
            Assert.Equal(new LedgerPlace(1, null), await Tell(market, first));
            Assert.Equal(new LedgerPlace(2, 1), await Tell(market, fork));
            await market.CrashAndStart();
            Assert.Equal(new LedgerPlace(2, 1), await Tell(market, fork));
            Assert.Equal(new LedgerPlace(1, null), await Tell(market, first));
            Assert.Equal(new LedgerPlace(0, null), await Tell(market, second));
        });

    [Fact]
    public void StatementThatTheOwnerHasNotSigned_IsRefused() =>
        TestMarket.Run(async market =>
        {
            var head = await market.Head(Name);
            var statement = HistoryRun.Say(head.Domain, 1, 1);
            using var stranger = new Ed25519KeyPair(new byte[Ed25519.SeedSize]);
            await Refused(ErrorCode.Forbidden, statement with { Sequence = 2 });
            await Refused(ErrorCode.Forbidden, statement with { Author = stranger.PublicKey });
            await Refused(ErrorCode.Forbidden, statement with { Author = head.Domain.Market });
            await Refused(ErrorCode.Forbidden, HistoryRun.Say(new MarketDomain(stranger.PublicKey), 1, 1));
            await Refused(ErrorCode.MalformedRequest, HistoryRun.Say(head.Domain, 1, 0));
            await Refused(ErrorCode.MalformedRequest, statement with { Change = statement.Change with { Kind = "later" } });
            Assert.Equal(0UL, (await market.Head(Name)).Head.Size);

            async Task Refused(ErrorCode code, LedgerStatement statement) =>
                Assert.Equal(code, (await Assert.ThrowsAsync<MarketException>(() => Tell(market, statement))).Code);
        });

    private static Task<LedgerPlace> Tell(TestMarket market, LedgerStatement statement) =>
        market.Ledger(Name).AppendSigned(statement, Authority.Worker);
}
