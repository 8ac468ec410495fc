using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>How what disputes say of a worker changes its reputation and its stakes. Pure.</summary>
internal static class SlashRules
{
    /// <summary>
    /// What a dispute could take now: what counts, and what was taken back and is not on its way yet. The latter was at stake when the
    /// worker ran the job.
    /// </summary>
    public static TokenAmount AtStake(ReputationState state) =>
        state.Stakes.Where(IsAtStake).Aggregate(TokenAmount.Zero, (sum, stake) => sum + stake.Left);

    public static Judgment? Find(ReputationState state, JobId dispute)
    {
        foreach (var judgment in state.Judgments)
        {
            if (judgment.Dispute == dispute)
            {
                return judgment;
            }
        }
        return null;
    }

    /// <summary>It may have been among those that are not remembered any more.</summary>
    public static bool IsForgotten(ReputationState state, DateTimeOffset decidedAt) => decidedAt <= state.JudgedBefore;

    /// <summary>Whether one more can be remembered.</summary>
    public static bool HasRoom(ReputationState state, DateTimeOffset now) =>
        state.Judgments.Length < SlashPolicy.JudgmentsMax || Oldest(state).At < now - SlashPolicy.JudgmentMemory;

    /// <summary>
    /// The amount goes from the stakes, oldest first. What is left of one stays at stake: another dispute may have frozen it. One of which
    /// nothing is left ends.
    /// </summary>
    /// <returns>The state in which all of it is decided, and nothing paid yet.</returns>
    public static ReputationState Slash(ReputationState state, SlashOrder order, DateTimeOffset now)
    {
        var (left, unpaid) = (order.Amount, order.Payees);
        var stakes = state.Stakes.ToBuilder();
        for (var index = 0; index < stakes.Count && !left.IsZero; index++)
        {
            var stake = stakes[index];
            if (!IsAtStake(stake))
            {
                continue;
            }
            var taken = TokenAmount.Min(left, stake.Left);
            left -= taken;
            var (paid, rest) = PayeeAmounts.Split(unpaid, taken);
            unpaid = rest;
            var loss = new StakeLoss(order.Dispute, taken, paid, order.Rest);
            stakes[index] =
                taken < stake.Left
                    ? stake with
                    {
                        Losses = stake.Losses.Add(loss),
                    }
                    : stake with
                    {
                        Phase = StakePhase.Slashed,
                        EndsAt = now,
                        Loss = loss with { UnbondsAt = stake.EndsAt },
                    };
        }
        var judgment = new Judgment(order.Dispute, order.At, IsWrong: true, order.Amount - left);
        var lie = new Fault(order.Dispute, now, order.Price, "a jury found that its result was wrong");
        return ReputationRules.WithLie(Judge(state with { Stakes = stakes.ToImmutable() }, judgment, now), lie);
    }

    /// <summary>The worker was right: what was counted against it for this job counts no more.</summary>
    public static ReputationState Clear(ReputationState state, JobId dispute, DateTimeOffset at, DateTimeOffset now) =>
        Judge(state, new Judgment(dispute, at, IsWrong: false, TokenAmount.Zero), now);

    /// <summary>Nothing is given back before this moment, or until the dispute has said what it takes. Those that are over go.</summary>
    public static ReputationState Freeze(ReputationState state, StakeFreeze freeze, DateTimeOffset now)
    {
        var known = state.Freezes.FirstOrDefault(known => known.Dispute == freeze.Dispute);
        return known.Until >= freeze.Until
            ? state
            : state with
            {
                Freezes = [.. state.Freezes.Where(other => other != known && other.Until > now), freeze],
            };
    }

    /// <summary>The dispute freezes no more; others do.</summary>
    public static ReputationState Thaw(ReputationState state, JobId dispute) =>
        state.Freezes.Any(freeze => freeze.Dispute == dispute)
            ? state with
            {
                Freezes = [.. state.Freezes.Where(freeze => freeze.Dispute != dispute)],
            }
            : state;

    private static ReputationState Judge(ReputationState state, Judgment judgment, DateTimeOffset now)
    {
        state = ReputationRules.WithoutFaultsOf(ReputationRules.At(Thaw(state, judgment.Dispute), now), judgment.Dispute);
        if (state.Judgments.Length >= SlashPolicy.JudgmentsMax)
        {
            var oldest = Oldest(state);
            state = state with { Judgments = state.Judgments.Remove(oldest), JudgedBefore = oldest.At };
        }
        return state with { Judgments = state.Judgments.Add(judgment) };
    }

    private static Judgment Oldest(ReputationState state) => state.Judgments.MinBy(judgment => judgment.At);

    private static bool IsAtStake(Stake stake) => stake.Phase is StakePhase.Held or StakePhase.Unbonding;
}
