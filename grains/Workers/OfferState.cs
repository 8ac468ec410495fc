using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>What is kept of a worker's offer.</summary>
/// <param name="Offer">As it last registered.</param>
/// <param name="Untold">Changes of the offer that the worker's ledger may not have yet, oldest first.</param>
internal sealed record OfferState(WorkerOffer Offer, ImmutableArray<LedgerChange> Untold)
{
    /// <summary>The name of the state.</summary>
    public const string Kind = "worker";

    // An offer without labels and refusals has the bytes that it had before there were any, and so has one that takes any buyer.
    private const byte Format = 1;
    private const byte FormatWithLabels = Format + 1;
    private const byte FormatWithBuyers = FormatWithLabels + 1;

    // Only until the ledger has been told.
    private const byte FormatWithUntold = FormatWithBuyers + 1;

    // With a key for committees all parts are written.
    private const byte FormatWithKey = FormatWithUntold + 1;

    // Only until the ledger has been told; the key may be there or not.
    private const byte FormatWithUnsaid = FormatWithKey + 1;

    /// <summary>What the worker has signed of offers that its ledger may not have yet, oldest first.</summary>
    public ImmutableArray<LedgerStatement> Unsaid { get; init; } = [];

    public static OfferState Of(WorkerOffer offer) =>
        new(offer with { Labels = OrNone(offer.Labels), RefusedAccounts = OrNone(offer.RefusedAccounts) }, Untold: []);

    /// <summary>Whether it is the same offer: lists are compared by what is in them.</summary>
    public bool IsSame(OfferState other) => Write(Bare(this)).Span.SequenceEqual(Write(Bare(other)).Span);

    public static ReadOnlyMemory<byte> Write(OfferState state)
    {
        var offer = state.Offer;
        var asksBuyers = offer.BuyerReputationMin > 0;
        var isUntold = !state.Untold.IsEmpty || !state.Unsaid.IsEmpty;
        var hasAll = isUntold || offer.Committee is not null;
        var hasMore = hasAll || asksBuyers || offer.Labels.Length > 0 || offer.RefusedAccounts.Length > 0;
        var writer = new CompactWriter(96);
        writer.Byte(
            !state.Unsaid.IsEmpty ? FormatWithUnsaid
            : offer.Committee is not null ? FormatWithKey
            : isUntold ? FormatWithUntold
            : asksBuyers ? FormatWithBuyers
            : hasMore ? FormatWithLabels
            : Format
        );
        writer.Id(offer.Worker.Value);
        writer.Id(offer.PayTo.Value);
        writer.Amount(offer.PricePerMillionFuel);
        writer.Count(offer.Slots);
        writer.Count(offer.MemoryPagesMax);
        if (hasMore)
        {
            writer.Count(offer.Labels.Length);
            foreach (var label in offer.Labels)
            {
                writer.Text(label);
            }
            writer.Count(offer.RefusedAccounts.Length);
            foreach (var account in offer.RefusedAccounts)
            {
                writer.Id(account.Value);
            }
        }
        if (asksBuyers || hasAll)
        {
            writer.Count(offer.BuyerReputationMin);
        }
        if (hasAll)
        {
            LedgerTelling.Write(writer, state.Untold);
        }
        if (!state.Unsaid.IsEmpty)
        {
            writer.Flag(offer.Committee is not null);
        }
        if (offer.Committee is { } key)
        {
            writer.Bytes(key.Key.Span);
            writer.Bytes(key.Possession.Span);
            writer.Bytes(key.Registration.Span);
        }
        if (!state.Unsaid.IsEmpty)
        {
            Write(writer, state.Unsaid);
        }
        return writer.Finish();
    }

    public static OfferState Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        var format = reader.Version(Format, FormatWithUnsaid, "A worker's offer");
        var offer = new WorkerOffer(
            Worker: new WorkerId(reader.Id()),
            PayTo: new AccountId(reader.Id()),
            PricePerMillionFuel: reader.Amount(),
            Slots: reader.Count(),
            MemoryPagesMax: reader.Count()
        );
        if (format >= FormatWithLabels)
        {
            var labels = new string[reader.Items()];
            for (var index = 0; index < labels.Length; index++)
            {
                labels[index] = reader.Text();
            }
            var accounts = new AccountId[reader.Items(itemSizeMin: Bytes32.Size)];
            for (var index = 0; index < accounts.Length; index++)
            {
                accounts[index] = new AccountId(reader.Id());
            }
            offer = offer with { Labels = ImmutableArray.Create(labels), RefusedAccounts = ImmutableArray.Create(accounts) };
        }
        if (format >= FormatWithBuyers)
        {
            offer = offer with { BuyerReputationMin = reader.Count() };
        }
        var untold = format >= FormatWithUntold ? LedgerTelling.Read(ref reader) : [];
        if (format == FormatWithKey || (format == FormatWithUnsaid && reader.Flag()))
        {
            offer = offer with
            {
                Committee = new CommitteeKey(reader.Bytes().ToArray(), reader.Bytes().ToArray(), reader.Bytes().ToArray()),
            };
        }
        var unsaid = format == FormatWithUnsaid ? ReadStatements(ref reader) : [];
        reader.End();
        return Of(offer) with { Untold = untold, Unsaid = unsaid };
    }

    private static void Write(CompactWriter writer, ImmutableArray<LedgerStatement> statements)
    {
        LedgerTelling.Write(writer, [.. statements.Select(said => said.Change)]);
        foreach (var said in statements)
        {
            writer.Id(said.Author);
            writer.Number(said.Epoch);
            writer.Number(said.Sequence);
            writer.Bytes(said.Signature.Span);
        }
    }

    private static ImmutableArray<LedgerStatement> ReadStatements(ref CompactReader reader)
    {
        var changes = LedgerTelling.Read(ref reader);
        var statements = new LedgerStatement[changes.Length];
        for (var index = 0; index < statements.Length; index++)
        {
            statements[index] = new LedgerStatement(reader.Id(), reader.Number(), reader.Number(), changes[index], reader.Memory());
        }
        return ImmutableArray.Create(statements);
    }

    private static OfferState Bare(OfferState state) => state with { Untold = [], Unsaid = [] };

    private static ImmutableArray<TItem> OrNone<TItem>(ImmutableArray<TItem> items) => items.IsDefault ? [] : items;
}
