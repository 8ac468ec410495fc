using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>The offers as people see them.</summary>
internal sealed partial class MarketBook
{
    /// <summary>Offers in the order of price and worker, after a place in it.</summary>
    public ImmutableArray<OfferView> ListOffers(OfferPlace? after, int limit)
    {
        var views = ImmutableArray.CreateBuilder<OfferView>(Math.Min(limit, _offers.Count));
        _byPrice.WalkAfter(
            after,
            offer =>
            {
                views.Add(View(offer));
                return views.Count < limit;
            }
        );
        return views.ToImmutable();
    }

    /// <summary>Offers of workers on probation or excluded whose standing was read before a moment, in running time.</summary>
    public IReadOnlyList<MarketOffer> StandingsBefore(TimeSpan before, int most) =>
        [.. _offers.Values.Where(offer => offer.Standing.Level >= StandingLevel.Probation && offer.StandingAt < before).Take(most)];

    public OfferView? FindOffer(WorkerId worker) => _offers.TryGetValue(worker, out var offer) ? View(offer) : null;

    private static OfferView View(MarketOffer offer) => new(offer.Offer, offer.SlotsUsed, offer.Standing);
}
