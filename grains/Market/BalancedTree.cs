namespace Marketplace.Grains;

/// <summary>
/// A balanced tree (AVL) whose nodes know something of all below them: parties that choose their ids and prices cannot make it deep.
/// </summary>
internal class BalancedTree<TNode>
    where TNode : TreeNode<TNode>
{
    /// <summary>Null while the tree is empty.</summary>
    public TNode? Root { get; private set; }

    public void Add(TNode node)
    {
        (node.Left, node.Right) = (null, null);
        Renew(node);
        Root = Add(Root, node);
    }

    /// <summary>The node's order must be as it was when it was added.</summary>
    public void Remove(TNode node)
    {
        Root = Remove(Root!, node);
        (node.Left, node.Right) = (null, null);
    }

    /// <summary>What all nodes know of themselves has changed, and their order has not.</summary>
    public void RenewAll() => RenewAll(Root);

    private static void RenewAll(TNode? node)
    {
        if (node is null)
        {
            return;
        }
        RenewAll(node.Left);
        RenewAll(node.Right);
        Renew(node);
    }

    private static TNode Add(TNode? at, TNode node)
    {
        if (at is null)
        {
            return node;
        }
        if (node.CompareTo(at) < 0)
        {
            at.Left = Add(at.Left, node);
        }
        else
        {
            at.Right = Add(at.Right, node);
        }
        return Balanced(at);
    }

    private static TNode? Remove(TNode at, TNode node)
    {
        var order = node.CompareTo(at);
        if (order < 0)
        {
            at.Left = Remove(at.Left!, node);
            return Balanced(at);
        }
        if (order > 0)
        {
            at.Right = Remove(at.Right!, node);
            return Balanced(at);
        }
        if (at.Left is null || at.Right is null)
        {
            return at.Left ?? at.Right;
        }
        var next = at.Right;
        while (next.Left is { } before)
        {
            next = before;
        }
        next.Right = Remove(at.Right, next);
        next.Left = at.Left;
        return Balanced(next);
    }

    private static TNode Balanced(TNode node)
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

    private static TNode TurnRight(TNode node)
    {
        var up = node.Left!;
        node.Left = up.Right;
        up.Right = node;
        Renew(node);
        Renew(up);
        return up;
    }

    private static TNode TurnLeft(TNode node)
    {
        var up = node.Right!;
        node.Right = up.Left;
        up.Left = node;
        Renew(node);
        Renew(up);
        return up;
    }

    private static void Renew(TNode node)
    {
        node.Height = 1 + Math.Max(HeightOf(node.Left), HeightOf(node.Right));
        node.Renew();
    }

    private static int HeightOf(TNode? node) => node?.Height ?? 0;
}

/// <summary>A node of a <see cref="BalancedTree{TNode}"/>; of one tree at a time.</summary>
internal abstract class TreeNode<TSelf>
    where TSelf : TreeNode<TSelf>
{
    public TSelf? Left { get; set; }
    public TSelf? Right { get; set; }
    public int Height { get; set; }

    public abstract int CompareTo(TSelf other);

    /// <summary>Puts what this node and both sides know together.</summary>
    public abstract void Renew();
}
