namespace Marketplace.Grains;

/// <summary>One account's open jobs of one class. While some are ready it stands in the tree of its class, by its account's turn.</summary>
internal sealed class BuyerLine(BuyerQueue buyer, JobClass jobClass) : TreeNode<BuyerLine>
{
    public BuyerQueue Buyer => buyer;

    public JobClass Class => jobClass;

    public ReadyQueue Jobs { get; } = new();

    /// <summary>What the jobs of all accounts below want, its own included.</summary>
    public Wanted WantedBelow { get; private set; }

    /// <summary>The best reputation of the accounts below, its own included.</summary>
    public int ScoreBelow { get; private set; }

    /// <summary>Its first ready job that the offer can take.</summary>
    public MarketJob? FirstFor(MarketOffer offer)
    {
        if (
            !Jobs.Wanted.MayFit(offer.Price, offer.Offer.MemoryPagesMax)
            || buyer.Score < offer.Offer.BuyerReputationMin
            || offer.Refuses(buyer.Account)
        )
        {
            return null;
        }
        var (place, left) = (0, MarketPolicy.SearchedJobsMax);
        for (var refused = 0; refused <= MarketPolicy.RefusedJobsMax; )
        {
            var job = Jobs.FindFrom(place, offer.Price, offer.Offer.MemoryPagesMax, ref left);
            if (job is null || !job.Refuses(offer))
            {
                return job;
            }
            place = job.Place + 1;
            // That others of its group run there says nothing against the jobs behind it.
            refused += job.Group?.IsTakenBy(offer.Offer) == true ? 0 : 1;
        }
        return null;
    }

    public override int CompareTo(BuyerLine other) => buyer.CompareTo(other.Buyer);

    public override void Renew()
    {
        WantedBelow = Wanted.Join(Wanted.Join(Left?.WantedBelow ?? Wanted.Nothing, Jobs.Wanted), Right?.WantedBelow ?? Wanted.Nothing);
        ScoreBelow = Math.Max(buyer.Score, Math.Max(Left?.ScoreBelow ?? 0, Right?.ScoreBelow ?? 0));
    }
}
