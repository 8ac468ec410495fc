using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// Offers by price; each node knows which classes the offers below meet and how much memory they allow. So the cheapest that fits a job is
/// found without asking those that do not.
/// </summary>
internal sealed class OfferTree : BalancedTree<OfferNode>
{
    /// <summary>The cheapest; null where there is none.</summary>
    public MarketOffer? First
    {
        get
        {
            var node = Root;
            while (node?.Left is { } cheaper)
            {
                node = cheaper;
            }
            return node?.Offer;
        }
    }

    /// <summary>The first offer that would take the job, at most at the price; it need not have a free slot.</summary>
    public MarketOffer? Find(MarketJob job, TokenAmount priceMax)
    {
        var refusedLeft = MarketPolicy.RefusedOffersMax;
        return Find(Root, job, priceMax, ref refusedLeft);
    }

    /// <summary>Gives the offers from the cheapest on, until one is answered with false.</summary>
    public void Walk(Func<MarketOffer, bool> found) => WalkAfter(Root, null, found);

    /// <summary>As <see cref="Walk"/>, from behind a place on.</summary>
    public void WalkAfter(OfferPlace? place, Func<MarketOffer, bool> found) => WalkAfter(Root, place, found);

    private static MarketOffer? Find(OfferNode? node, MarketJob job, TokenAmount priceMax, ref int refusedLeft)
    {
        if (node is null || refusedLeft < 0 || !node.MayFitBelow(job))
        {
            return null;
        }
        if (Find(node.Left, job, priceMax, ref refusedLeft) is { } cheaper)
        {
            return cheaper;
        }
        if (node.Price > priceMax || refusedLeft < 0)
        {
            return null;
        }
        if (node.Fits(job))
        {
            if (!job.Refuses(node.Offer) && !node.Offer.Refuses(job.Ticket.Account))
            {
                return node.Offer;
            }
            refusedLeft--;
        }
        return Find(node.Right, job, priceMax, ref refusedLeft);
    }

    private static bool WalkAfter(OfferNode? node, OfferPlace? place, Func<MarketOffer, bool> found) =>
        node is null
        || (
            IsAfter(node, place)
                ? WalkAfter(node.Left, place, found) && found(node.Offer) && WalkAfter(node.Right, place, found)
                : WalkAfter(node.Right, place, found)
        );

    private static bool IsAfter(OfferNode node, OfferPlace? place) =>
        place is not { } last || (node.Price, node.Offer.Offer.Worker).CompareTo((last.Price, last.Worker)) > 0;
}

/// <summary>An offer's place in a tree: by price, among equals the one with most free slots first.</summary>
internal sealed class OfferNode(MarketOffer offer) : TreeNode<OfferNode>
{
    private UInt128 _classesBelow;
    private int _memoryPagesBelow;

    public MarketOffer Offer => offer;

    public TokenAmount Price => offer.Price;

    /// <summary>The free slots that it was placed by; null where it is in no tree.</summary>
    public int? Capacity { get; set; }

    public bool Fits(MarketJob job) => (offer.Classes & job.Class.Bit) != 0 && offer.Offer.MemoryPagesMax >= job.Ticket.Spec.MemoryPagesMax;

    public bool MayFitBelow(MarketJob job) => (_classesBelow & job.Class.Bit) != 0 && _memoryPagesBelow >= job.Ticket.Spec.MemoryPagesMax;

    public override int CompareTo(OfferNode other)
    {
        var order = Price.CompareTo(other.Price);
        order = order != 0 ? order : Nullable.Compare(other.Capacity, Capacity);
        return order != 0 ? order : offer.Offer.Worker.CompareTo(other.Offer.Offer.Worker);
    }

    public override void Renew()
    {
        _classesBelow = offer.Classes | (Left?._classesBelow ?? 0) | (Right?._classesBelow ?? 0);
        _memoryPagesBelow = Math.Max(offer.Offer.MemoryPagesMax, Math.Max(Left?._memoryPagesBelow ?? 0, Right?._memoryPagesBelow ?? 0));
    }
}
