using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// How a worker's stakes change. Pure. The money is the account's hold; here is what counts of it. At every moment a stake that counts has
/// its hold, and a hold for a stake has one here that will end it.
/// </summary>
internal static class StakeRules
{
    /// <summary>What the worker has at stake.</summary>
    public static TokenAmount SumOf(ImmutableArray<Stake> stakes) =>
        stakes.Where(stake => stake.Phase == StakePhase.Held).Aggregate(TokenAmount.Zero, (sum, stake) => sum + stake.Amount);

    public static Stake? Find(ReputationState state, AccountId account, string requestId) =>
        state.Stakes.FirstOrDefault(stake => stake.Account == account && stake.RequestId == requestId);

    /// <summary>Whether the account may have one more.</summary>
    public static bool HasRoom(ReputationState state, AccountId account, bool isOwn) =>
        state.Stakes.Count(stake => stake.Account == account) < MarketLimits.StakesOfAccountMax
        && state.Stakes.Length < (isOwn ? MarketLimits.StakesMax : MarketLimits.StakesMax - MarketLimits.StakesOfAccountMax);

    /// <summary>Written before the account is asked: from here on the money cannot be set aside without its way back.</summary>
    public static ReputationState Ask(ReputationState state, Caller caller, StakeRequest request, DateTimeOffset now)
    {
        var asked = new Stake(caller.Account, request.RequestId, request.Amount, At: now, StakePhase.Asked, now + StakePolicy.AskedMax);
        return state with { Stakes = state.Stakes.Add(asked) };
    }

    public static ReputationState Hold(ReputationState state, Stake asked) =>
        Put(state, asked, asked with { Phase = StakePhase.Held, EndsAt = null });

    public static ReputationState Refuse(ReputationState state, Stake asked, DateTimeOffset now) => Put(state, asked, Refused(asked, now));

    /// <summary>Those of the account that the ids name, taken back. What was taken back before, or refused, stays as it is.</summary>
    public static ReputationState TakeBack(ReputationState state, IReadOnlyList<Stake> stakes, TimeSpan unbonding, DateTimeOffset now)
    {
        foreach (var stake in stakes)
        {
            state = stake.Phase switch
            {
                StakePhase.Held => Put(state, stake, stake with { Phase = StakePhase.Unbonding, EndsAt = now + unbonding }),
                StakePhase.Asked => Refuse(state, stake, now),
                _ => state,
            };
        }
        return state;
    }

    /// <summary>
    /// Stakes that waited too long for their holds. They are refused before their holds are released: an activation that would still make
    /// one of them count then loses its write.
    /// </summary>
    public static ReputationState GiveUp(ReputationState state, DateTimeOffset now) =>
        state with
        {
            Stakes =
            [
                .. state.Stakes.Select(stake => stake.Phase == StakePhase.Asked && stake.EndsAt <= now ? Refused(stake, now) : stake),
            ],
        };

    /// <summary>
    /// Stakes that are unbonded. That they are released is written before their holds end: else another activation might take for a dispute
    /// what is given back in the same moment.
    /// </summary>
    public static ReputationState Release(ReputationState state, DateTimeOffset now) =>
        state with
        {
            Stakes =
            [
                .. state.Stakes.Select(stake =>
                    stake.Phase == StakePhase.Unbonding && EndOf(state, stake) <= now ? stake with { Phase = StakePhase.Released } : stake
                ),
            ],
        };

    /// <summary>Whose money goes back now, or to those that a dispute has named.</summary>
    public static IReadOnlyList<Stake> Due(ReputationState state, DateTimeOffset now) =>
        [
            .. state.Stakes.Where(stake =>
                stake.Phase is StakePhase.Released or StakePhase.Slashed || (stake.Phase == StakePhase.Refused && stake.EndsAt <= now)
            ),
        ];

    public static ReputationState Remove(ReputationState state, Stake stake) => state with { Stakes = state.Stakes.Remove(stake) };

    /// <summary>When the next phase ends by itself; null where none does.</summary>
    public static DateTimeOffset? NextEnd(ReputationState state) => state.Stakes.Min(stake => EndOf(state, stake));

    /// <summary>While a dispute is open nothing that it could take is given back.</summary>
    private static DateTimeOffset? EndOf(ReputationState state, Stake stake) =>
        stake.Phase == StakePhase.Unbonding && state.FrozenUntil > stake.EndsAt ? state.FrozenUntil : stake.EndsAt;

    private static Stake Refused(Stake asked, DateTimeOffset now) =>
        asked with
        {
            Phase = StakePhase.Refused,
            EndsAt = now + StakePolicy.AskedMax,
        };

    private static ReputationState Put(ReputationState state, Stake stake, Stake changed) =>
        state with
        {
            Stakes = state.Stakes.Replace(stake, changed),
        };
}
