namespace Marketplace.Receipts.Tests;

/// <summary>A head that was kept finds out each history that was changed since.</summary>
public sealed class LedgerHistoryTests
{
    [Fact]
    public void LaterLedger_AgreesWithEveryHeadBefore()
    {
        var ledger = new LedgerSamples();
        List<LedgerHeadFile> heads = [ledger.Head()];
        for (ulong sequence = 1; sequence <= 20; sequence++)
        {
            heads.Add(Offer(ledger, sequence).Head());
        }

        Assert.All(heads, head => Assert.Equal(head.Head.Size, Verify(ledger, head).EarlierSize));
    }

    [Fact]
    public void CutHistory_IsFound()
    {
        var (long_, short_) = (History(9), History(8));

        Assert.Contains("history was cut", Broken(short_, long_.Head()), StringComparison.Ordinal);
    }

    [Fact]
    public void RewrittenHistory_IsFoundWhereverItWasChanged()
    {
        var kept = History(8).Head();
        for (var changed = 0; changed < 8; changed++)
        {
            Assert.Contains("history was rewritten", Broken(History(12, changed), kept), StringComparison.Ordinal);
        }
        // What came later is no rewriting.
        Verify(History(12, changed: 8), kept);
    }

    [Fact]
    public void EarlierHead_ThatIsNotOfThisMarketsLedger_ProvesNothing()
    {
        var head = History(2).Head();
        var other = head with { Domain = new MarketDomain(Samples.Word(1)) };
        var ofOther = LedgerSamples.Sign(head.Head with { Namespace = LedgerName.Market });
        var forged = head with { Head = head.Head with { Size = 1 } };

        Assert.Contains("earlier head is that of", Broken(History(2), other), StringComparison.Ordinal);
        Assert.Contains("earlier head is that of", Broken(History(2), ofOther), StringComparison.Ordinal);
        Assert.Contains("proves nothing", Broken(History(2), forged), StringComparison.Ordinal);
    }

    /// <summary>A market that signs a head over other records than those it gives out.</summary>
    [Fact]
    public void HeadOfOtherRecords_IsRefusedByWhatDiffers()
    {
        var ledger = History(3);
        var head = ledger.Head().Head;
        Assert.Contains("says 4 records", Broken(head with { Size = 4 }), StringComparison.Ordinal);
        Assert.Contains("the records give", Broken(head with { Root = default }), StringComparison.Ordinal);
        Assert.Contains("the last record is", Broken(head with { Last = default }), StringComparison.Ordinal);
        Assert.Contains("another market or namespace", Broken(head with { Namespace = LedgerName.Market }), StringComparison.Ordinal);

        string Broken(LedgerHead other)
        {
            var verifier = new LedgerVerifier();
            verifier.Add(
                LedgerLines.ToJson(
                    new LedgerTitle
                    {
                        Format = LedgerTitle.FormatName,
                        Domain = LedgerSamples.Domain,
                        Namespace = ledger.Name,
                    }
                )
            );
            foreach (var record in ledger.Records)
            {
                verifier.Add(LedgerLines.ToJson(record));
            }
            return Assert.Throws<LedgerBrokenException>(() => verifier.Add(LedgerLines.ToJson(LedgerSamples.Sign(other)))).Message;
        }
    }

    private static LedgerSamples History(int size, int changed = -1)
    {
        var ledger = new LedgerSamples();
        for (var index = 0; index < size; index++)
        {
            Offer(ledger, (ulong)index + 1, index == changed ? 999 : 100);
        }
        return ledger;
    }

    private static LedgerSamples Offer(LedgerSamples ledger, ulong sequence, int price = 100) =>
        ledger.Add(LedgerSamples.MarketKey, 1, sequence, LedgerKinds.Offer, LedgerSamples.Offer(price));

    private static LedgerFindings Verify(LedgerSamples ledger, LedgerHeadFile earlier) =>
        LedgerSamples.Verify(ledger.File(), new LedgerEvidence { Earlier = earlier });

    private static string Broken(LedgerSamples ledger, LedgerHeadFile earlier) =>
        Assert.Throws<LedgerBrokenException>(() => Verify(ledger, earlier)).Message;
}
