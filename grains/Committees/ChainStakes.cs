using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// What workers have at stake on the chain, by their BLS keys. Whoever stakes there may name any worker, so a stake counts for a worker
/// only with the key that the worker itself has registered in the market.
/// </summary>
internal sealed class ChainStakes
{
    private readonly Dictionary<string, ChainStake> _byKey = [];

    /// <inheritdoc cref="ChainStakeList" path="/param[@name='CoveredUntil']"/>
    public DateTimeOffset? CoveredUntil { get; private init; }

    public static ChainStakes ByKey(ChainStakeList list)
    {
        var byKey = new ChainStakes { CoveredUntil = list.CoveredUntil };
        foreach (var stake in list.Stakes)
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
