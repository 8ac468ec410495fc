using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// Offers by price; each node knows which classes the offers below meet, how much memory they allow and which buyers they take. So the
/// cheapest that fits a job is found without asking those that do not.
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
        var search = new Search(job, priceMax);
        return Find(Root, ref search);
    }

    /// <summary>The cheapest that would take the job, whatever they ask, and may be invited to one more auction.</summary>
    public IReadOnlyList<MarketOffer> FindBidders(MarketJob job)
    {
        var search = new Search(job, new TokenAmount(UInt128.MaxValue));
        var found = new List<MarketOffer>();
        CollectBidders(Root, ref search, found);
        return found;
    }

    private static void CollectBidders(OfferNode? node, ref Search search, List<MarketOffer> found)
    {
        if (node is null || found.Count == MarketPolicy.BiddersMax || !node.MayFitBelow(search.Job) || search.IsOver())
        {
            return;
        }
        CollectBidders(node.Left, ref search, found);
        if (found.Count == MarketPolicy.BiddersMax || search.RefusedLeft < 0)
        {
            return;
        }
        if (node.Fits(search.Job))
        {
            if (node.Offer.Auctions.Count >= MarketPolicy.WorkerBidsMax || IsRefused(search.Job, node.Offer))
            {
                search.RefusedLeft--;
            }
            else
            {
                found.Add(node.Offer);
            }
        }
        CollectBidders(node.Right, ref search, found);
    }

    /// <summary>Those that would take the seat, as many as one search looks at.</summary>
    public void CollectFitting(MarketJob seat, List<MarketOffer> found)
    {
        var left = MarketPolicy.SearchedOffersMax;
        CollectFitting(Root, seat, ref left, found);
    }

    private static void CollectFitting(OfferNode? node, MarketJob seat, ref int left, List<MarketOffer> found)
    {
        if (node is null || left-- <= 0 || !node.MayFitBelow(seat))
        {
            return;
        }
        CollectFitting(node.Left, seat, ref left, found);
        if (node.Price > seat.PriceCap)
        {
            return;
        }
        if (node.Offer.MayHaveLeases && node.Fits(seat) && !IsRefused(seat, node.Offer))
        {
            found.Add(node.Offer);
        }
        CollectFitting(node.Right, seat, ref left, found);
    }

    /// <summary>Whether one of both does not want the other.</summary>
    public static bool IsRefused(MarketJob job, MarketOffer offer) => job.Refuses(offer) || offer.Refuses(job.Ticket.Account);

    /// <summary>Whether an offer would take the job at its price; also true where so many refuse it that not all were looked at.</summary>
    public bool MayFit(MarketJob job)
    {
        var search = new Search(job, job.PriceCap);
        return Find(Root, ref search) is not null || search.IsOver();
    }

    /// <summary>Gives the offers from the cheapest on, until one is answered with false.</summary>
    public void Walk(Func<MarketOffer, bool> found) => WalkAfter(Root, null, found);

    /// <summary>The cheapest, at most so many.</summary>
    public IReadOnlyList<MarketOffer> Cheapest(int countMax)
    {
        var found = new List<MarketOffer>();
        Walk(offer =>
        {
            found.Add(offer);
            return found.Count < countMax;
        });
        return found;
    }

    /// <summary>Offers in the order of price and worker, after a place in it.</summary>
    public ImmutableArray<OfferView> Page(OfferPlace? after, int limit)
    {
        var views = ImmutableArray.CreateBuilder<OfferView>();
        WalkAfter(
            after,
            offer =>
            {
                views.Add(offer.ToView());
                return views.Count < limit;
            }
        );
        return views.ToImmutable();
    }

    /// <summary>As <see cref="Walk"/>, from behind a place on.</summary>
    public void WalkAfter(OfferPlace? place, Func<MarketOffer, bool> found) => WalkAfter(Root, place, found);

    private static MarketOffer? Find(OfferNode? node, ref Search search)
    {
        if (node is null || !node.MayFitBelow(search.Job) || search.IsOver())
        {
            return null;
        }
        if (Find(node.Left, ref search) is { } cheaper)
        {
            return cheaper;
        }
        if (node.Price > search.PriceMax || search.RefusedLeft < 0)
        {
            return null;
        }
        if (node.Fits(search.Job))
        {
            if (!IsRefused(search.Job, node.Offer))
            {
                return node.Offer;
            }
            search.RefusedLeft--;
        }
        return Find(node.Right, ref search);
    }

    /// <summary>What one search looks for, and how far it still goes.</summary>
    private struct Search(MarketJob job, TokenAmount priceMax)
    {
        private int _nodesLeft = MarketPolicy.SearchedOffersMax;

        public readonly MarketJob Job => job;

        public readonly TokenAmount PriceMax => priceMax;

        public int RefusedLeft { get; set; } = MarketPolicy.RefusedOffersMax;

        public bool IsOver() => RefusedLeft < 0 || _nodesLeft-- <= 0;
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
    private int _buyerReputationBelow;

    public MarketOffer Offer => offer;

    public TokenAmount Price => offer.Price;

    /// <summary>The free slots that it was placed by; null where it is in no tree.</summary>
    public int? Capacity { get; set; }

    public bool Fits(MarketJob job) =>
        (offer.Classes & job.Class.Bit) != 0
        && offer.Offer.MemoryPagesMax >= job.Ticket.Spec.MemoryPagesMax
        && offer.Offer.BuyerReputationMin <= job.BuyerScore;

    public bool MayFitBelow(MarketJob job) =>
        (_classesBelow & job.Class.Bit) != 0
        && _memoryPagesBelow >= job.Ticket.Spec.MemoryPagesMax
        && _buyerReputationBelow <= job.BuyerScore;

    public override int CompareTo(OfferNode other)
    {
        var order = Price.CompareTo(other.Price);
        order = order != 0 ? order : Nullable.Compare(other.Capacity, Capacity);
        return order != 0 ? order : offer.Offer.Worker.CompareTo(other.Offer.Offer.Worker);
    }

    public override void Renew()
    {
        _classesBelow = offer.Classes | (Left?._classesBelow ?? 0) | (Right?._classesBelow ?? 0);
        _buyerReputationBelow = Math.Min(
            offer.Offer.BuyerReputationMin,
            Math.Min(Left?._buyerReputationBelow ?? int.MaxValue, Right?._buyerReputationBelow ?? int.MaxValue)
        );
        _memoryPagesBelow = Math.Max(offer.Offer.MemoryPagesMax, Math.Max(Left?._memoryPagesBelow ?? 0, Right?._memoryPagesBelow ?? 0));
    }
}
