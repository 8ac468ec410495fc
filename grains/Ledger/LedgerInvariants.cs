using Marketplace.Receipts;

namespace Marketplace.Grains;

/// <summary>What must always hold of a ledger as it is stored.</summary>
internal static class LedgerInvariants
{
    /// <param name="entries">All, in their order.</param>
    public static IReadOnlyList<string> Violations(IEnumerable<LedgerEntry> entries)
    {
        var violations = new List<string>();
        var (state, ofMarket) = (new LedgerState(), (Epoch: 0UL, Sequence: 0UL));
        var (changes, first) = (new HashSet<Bytes32>(), new Dictionary<(Bytes32, ulong, ulong), long>());
        var operations = new HashSet<Bytes32>();
        foreach (var entry in entries)
        {
            var (index, operation) = (state.Size, entry.Operation);
            try
            {
                state.Apply(entry);
            }
            catch (InvalidDataException broken)
            {
                violations.Add(broken.Message);
                return violations;
            }
            if (!operations.Add(operation.Hash()) || (entry.IsOfMarket && !changes.Add(operation.Change)))
            {
                violations.Add($"record {index} was told before");
            }
            if (entry.IsOfMarket && !IsNext(ofMarket, operation))
            {
                violations.Add($"record {index} is {operation.Epoch}.{operation.Sequence} of the market, after {ofMarket}");
            }
            ofMarket = entry.IsOfMarket ? (operation.Epoch, operation.Sequence) : ofMarket;
            var numbers = (operation.Author, operation.Epoch, operation.Sequence);
            var forkOf = first.TryGetValue(numbers, out var earlier) ? earlier : (long?)null;
            if (forkOf != entry.ForkOf)
            {
                violations.Add($"record {index} is marked as a fork of {entry.ForkOf}, and is one of {forkOf}");
            }
            first.TryAdd(numbers, index);
        }
        return violations;
    }

    private static bool IsNext((ulong Epoch, ulong Sequence) last, LedgerOperation operation) =>
        operation.Epoch == last.Epoch ? operation.Sequence == last.Sequence + 1 : operation.Epoch > last.Epoch && operation.Sequence == 1;
}
