using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains.Tests.Support;

/// <summary>Ledgers as a reader sees them who trusts nothing.</summary>
internal sealed partial class TestMarket
{
    private static readonly Caller Operator = new(Id("operator of ledgers"), "key", Scopes.Admin);

    public ILedgerGrain Ledger(LedgerName name) => Grains.GetGrain<ILedgerGrain>(name.ToString());

    /// <summary>Who may read all ledgers.</summary>
    public static Caller Reader => Operator;

    public async Task<LedgerHeadFile> Head(LedgerName name) =>
        LedgerLines.ParseHead((await LostWrites.Resend(() => Ledger(name).GetHead(Operator))).Span);

    public async Task<IReadOnlyList<LedgerRecord>> Records(LedgerName name)
    {
        var records = new List<LedgerRecord>();
        while (true)
        {
            var page = await LostWrites.Resend(() => Ledger(name).List(Operator, records.Count, MarketLimits.LedgerRecordsMax));
            if (page.IsEmpty)
            {
                return records;
            }
            records.AddRange(page.Select(line => LedgerLines.ParseRecord(line.Span)));
        }
    }

    /// <summary>What a verifier finds of the whole ledger.</summary>
    public async Task<LedgerFindings> Verify(LedgerName name, LedgerHeadFile? earlier = null)
    {
        var head = await Head(name);
        var verifier = new LedgerVerifier(
            new LedgerEvidence
            {
                Market = Domain,
                Namespace = name,
                Earlier = earlier,
            }
        );
        verifier.Add(
            LedgerLines.ToJson(
                new LedgerTitle
                {
                    Format = LedgerTitle.FormatName,
                    Domain = head.Domain,
                    Namespace = name,
                }
            )
        );
        foreach (var record in await Records(name))
        {
            verifier.Add(LedgerLines.ToJson(record));
        }
        verifier.Add(LedgerLines.ToJson(head));
        return verifier.Finish();
    }
}
