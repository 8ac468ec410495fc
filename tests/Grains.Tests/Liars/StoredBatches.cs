using Marketplace.Receipts;
using Marketplace.Storage;

namespace Marketplace.Grains.Tests.Liars;

/// <summary>Reads from a store what committees have signed and where the ledger names it.</summary>
internal static class StoredBatches
{
    /// <param name="store">Of a silo that has stopped, or does nothing.</param>
    /// <param name="areAllTold">No certificate waits for its batch.</param>
    public static async Task<IReadOnlyList<string>> Violations(EmbeddedStore store, bool areAllTold)
    {
        var state = BatchesState.None;
        await foreach (var (_, document) in store.Scan(BatchesState.Kind))
        {
            state = BatchesState.Read(document.Content.Span);
        }
        var certificates = new Dictionary<Bytes32, CertificateState>();
        await foreach (var (key, document) in store.Scan(CertificateState.Kind))
        {
            certificates.Add(Bytes32.Parse(key.Id), CertificateState.Read(document.Content.Span));
        }
        var batches = new List<CertificateBatch>();
        await foreach (var (_, document) in store.Scan(CertificateBatch.Kind))
        {
            batches.Add(CertificateBatch.Form.Read(document.Content));
        }
        var ledger = new List<LedgerOperation>();
        await foreach (var stream in store.Streams("ledger/market."))
        {
            await foreach (var entry in store.Read(stream))
            {
                ledger.Add(LedgerEntry.Read(entry.Content.Span).Operation);
            }
        }
        var violations = BatchInvariants.Violations(state, certificates, batches, ledger).ToList();
        var untold = certificates.Count(pair => pair.Value.IsUntold);
        if (areAllTold && (untold > 0 || state.Open is not null))
        {
            violations.Add($"{untold} of {certificates.Count} certificates stand in no ledger");
        }
        return violations;
    }
}
