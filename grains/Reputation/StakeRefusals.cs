using System.Collections.Immutable;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>Why a stake is refused, or cannot be taken back.</summary>
internal static class StakeRefusals
{
    public static WorkerId RequireWorker(string key) =>
        ReputationKeys.WorkerOf(key)
        ?? throw new MarketException(ErrorCode.Forbidden, $"'{key}' is a buyer's reputation; accounts stake for workers only.");

    /// <returns>The hold that the stake is.</returns>
    public static HoldId RequireForm(WorkerId worker, AccountId account, StakeRequest request)
    {
        AccountRefusals.RequireRequestId(request.RequestId, MarketLimits.RequestIdBytesMax);
        AccountRefusals.RequireSome(request.Amount);
        try
        {
            return new HoldId(HoldPurpose.Stake, IdDerivation.Stake(worker, account, request.RequestId));
        }
        catch (ArgumentException)
        {
            throw new MarketException(ErrorCode.MalformedRequest, "The request id has half of a surrogate pair, which is no text.");
        }
    }

    /// <summary>
    /// What was given up stays so: its hold may be ending in this moment, and a stake that counts must have one.
    /// </summary>
    public static void RequireSame(Stake known, StakeRequest request)
    {
        if (known.Amount != request.Amount)
        {
            throw new MarketException(
                ErrorCode.RequestIdReused,
                $"The request id '{request.RequestId}' belongs to a stake of {known.Amount}, of {known.At:O}; this one is of "
                    + $"{request.Amount}. Use another request id for another stake."
            );
        }
        if (known.Phase is StakePhase.Refused)
        {
            throw new MarketException(
                ErrorCode.RequestIdReused,
                $"The stake of the request id '{request.RequestId}' was given up. What of it is on hold is available again soon after "
                    + $"{known.EndsAt:O}. Use another request id."
            );
        }
        if (known.Phase is StakePhase.Slashed)
        {
            throw new MarketException(
                ErrorCode.RequestIdReused,
                $"The stake of the request id '{request.RequestId}' was slashed, the last time for the disputed job "
                    + $"{known.Loss!.Dispute}, and is used up. Use another request id."
            );
        }
    }

    public static void RequireRoom(ReputationState state, AccountId account, bool isOwn)
    {
        if (StakeRules.HasRoom(state, account, isOwn))
        {
            return;
        }
        var own = state.Stakes.Count(stake => stake.Account == account);
        throw new MarketException(
            ErrorCode.LimitExceeded,
            $"There are {state.Stakes.Length} stakes for the worker, {own} of account {account}; allowed are {MarketLimits.StakesMax}, the "
                + $"last {MarketLimits.StakesOfAccountMax} for the worker's own account, and {MarketLimits.StakesOfAccountMax} of one "
                + "account. One that is taken back makes room when its money is available again."
        );
    }

    /// <summary>An account that cannot pay leaves nothing behind, and takes no room.</summary>
    public static void RequireMoney(AccountView account, StakeRequest request)
    {
        if (account.Available < request.Amount)
        {
            throw Insufficient(request.Amount, $"has {account.Available} available");
        }
    }

    /// <summary>The account's answer to a stake that it does not hold.</summary>
    public static MarketException Of(HoldOutcome outcome, Caller caller, Stake asked) =>
        outcome switch
        {
            HoldOutcome.InsufficientFunds => Insufficient(asked.Amount, "has less available"),
            HoldOutcome.SpendLimitReached => new(
                ErrorCode.SpendLimitReached,
                $"The spend limit of key '{caller.KeyId}' does not cover a stake of {asked.Amount}. Use a key with a higher limit."
            ),
            HoldOutcome.TooManyHolds => new(
                ErrorCode.LimitExceeded,
                $"Account {asked.Account} has {AccountPolicy.FundsMax} holds beside those for jobs, the most. Take some back first."
            ),
            HoldOutcome.Ended => new(
                ErrorCode.RequestIdReused,
                $"The stake of the request id '{asked.RequestId}' has ended and its money went back. Use another request id."
            ),
            HoldOutcome.HeldDifferently => new(
                ErrorCode.RequestIdReused,
                $"The request id '{asked.RequestId}' has money on hold of an earlier attempt. Use another request id."
            ),
            _ => throw new InvalidOperationException($"This is a bug in the market: a stake is answered with {outcome}."),
        };

    /// <returns>The caller's stakes that are named.</returns>
    public static IReadOnlyList<Stake> Require(ReputationState state, AccountId account, ImmutableArray<string> requestIds)
    {
        var count = requestIds.IsDefault ? 0 : requestIds.Length;
        if (count is 0 or > MarketLimits.StakesOfAccountMax)
        {
            throw new MarketException(
                ErrorCode.LimitExceeded,
                $"The request names {count} stakes; allowed are 1 to {MarketLimits.StakesOfAccountMax}."
            );
        }
        return
        [
            .. requestIds.Distinct().Select(requestId => StakeRules.Find(state, account, requestId) ?? throw NotFound(account, requestId)),
        ];
    }

    private static MarketException NotFound(AccountId account, string requestId) =>
        new(
            ErrorCode.StakeNotFound,
            $"Account {account} has no stake '{requestId}' for this worker: it was never made, or its money went back. The worker's score "
                + "lists the account's stakes."
        );

    private static MarketException Insufficient(TokenAmount amount, string seen) =>
        new(
            ErrorCode.InsufficientFunds,
            $"The account {seen}; {amount} cannot be put at stake. Money that is held is free when its jobs have ended."
        );
}
