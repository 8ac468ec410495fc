using Marketplace.Receipts;

namespace Marketplace.Grains;

/// <summary>What must always hold of certificates and their batches as they are stored, whatever crashed.</summary>
internal static class BatchInvariants
{
    /// <param name="state">How far batches are.</param>
    /// <param name="certificates">All, by root.</param>
    /// <param name="batches">All that have a document.</param>
    /// <param name="ledger">The operations of the market's ledger, in their order.</param>
    public static IReadOnlyList<string> Violations(
        BatchesState state,
        IReadOnlyDictionary<Bytes32, CertificateState> certificates,
        IReadOnlyList<CertificateBatch> batches,
        IReadOnlyList<LedgerOperation> ledger
    )
    {
        var violations = new List<string>();
        var batchOf = new Dictionary<Bytes32, ulong>();
        if (state.Open is { } open && open.Number != state.Last)
        {
            violations.Add($"batch {open.Number} is open, and the newest is {state.Last}");
        }
        foreach (var batch in batches)
        {
            violations.AddRange(Violations(batch, state, ledger).Select(violation => $"batch {batch.Number} of certificates {violation}"));
            foreach (var root in batch.Roots)
            {
                if (!batchOf.TryAdd(root, batch.Number))
                {
                    violations.Add($"the certificate {root} is in the batches {batchOf[root]} and {batch.Number}");
                }
                if (certificates.GetValueOrDefault(root)?.Batch != batch.Number && batch.Number != state.Open?.Number)
                {
                    violations.Add($"the certificate {root} of batch {batch.Number} says {certificates.GetValueOrDefault(root)?.Batch}");
                }
            }
        }
        foreach (var (root, certificate) in certificates.Where(pair => pair.Value.Batch > 0))
        {
            if (batchOf.GetValueOrDefault(root) != certificate.Batch)
            {
                violations.Add($"the certificate {root} says batch {certificate.Batch}, and is in {batchOf.GetValueOrDefault(root)}");
            }
        }
        var told = ledger.Count(operation => operation.Kind == LedgerKinds.ReceiptBatch);
        var known = batches.Select(batch => batch.Number).Append(state.Open?.Number ?? 0).Distinct().Count(number => number > 0);
        if (told > known || batches.Count > told)
        {
            violations.Add($"the ledger names {told} batches of certificates, of which {batches.Count} are stored");
        }
        return violations;
    }

    private static List<string> Violations(CertificateBatch batch, BatchesState state, IReadOnlyList<LedgerOperation> ledger)
    {
        var violations = new List<string>();
        if (batch.Number == 0 || batch.Number > state.Last)
        {
            violations.Add($"is not among the {state.Last} that there are");
        }
        if (batch.Roots.IsEmpty || batch.Roots.Distinct().Count() < batch.Roots.Length)
        {
            violations.Add("has no certificate, or one twice");
        }
        var said = LedgerChanges.ReceiptBatch(batch).Words.Select(word => (word.Name, word.Value));
        if (
            batch.Place is not { Index: >= 0 } place
            || place.Index >= ledger.Count
            || !ledger[(int)place.Index].Subject.Select(word => (word.Name, word.Value)).SequenceEqual(said)
        )
        {
            violations.Add($"is not record {batch.Place?.Index} of the ledger");
        }
        return violations;
    }
}
