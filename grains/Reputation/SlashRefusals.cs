using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>Why a reputation refuses what a dispute says.</summary>
internal static class SlashRefusals
{
    public static void RequireForm(SlashOrder order)
    {
        if (order.Payees.IsDefault || order.Payees.Length >= AccountPolicy.PayeesMax)
        {
            var count = order.Payees.IsDefault ? 0 : order.Payees.Length;
            throw new MarketException(
                ErrorCode.LimitExceeded,
                $"The slash for {order.Dispute} has {count} payees; allowed are 0 to {AccountPolicy.PayeesMax - 1}."
            );
        }
    }

    public static void RequireRoom(ReputationState state, DateTimeOffset now)
    {
        if (!SlashRules.HasRoom(state, now))
        {
            throw new MarketException(
                ErrorCode.LimitExceeded,
                $"{state.Judgments.Length} disputes are remembered of the worker, the most, and none is older than "
                    + $"{SlashPolicy.JudgmentMemory.TotalDays} days. This one is tried again."
            );
        }
    }

    /// <param name="frozen">As it would be kept.</param>
    public static void RequireRoom(ReputationState frozen)
    {
        if (frozen.Freezes.Length > SlashPolicy.FreezesMax)
        {
            throw new MarketException(
                ErrorCode.LimitExceeded,
                $"{SlashPolicy.FreezesMax} disputes freeze what is at stake for the worker, the most. This one is tried again."
            );
        }
    }

    public static void RequireWrong(Judgment known)
    {
        if (!known.IsWrong)
        {
            throw Contradiction(known, "right");
        }
    }

    public static void RequireRight(Judgment known)
    {
        if (known.IsWrong)
        {
            throw Contradiction(known, "wrong");
        }
    }

    private static MarketException Contradiction(Judgment known, string found) =>
        new(
            ErrorCode.MalformedRequest,
            $"The dispute {known.Dispute} has found the worker's result {found} at {known.At:O}; a verdict stays, and does not change."
        );
}
