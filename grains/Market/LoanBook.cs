using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>The part of the market's memory that is about workers whom shards lend each other.</summary>
/// <param name="book">The rest of it.</param>
/// <param name="offers">All offers.</param>
/// <param name="chance">Chooses what is lent among equals.</param>
internal sealed class LoanBook(MarketBook book, MarketOffers offers, IChance chance)
{
    private readonly Dictionary<WorkerId, MarketOffer> _leaving = [];

    /// <summary>Leases of other shards for workers of this one.</summary>
    public RelayedLeases Relayed => field ??= new RelayedLeases(offers, book.Touched);

    /// <summary>Lent offers whose workers are to be told something.</summary>
    public HashSet<MarketOffer> ToRelay { get; } = [];

    /// <summary>
    /// What other shards may have on loan: members of committees first, then those with most at stake, whom disputes may call, then the
    /// best known. Of each owner a few, since a panel takes one; among equals chance decides, so that no choice of keys fills the loan.
    /// </summary>
    public ImmutableArray<LentOffer> ToLend()
    {
        var ofOwner = new Dictionary<AccountId, int>();
        return
        [
            .. offers
                .All.Values.Where(offer => offer is { MayHaveLeases: true, AddsOutputs: true })
                .OrderBy(offer => offer.CommitteePlace)
                .ThenByDescending(offer => offer.Standing.Stake)
                .ThenBy(offer => offer.Standing.Level == StandingLevel.Newcomer)
                .ThenBy(offer => offer.Standing.Level)
                .ThenBy(offer => offer.LendingPlace ??= chance.Next())
                .Where(offer => offer.IsMember || Count(ofOwner, offer.Offer.PayTo) <= MarketPolicy.LentOffersOfOwnerMax)
                .Take(MarketPolicy.LentOffersMax)
                .Select(offer => new LentOffer(offer.Offer, offer.Standing, offer.Number, offer.Heartbeats)),
        ];
    }

    private static int Count(Dictionary<AccountId, int> ofOwner, AccountId owner) => ofOwner[owner] = ofOwner.GetValueOrDefault(owner) + 1;

    /// <summary>The offers that another shard lends from now on, instead of those before.</summary>
    /// <returns>
    /// The jobs of sessions that are over. An offer that is only lent no more keeps its seats, and gets no others: its worker goes on.
    /// </returns>
    public IReadOnlyList<MarketJob> Set(string shard, long start, ImmutableArray<LentOffer> loan, MarketTime now)
    {
        var loans = loan.ToDictionary(lent => lent.Offer.Worker, lent => new OfferLoan(shard, start, lent.Number, lent.Heartbeats));
        var wereNone = offers.Lent.All.Count == 0;
        foreach (var had in offers.Lent.All.Values.Where(had => had.Loan!.Shard == shard).ToArray())
        {
            if (loans.GetValueOrDefault(had.Offer.Worker) != had.Loan)
            {
                offers.Lent.Remove(had.Offer.Worker);
                _leaving[had.Offer.Worker] = had;
            }
        }
        var lost = new List<MarketJob>();
        foreach (var (worker, had) in _leaving.Where(had => had.Value.Loan!.Shard == shard).ToArray())
        {
            var isOver = had.Loan!.Start != start || (loans.TryGetValue(worker, out var other) && other != had.Loan);
            lost.AddRange(isOver ? MarketBook.LostBy(had) : []);
            if (isOver || had is { Jobs.Count: 0, HasOrders: false })
            {
                _leaving.Remove(worker);
            }
        }
        foreach (var lent in loan)
        {
            Add(lent, loans[lent.Offer.Worker], now);
        }
        if (wereNone && offers.Lent.All.Count > 0)
        {
            foreach (var job in book.Jobs.Where(job => job is { Phase: MarketPhase.Ready, WantsPanel: true }))
            {
                book.Panels.Lines.Await(job);
            }
        }
        return lost;
    }

    /// <summary>The offer of this very session, lent or lent no more; null where it is over.</summary>
    public MarketOffer? FindSession(WorkerId worker, long start, long number) =>
        (offers.Lent.Find(worker) ?? FindLeaving(worker)) is { } offer && IsOf(offer, start, number) ? offer : null;

    private static bool IsOf(MarketOffer offer, long start, long number) => (offer.Loan!.Start, offer.Loan.Number) == (start, number);

    /// <summary>The offer that is lent no more, and has seats or orders yet.</summary>
    public MarketOffer? FindLeaving(WorkerId worker) => _leaving.GetValueOrDefault(worker);

    /// <returns>The offer that was lent no more; null where there is none.</returns>
    public MarketOffer? RemoveLeaving(WorkerId worker) => _leaving.Remove(worker, out var gone) ? gone : null;

    /// <summary>The offer gets no seats until a loan says that it is there.</summary>
    public void Suspend(WorkerId worker, long start, long number)
    {
        if (offers.Lent.Find(worker) is { } offer && IsOf(offer, start, number))
        {
            offers.Lent.Remove(worker);
            _leaving[worker] = offer;
        }
    }

    /// <summary>Orders that were not taken are sent again.</summary>
    public void TouchThoseWithOrders()
    {
        foreach (var offer in offers.Lent.All.Values.Concat(_leaving.Values).Where(offer => offer.HasOrders))
        {
            book.Touched.Add(offer);
        }
    }

    private void Add(LentOffer lent, OfferLoan loan, MarketTime now)
    {
        if (offers.FindForSeats(lent.Offer.Worker) is { } known)
        {
            if (known.Loan is not null && known.Standing != lent.Standing)
            {
                offers.Lent.SetStanding(known, lent.Standing);
                book.Touched.Add(known);
            }
            return;
        }
        var offer = _leaving.Remove(lent.Offer.Worker, out var had) ? had : new MarketOffer(lent.Offer, loan);
        offer.Stay();
        offer.Standing = lent.Standing;
        offer.CommitteePlace = book.Panels.Committees.PlaceOf(lent.Offer.Worker);
        offers.Lent.Add(offer);
        book.Touched.Add(offer);
        book.Buyers.Note(lent.Offer, now.Running);
    }
}
