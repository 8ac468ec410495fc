using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>The part of the market's memory that is about workers whom shards lend each other.</summary>
/// <param name="book">The rest of it.</param>
/// <param name="offers">All offers.</param>
internal sealed class LoanBook(MarketBook book, MarketOffers offers)
{
    /// <summary>Leases of other shards for workers of this one.</summary>
    public RelayedLeases Relayed => field ??= new RelayedLeases(offers, book.Touched);

    /// <summary>Lent offers whose workers are to be told something.</summary>
    public HashSet<MarketOffer> ToRelay { get; } = [];

    /// <summary>
    /// What other shards may have on loan: members of committees first, then workers with something at stake, whom disputes may call.
    /// </summary>
    public ImmutableArray<LentOffer> ToLend() =>
        [
            .. offers
                .All.Values.Where(offer => offer is { MayHaveLeases: true, AddsOutputs: true })
                .OrderBy(offer => offer.CommitteePlace)
                .ThenBy(offer => offer.Standing.Stake.IsZero)
                .ThenBy(offer => offer.Offer.Worker)
                .Take(MarketPolicy.LentOffersMax)
                .Select(offer => new LentOffer(offer.Offer, offer.Standing, offer.Number, offer.Heartbeats)),
        ];

    /// <summary>The offers that another shard lends from now on, instead of those before.</summary>
    /// <returns>The jobs of offers that are not among them any more.</returns>
    public IReadOnlyList<MarketJob> Set(string shard, long start, ImmutableArray<LentOffer> loan, MarketTime now)
    {
        var loans = loan.ToDictionary(lent => lent.Offer.Worker, lent => new OfferLoan(shard, start, lent.Number, lent.Heartbeats));
        var lost = new List<MarketJob>();
        var wereNone = offers.Lent.All.Count == 0;
        foreach (var had in offers.Lent.All.Values.Where(had => had.Loan!.Shard == shard).ToArray())
        {
            if (loans.GetValueOrDefault(had.Offer.Worker) != had.Loan)
            {
                offers.Lent.Remove(had.Offer.Worker);
                lost.AddRange(MarketBook.LostBy(had));
            }
        }
        foreach (var lent in loan)
        {
            if (offers.FindForSeats(lent.Offer.Worker) is { } known)
            {
                if (known.Loan is not null && known.Standing != lent.Standing)
                {
                    offers.Lent.SetStanding(known, lent.Standing);
                    book.Touched.Add(known);
                }
                continue;
            }
            var offer = new MarketOffer(lent.Offer, loans[lent.Offer.Worker])
            {
                Standing = lent.Standing,
                CommitteePlace = book.Panels.Committees.PlaceOf(lent.Offer.Worker),
            };
            offers.Lent.Add(offer);
            book.Touched.Add(offer);
            book.Buyers.Note(lent.Offer, now.Running);
        }
        if (wereNone && offers.Lent.All.Count > 0)
        {
            // They wait in the queue, where no lent offer looks.
            foreach (var job in book.Jobs.Where(job => job is { Phase: MarketPhase.Ready, WantsPanel: true }))
            {
                book.Panels.Lines.Add(job);
            }
        }
        return lost;
    }
}
