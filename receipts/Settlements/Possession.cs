using Marketplace.Crypto;

namespace Marketplace.Receipts;

/// <summary>
/// What a BLS key signs to serve in the committee of a market's stake registry on the chain (contracts/evm/src/IStakeRegistry.sol): that
/// the address which registers it may. Without the address in it, a stranger could register the key of another with a proof that it has
/// seen.
/// </summary>
public static class Possession
{
    internal const string Type = "Possession(address owner,bytes32 worker,bytes key)";

    private static readonly Bytes32 TypeHash = TypedWords.HashOf(Type);

    /// <param name="domain">Of the market, with the escrow's address.</param>
    /// <param name="owner">Who registers the key, and gets the stake back.</param>
    /// <param name="worker">Whose key it is.</param>
    /// <param name="key">In its compressed form in the digest.</param>
    public static Bytes32 Digest(MarketDomain domain, EvmAddress owner, WorkerId worker, BlsPublicKey key)
    {
        ArgumentNullException.ThrowIfNull(domain);
        ArgumentNullException.ThrowIfNull(key);
        var words = new TypedWords(stackalloc byte[4 * Bytes32.Size], TypeHash);
        words.Add(owner.ToWord());
        words.Add(worker.Value);
        words.Add(TypedWords.HashOf(key.Bytes));
        return domain.Digest(words.Hash());
    }

    /// <summary>The id under which the registry has a key: the hash of its coordinates.</summary>
    public static Bytes32 MemberOf(BlsPublicKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return TypedWords.HashOf(key.Coordinates());
    }
}
