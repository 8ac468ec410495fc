using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>Offers by their workers, by price, and those that take leases now.</summary>
/// <param name="classes">The classes of jobs. Which of them an offer meets changes with its standing, and when one is opened.</param>
internal class OfferSet(JobClasses classes)
{
    private readonly Dictionary<WorkerId, MarketOffer> _all = [];

    public IReadOnlyDictionary<WorkerId, MarketOffer> All => _all;

    public JobClasses Classes => classes;

    /// <summary>All of them.</summary>
    public OfferTree ByPrice { get; } = new();

    /// <summary>Those that take leases now.</summary>
    public OfferTree Hungry { get; } = new();

    public MarketOffer? Find(WorkerId worker) => _all.GetValueOrDefault(worker);

    public virtual void Add(MarketOffer offer)
    {
        offer.Classes = classes.MetBy(offer);
        _all.Add(offer.Offer.Worker, offer);
        ByPrice.Add(offer.Priced);
    }

    /// <returns>The offer that was there; null where there was none.</returns>
    public virtual MarketOffer? Remove(WorkerId worker)
    {
        if (!_all.Remove(worker, out var offer))
        {
            return null;
        }
        ByPrice.Remove(offer.Priced);
        offer.Dismiss();
        Place(offer);
        return offer;
    }

    /// <summary>What the offer has stays; what it may take changes at once.</summary>
    public virtual void SetStanding(MarketOffer offer, Standing standing)
    {
        ByPrice.Remove(offer.Priced);
        Move(Hungry, offer.Hungry, null);
        offer.Standing = standing;
        offer.Classes = classes.MetBy(offer);
        ByPrice.Add(offer.Priced);
    }

    /// <summary>Puts the offer where it belongs among those that take leases now. Called after its slots or its poll changed.</summary>
    public virtual void Place(MarketOffer offer) => Move(Hungry, offer.Hungry, offer.Capacity > 0 ? offer.Capacity : null);

    /// <summary>Every offer is asked once whether it meets a new class's needs.</summary>
    /// <returns>Whether one meets others than before.</returns>
    public bool Meet(JobClass opened)
    {
        var isChanged = false;
        foreach (var offer in _all.Values)
        {
            var met = opened.Needs.AreMetBy(offer) ? offer.Classes | opened.Bit : offer.Classes & ~opened.Bit;
            isChanged |= met != offer.Classes;
            offer.Classes = met;
        }
        if (isChanged)
        {
            ByPrice.RenewAll();
            Hungry.RenewAll();
        }
        return isChanged;
    }

    protected static void Move(OfferTree tree, OfferNode node, int? capacity)
    {
        if (capacity == node.Capacity)
        {
            return;
        }
        if (node.Capacity is not null)
        {
            tree.Remove(node);
        }
        node.Capacity = capacity;
        if (capacity is not null)
        {
            tree.Add(node);
        }
    }
}
