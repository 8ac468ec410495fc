namespace Marketplace.Receipts;

/// <summary>
/// The books of a market at a moment, as members of its committee sign them and its escrow on the chain takes them
/// (contracts/evm/src/Settlements.sol).
/// </summary>
public sealed record Settlement
{
    internal const string Type =
        "Settlement(uint64 number,uint64 epoch,uint64 chainBlock,bytes32 accounts,bytes32 receipts,uint128 earned,uint128 spent)";

    private static readonly Bytes32 TypeHash = TypedWords.HashOf(Type);

    /// <summary>Counts the settlements of an escrow: 1, 2, 3 …</summary>
    public required ulong Number { get; init; }

    /// <summary>Whose committee signs: an epoch of the stake registry on the chain.</summary>
    public required ulong Epoch { get; init; }

    /// <summary>All deposits and requests up to this block of the chain are counted.</summary>
    public required ulong ChainBlock { get; init; }

    /// <summary>The root over the <see cref="AccountTotals"/>; zero: there are none.</summary>
    public required Bytes32 Accounts { get; init; }

    /// <summary>The root over the receipts of jobs that were settled since the settlement before; zero: there are none.</summary>
    public required Bytes32 Receipts { get; init; }

    /// <summary>By all accounts, since the first settlement.</summary>
    public required TokenAmount Earned { get; init; }

    /// <summary>By all accounts, since the first settlement.</summary>
    public required TokenAmount Spent { get; init; }

    public Bytes32 Hash()
    {
        var words = new TypedWords(stackalloc byte[8 * Bytes32.Size], TypeHash);
        words.Add((UInt128)Number);
        words.Add((UInt128)Epoch);
        words.Add((UInt128)ChainBlock);
        words.Add(Accounts);
        words.Add(Receipts);
        words.Add(Earned.BaseUnits);
        words.Add(Spent.BaseUnits);
        return words.Hash();
    }

    /// <summary>What the members sign.</summary>
    public Bytes32 Digest(MarketDomain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        return domain.Digest(Hash());
    }
}

/// <summary>What an account has earned and spent since the first settlement, and what of its deposits the market holds.</summary>
/// <param name="Owner">The address that stands for the account on the chain.</param>
/// <param name="Earned">All that came in from other accounts.</param>
/// <param name="Spent">All that went out to other accounts.</param>
/// <param name="Held">What of its deposits is in the market's books and not spent: a withdrawal waits until it is set aside there.</param>
public sealed record AccountTotals(EvmAddress Owner, TokenAmount Earned, TokenAmount Spent, TokenAmount Held)
{
    internal const string Type = "AccountTotals(address owner,uint128 earned,uint128 spent,uint128 held)";

    private static readonly Bytes32 TypeHash = TypedWords.HashOf(Type);

    /// <summary>Its leaf in the tree of a settlement.</summary>
    public Bytes32 Hash()
    {
        var words = new TypedWords(stackalloc byte[5 * Bytes32.Size], TypeHash);
        words.Add(Owner.ToWord());
        words.Add(Earned.BaseUnits);
        words.Add(Spent.BaseUnits);
        words.Add(Held.BaseUnits);
        return words.Hash();
    }
}
