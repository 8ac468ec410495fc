namespace Marketplace.Grains;

/// <summary>
/// The accounts with ready jobs of one class, in the order of their turns. Each node knows what all jobs below it want, so that the first
/// account that an offer fits is found without asking each one.
/// </summary>
internal sealed class BuyerTree : BalancedTree<BuyerLine>
{
    /// <summary>The first ready job, of the account whose turn is first, that an offer can take; of no later turn than said.</summary>
    public MarketJob? Find(MarketOffer offer, UInt128 turnMax) => Find(Root, offer, turnMax);

    /// <summary>Gives those whose turn is before <paramref name="time"/>, in their order, until one is answered with false.</summary>
    /// <returns>Whether all were given.</returns>
    public bool Before(UInt128 time, Func<BuyerLine, bool> found) => Before(Root, time, found);

    private static MarketJob? Find(BuyerLine? node, MarketOffer offer, UInt128 turnMax)
    {
        if (
            node is null
            || !node.WantedBelow.MayFit(offer.Price, offer.Offer.MemoryPagesMax)
            || node.ScoreBelow < offer.Offer.BuyerReputationMin
        )
        {
            return null;
        }
        if (Find(node.Left, offer, turnMax) is { } before)
        {
            return before;
        }
        return node.Buyer.Time > turnMax ? null : node.FirstFor(offer) ?? Find(node.Right, offer, turnMax);
    }

    private static bool Before(BuyerLine? node, UInt128 time, Func<BuyerLine, bool> found) =>
        node is null || (Before(node.Left, time, found) && (node.Buyer.Time >= time || (found(node) && Before(node.Right, time, found))));
}
