using Marketplace.Receipts;

namespace Marketplace.Grains.Tests;

/// <summary>The market's rules are told when they change, and not at every start.</summary>
public sealed class LedgerPolicyTests
{
    [Fact]
    public void PolicyThatChanges_StandsInTheMarketsLedger_AndOneThatStaysDoesNot() =>
        TestMarket.Run(async market =>
        {
            foreach (var admit in new[] { "any", "any", "known", "any", "any" })
            {
                await Tell(market, admit);
                await market.CrashAndStart();
            }

            var records = await market.Records(LedgerName.Market);
            Assert.Equal(["any", "known", "any"], records.Select(record => record.Operation.Subject[0].Value["admit=".Length..]));
            Assert.Equal(["admit=any", "money=1"], records[0].Operation.Subject.Select(word => word.Value));
            await market.Verify(LedgerName.Market);
        });

    [Fact]
    public void SilosThatStartTogether_TellOneChange() =>
        TestMarket.RunSeeds(
            10,
            async market =>
            {
                await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Tell(market, "any")));
                await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Tell(market, "known")));

                Assert.Equal(2, (await market.Records(LedgerName.Market)).Count);
            }
        );

    private static Task Tell(TestMarket market, string admit) =>
        PolicyTelling.Tell(market.Grains, new Dictionary<string, string> { ["money"] = "1", ["admit"] = admit }, market.Time.GetUtcNow());
}
