using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// How a worker's stakes change. Pure. The money is the account's hold; here is what counts of it. At every moment a stake that counts has
/// its hold, and a hold for a stake has one here that will end it.
/// </summary>
internal static class StakeRules
{
    /// <summary>What the worker has at stake, without what disputes have taken.</summary>
    public static TokenAmount SumOf(ImmutableArray<Stake> stakes) =>
        stakes.Where(stake => stake.Phase == StakePhase.Held).Aggregate(TokenAmount.Zero, (sum, stake) => sum + stake.Left);

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

    /// <summary>Whose money goes now, or a part of it: back, or to those that disputes have named.</summary>
    public static IReadOnlyList<Stake> Due(ReputationState state, DateTimeOffset now) =>
        [.. state.Stakes.Where(stake => !stake.Losses.IsEmpty || Ends(stake, now))];

    /// <summary>Whether its hold ends.</summary>
    public static bool Ends(Stake stake, DateTimeOffset now) =>
        stake.Phase is StakePhase.Released or StakePhase.Slashed || (stake.Phase == StakePhase.Refused && stake.EndsAt <= now);

    /// <summary>The account has paid what disputes have taken of it, and the stake stays.</summary>
    public static ReputationState Pay(ReputationState state, Stake stake) =>
        Put(
            state,
            stake,
            stake with
            {
                PaidCount = stake.PaidCount + stake.Losses.Length,
                Paid = stake.Losses.Aggregate(stake.Paid, (sum, loss) => sum + loss.Amount),
                Losses = [],
            }
        );

    public static ReputationState Remove(ReputationState state, Stake stake) => state with { Stakes = state.Stakes.Remove(stake) };

    /// <summary>When the next phase ends by itself; null where none does.</summary>
    public static DateTimeOffset? NextEnd(ReputationState state) => state.Stakes.Min(stake => NextEnd(state, stake));

    /// <summary>While a dispute is open nothing that it could take is given back. What is to be paid is due since ever.</summary>
    private static DateTimeOffset? NextEnd(ReputationState state, Stake stake) => stake.Losses.IsEmpty ? EndOf(state, stake) : stake.At;

    private static DateTimeOffset? EndOf(ReputationState state, Stake stake) =>
        stake.Phase == StakePhase.Unbonding
            ? state.Freezes.Select(freeze => (DateTimeOffset?)freeze.Until).Append(state.FrozenUntil).Append(stake.EndsAt).Max()
            : stake.EndsAt;

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
