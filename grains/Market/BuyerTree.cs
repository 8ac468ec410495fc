namespace Marketplace.Grains;

/// <summary>
/// The accounts with ready jobs in the order of their turns: a balanced tree (AVL), so that an account that chooses its id cannot make it
/// deep. Each node knows what all jobs below it want, so that the first account that an offer fits is found without asking each one.
/// </summary>
internal sealed class BuyerTree
{
    private BuyerQueue? _root;

    /// <summary>What the jobs of all accounts want.</summary>
    public Wanted Wanted => WantedOf(_root);

    public void Add(BuyerQueue buyer)
    {
        (buyer.Left, buyer.Right) = (null, null);
        Renew(buyer);
        _root = Add(_root, buyer);
    }

    /// <summary>Its time and its jobs must be as they were when it was added.</summary>
    public void Remove(BuyerQueue buyer)
    {
        _root = Remove(_root!, buyer);
        (buyer.Left, buyer.Right) = (null, null);
    }

    /// <summary>The first ready job, of the account whose turn is first, that an offer can take.</summary>
    public MarketJob? Find(TokenAmount price, int memoryPagesMax) => Find(_root, price, memoryPagesMax);

    /// <summary>Gives those whose turn is before <paramref name="time"/>, in their order, until one is answered with false.</summary>
    /// <returns>Whether all were given.</returns>
    public bool Before(UInt128 time, Func<BuyerQueue, bool> found) => Before(_root, time, found);

    private static MarketJob? Find(BuyerQueue? node, TokenAmount price, int memoryPagesMax) =>
        node is null || !node.WantedBelow.MayFit(price, memoryPagesMax)
            ? null
            : Find(node.Left, price, memoryPagesMax)
                ?? (node.Jobs.Wanted.MayFit(price, memoryPagesMax) ? node.Jobs.FindFrom(0, price, memoryPagesMax) : null)
                ?? Find(node.Right, price, memoryPagesMax);

    private static bool Before(BuyerQueue? node, UInt128 time, Func<BuyerQueue, bool> found) =>
        node is null || (Before(node.Left, time, found) && (node.Time >= time || (found(node) && Before(node.Right, time, found))));

    private static BuyerQueue Add(BuyerQueue? node, BuyerQueue buyer)
    {
        if (node is null)
        {
            return buyer;
        }
        if (buyer.CompareTo(node) < 0)
        {
            node.Left = Add(node.Left, buyer);
        }
        else
        {
            node.Right = Add(node.Right, buyer);
        }
        return Balanced(node);
    }

    private static BuyerQueue? Remove(BuyerQueue node, BuyerQueue buyer)
    {
        var order = buyer.CompareTo(node);
        if (order < 0)
        {
            node.Left = Remove(node.Left!, buyer);
            return Balanced(node);
        }
        if (order > 0)
        {
            node.Right = Remove(node.Right!, buyer);
            return Balanced(node);
        }
        if (node.Left is null || node.Right is null)
        {
            return node.Left ?? node.Right;
        }
        var next = node.Right;
        while (next.Left is { } before)
        {
            next = before;
        }
        next.Right = Remove(node.Right, next);
        next.Left = node.Left;
        return Balanced(next);
    }

    private static BuyerQueue Balanced(BuyerQueue node)
    {
        Renew(node);
        var lean = HeightOf(node.Left) - HeightOf(node.Right);
        if (lean > 1)
        {
            if (HeightOf(node.Left!.Left) < HeightOf(node.Left.Right))
            {
                node.Left = TurnLeft(node.Left);
            }
            return TurnRight(node);
        }
        if (lean < -1)
        {
            if (HeightOf(node.Right!.Right) < HeightOf(node.Right.Left))
            {
                node.Right = TurnRight(node.Right);
            }
            return TurnLeft(node);
        }
        return node;
    }

    private static BuyerQueue TurnRight(BuyerQueue node)
    {
        var up = node.Left!;
        node.Left = up.Right;
        up.Right = node;
        Renew(node);
        Renew(up);
        return up;
    }

    private static BuyerQueue TurnLeft(BuyerQueue node)
    {
        var up = node.Right!;
        node.Right = up.Left;
        up.Left = node;
        Renew(node);
        Renew(up);
        return up;
    }

    private static void Renew(BuyerQueue node)
    {
        node.Height = 1 + Math.Max(HeightOf(node.Left), HeightOf(node.Right));
        node.WantedBelow = Wanted.Join(Wanted.Join(WantedOf(node.Left), node.Jobs.Wanted), WantedOf(node.Right));
    }

    private static int HeightOf(BuyerQueue? node) => node?.Height ?? 0;

    private static Wanted WantedOf(BuyerQueue? node) => node?.WantedBelow ?? Wanted.Nothing;
}
