using System.Globalization;

namespace Marketplace.Receipts;

/// <summary>
/// A worker's offer as an operation of its own ledger, by LEDGER.md: the market tells it, and the worker may sign it too. Both make the
/// same words of the same offer.
/// </summary>
public sealed record OfferOperation
{
    public required WorkerId Worker { get; init; }

    /// <summary>Who earns: only its hash is said, with the refused accounts.</summary>
    public required AccountId PayTo { get; init; }

    public required TokenAmount PricePerMillionFuel { get; init; }

    public required int Slots { get; init; }

    public required int MemoryPages { get; init; }

    /// <summary>0: any buyer.</summary>
    public required int BuyerReputationMin { get; init; }

    /// <summary>In any order; each counts once.</summary>
    public required IEnumerable<AccountId> RefusedAccounts { get; init; }

    /// <summary>In any order; each counts once.</summary>
    public required IEnumerable<string> Labels { get; init; }

    public IReadOnlyList<LedgerWord> Words() =>
        [
            new("pricePerMillionFuel", PricePerMillionFuel.ToString()),
            new("slots", Text(Slots)),
            new("memoryPages", Text(MemoryPages)),
            new("buyerReputationMin", Text(BuyerReputationMin)),
            new("withheld", Withheld().ToString()),
            .. Labels.Distinct().Order(StringComparer.Ordinal).Select(label => new LedgerWord("label", label)),
        ];

    /// <summary>What the worker signs. Its numbers name it, so its change is zero.</summary>
    /// <param name="epoch">The worker's incarnation.</param>
    /// <param name="sequence">Counts its offers of the epoch from 1.</param>
    /// <param name="time">When it made the offer: nanoseconds since 1970, UTC.</param>
    public LedgerOperation Signed(ulong epoch, ulong sequence, ulong time) =>
        new()
        {
            Namespace = LedgerName.Of(Worker),
            Author = Worker.Value,
            Epoch = epoch,
            Sequence = sequence,
            Change = default,
            Kind = LedgerKinds.Offer,
            Subject = Words(),
            Time = time,
        };

    /// <summary>Who earns and who is refused is shown to none but the worker and its market: the ledger has their hash.</summary>
    private Bytes32 Withheld()
    {
        AccountId[] refused = [.. RefusedAccounts.Distinct().Order()];
        var keys = new byte[(1 + refused.Length) * Bytes32.Size];
        PayTo.Value.CopyTo(keys);
        for (var index = 0; index < refused.Length; index++)
        {
            refused[index].Value.CopyTo(keys.AsSpan((1 + index) * Bytes32.Size));
        }
        return TypedWords.HashOf(keys);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
