using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// What workers have at stake on the chain, by their BLS keys. Whoever stakes there may name any worker, so a stake counts for a worker
/// only with the key that the worker itself has registered in the market.
/// </summary>
internal sealed class ChainStakes
{
    private readonly Dictionary<string, ChainStake> _byKey = [];

    public static ChainStakes ByKey(ImmutableArray<ChainStake> stakes)
    {
        var byKey = new ChainStakes();
        foreach (var stake in stakes)
        {
            byKey._byKey[Convert.ToHexStringLower(stake.Key.Span)] = stake;
        }
        return byKey;
    }

    /// <returns>Zero where there is none.</returns>
    public TokenAmount Of(WorkerId worker, CommitteeKey key) =>
        _byKey.TryGetValue(Convert.ToHexStringLower(key.Key.Span), out var stake) && stake.Worker == worker
            ? stake.Stake
            : TokenAmount.Zero;
}
