using System.Text;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>Why an account refuses an operation from outside or a key: what was seen, what is allowed, what to do.</summary>
internal static class AccountRefusals
{
    public static void RequireOperationId(string operation)
    {
        var size = Encoding.UTF8.GetByteCount(operation);
        if (size is 0 or > AccountPolicy.OperationBytesMax)
        {
            throw new MarketException(
                ErrorCode.LimitExceeded,
                $"The operation's id has {size} bytes; allowed are 1 to {AccountPolicy.OperationBytesMax}."
            );
        }
    }

    public static void RequireKeyForm(KeyRequest request)
    {
        var size = Encoding.UTF8.GetByteCount(request.Name);
        if (size is 0 or > MarketLimits.NameBytesMax)
        {
            throw new MarketException(
                ErrorCode.LimitExceeded,
                $"The key's name has {size} bytes; allowed are 1 to {MarketLimits.NameBytesMax}."
            );
        }
        if (
            (request.Scopes & ~(Scopes.Read | Scopes.Submit | Scopes.Deploy | Scopes.Admin | Scopes.Transfer)) != 0
            || request.Scopes == Scopes.None
        )
        {
            throw new MarketException(
                ErrorCode.MalformedRequest,
                "A key needs one or more of the scopes read, submit, deploy, transfer, admin."
            );
        }
    }

    /// <summary>Only stakes are paid in parts, each part to some.</summary>
    public static void RequireCharge(HoldCharge charge)
    {
        if (charge.Hold.Purpose is not HoldPurpose.Stake)
        {
            throw new MarketException(
                ErrorCode.MalformedRequest,
                $"A hold for {charge.Hold.Purpose} is not paid in parts; one for {HoldPurpose.Stake} is."
            );
        }
        var count = charge.Amounts.IsDefault ? 0 : charge.Amounts.Length;
        if (count is 0 or > AccountPolicy.PayeesMax || charge.Number < 1)
        {
            throw new MarketException(
                ErrorCode.LimitExceeded,
                $"Part {charge.Number} of {charge.Hold} has {count} payees; parts are numbered from 1, and have 1 to "
                    + $"{AccountPolicy.PayeesMax} payees."
            );
        }
    }

    /// <summary>In a market that settles on a chain only a deposit brings money in: it has a moment, and can be taken back.</summary>
    public static void RequireCredit(AccountTerms terms, DateTimeOffset? at, Authority by)
    {
        if (terms.SettlesOnChain && (at is null || by != Authority.Treasury))
        {
            throw OnlyDeposits($"a credit by {by} {(at is null ? "without" : "with")} a moment is none");
        }
    }

    public static void RequireGrants(AccountTerms terms)
    {
        if (terms.SettlesOnChain)
        {
            throw OnlyDeposits("the operator credits nothing. Deposit for the account there");
        }
    }

    /// <summary>Sums of what many accounts have stay far from what an amount can hold.</summary>
    public static MarketException? OfCredit(AccountState account, TokenAmount amount) =>
        amount > MarketLimits.CreditedMax || account.CreditedTotal > MarketLimits.CreditedMax - amount
            ? TooMuchCredit(account.CreditedTotal, amount)
            : null;

    /// <exception cref="MarketException">The id belongs to another operation.</exception>
    public static void RequireSame(AccountState account, OperationKind kind, string id, Operation operation)
    {
        if (account.Operations.Find(kind, id) is { } known && known != operation)
        {
            throw Reused(id);
        }
    }

    /// <summary>An account that earns on a chain which the silo does not have is refused as every change of it is.</summary>
    public static void RequireCompensations(AccountTerms terms, AccountState account, Authority by)
    {
        Authorities.Require(by, Authority.Treasury);
        if (!terms.SettlesOnChain && !account.EarnsOnChain)
        {
            throw new MarketException(
                ErrorCode.Forbidden,
                "This market settles on no chain: no stake is slashed there, so there is nothing to compensate an account with."
            );
        }
    }

    private static MarketException OnlyDeposits(string why) =>
        new(ErrorCode.Forbidden, $"This market settles on a chain: money comes in as deposits on the chain, and {why}.");

    /// <summary>Money that can be spent here and money that is claimed on a chain must never meet in one market.</summary>
    /// <exception cref="InvalidOperationException">The silo's configuration is not that of the account's beginning.</exception>
    public static void RequireSameMarket(AccountTerms terms, AccountId account, bool hasHistory, bool earnsOnChain)
    {
        if (hasHistory && terms.SettlesOnChain != earnsOnChain)
        {
            throw new InvalidOperationException(
                terms.SettlesOnChain
                    ? $"Account {account} cannot be changed: this silo is configured to settle on a chain, but the market was begun "
                        + "without one, and its balances have no deposits behind them. Start the silo without the chain, or begin a new "
                        + "market."
                    : $"Account {account} cannot be changed: this silo is configured to settle nowhere, but the market was begun with a "
                        + "chain, on which its earnings are claimed. Start the silo with that chain."
            );
        }
    }

    public static void RequireSome(TokenAmount amount)
    {
        if (amount.IsZero)
        {
            throw new MarketException(ErrorCode.LimitExceeded, "The amount is 0; allowed are 1 and more.");
        }
    }

    /// <returns>The list in order, each entry once, so that the same list in other words is the same list.</returns>
    public static RefusalList RequireList(RefusalList refusals)
    {
        var ordered = new RefusalList(
            refusals.Workers.IsDefault ? [] : [.. refusals.Workers.Distinct().Order()],
            refusals.Owners.IsDefault ? [] : [.. refusals.Owners.Distinct().Order()]
        );
        var count = ordered.Workers.Length + ordered.Owners.Length;
        return count <= AccountPolicy.RefusalsMax
            ? ordered
            : throw new MarketException(
                ErrorCode.LimitExceeded,
                $"The list has {count} workers and owners; allowed are {AccountPolicy.RefusalsMax} together, because each is in every job "
                    + "of the account. A job may name more itself."
            );
    }

    /// <summary>The id that a client gives its transfer or its credit.</summary>
    public static void RequireRequestId(string requestId, int bytesMax)
    {
        var size = Encoding.UTF8.GetByteCount(requestId);
        if (size == 0 || size > bytesMax)
        {
            throw new MarketException(ErrorCode.LimitExceeded, $"The request's id has {size} bytes; allowed are 1 to {bytesMax}.");
        }
    }

    public static void RequireTransfer(AccountId self, TransferOrder order)
    {
        RequireRequestId(order.RequestId, MarketLimits.RequestIdBytesMax);
        RequireSome(order.Amount);
        if (order.To == self)
        {
            throw new MarketException(
                ErrorCode.LimitExceeded,
                $"Account {self} would pay itself; a transfer goes to another account. Name that one."
            );
        }
    }

    public static MarketException ReusedRequest(TransferOrder order, Operation done) =>
        new(
            ErrorCode.RequestIdReused,
            $"The request id '{order.RequestId}' belongs to a transfer of {done.Amount} to {done.To}; this one is of {order.Amount} to "
                + $"{order.To}. Use another request id for another transfer."
        );

    public static MarketException NoPayee(AccountId payee) =>
        new(
            ErrorCode.AccountNotFound,
            $"There is no account {payee}: it was neither opened nor ever paid. Check the id, and have its owner open it first; money for "
                + "a key that is in no one's hands would be lost."
        );

    public static MarketException TooManyPayees(int count) =>
        new(
            ErrorCode.LimitExceeded,
            $"The account has paid {count} others; from {AccountPolicy.TransferPayeesMax} on transfers go only to those. Use another "
                + "account for further payees."
        );

    public static MarketException CannotTransfer(AccountState account, AccountKey key, TokenAmount amount) =>
        amount > account.Available
            ? new(
                ErrorCode.InsufficientFunds,
                $"The account has {account.Available} available; {amount} cannot be sent. Money that is held is free when its jobs have "
                    + "ended."
            )
            : new(
                ErrorCode.SpendLimitReached,
                $"Key '{key.Id}' has a spend limit of {key.SpendLimit}, of which {key.Spent} is spent and {key.Held} held; {amount} more "
                    + "cannot be sent. Use a key with a higher limit."
            );

    public static MarketException NotOurChallenge() =>
        new(
            ErrorCode.ChallengeRefused,
            "The challenge was not made by this market for this account. Ask for one with POST /v1/accounts/challenges."
        );

    public static MarketException ChallengeOutOfTime(DateTimeOffset at, DateTimeOffset now) =>
        new(
            ErrorCode.ChallengeRefused,
            $"The challenge is of {at:O}, it is {now:O} now; a challenge is good for {MarketLimits.ChallengeAge.TotalMinutes} minutes. Ask "
                + "for another one with POST /v1/accounts/challenges."
        );

    public static MarketException TooManyKeys(int valid, int ever) =>
        new(
            ErrorCode.TooManyKeys,
            $"The account has {valid} valid keys and {ever} in all; allowed are {AccountPolicy.KeysMax} and "
                + $"{AccountPolicy.KeysEverMax}. A revoked key makes room among the valid ones."
        );

    public static MarketException UsedChallenge() =>
        new(
            ErrorCode.ChallengeRefused,
            "The challenge was used, or is older than one that was used: each gives one key. Ask for another one with "
                + "POST /v1/accounts/challenges."
        );

    public static MarketException WrongSignature(AccountId account) =>
        new(
            ErrorCode.SignatureRefused,
            $"The signature is not by the key of account {account} over this challenge and this request. Sign the message that "
                + "'AccountOpening' describes, with the market's key that came with the challenge."
        );

    public static MarketException TooManyAccounts() =>
        new(
            ErrorCode.TooManyAccounts,
            "As many accounts were opened here as allowed for now. Try again later; accounts that have a key are not affected."
        );

    public static MarketException Reused(string operation) =>
        new(ErrorCode.RequestIdReused, $"The operation '{operation}' was done before with another amount or moment.");

    /// <summary>Forgets what is old, where there is no room for another operation: else no event comes that would.</summary>
    /// <returns>Why an operation of the moment is not done; null where it is.</returns>
    public static MarketException? OfMoment(
        AccountId account,
        AccountOperations operations,
        OperationKind kind,
        DateTimeOffset at,
        DateTimeOffset now,
        TimeSpan? lateMax
    )
    {
        var oldest = now - (lateMax ?? AccountPolicy.OperationMemory);
        if (oldest < operations.ForgottenBefore)
        {
            oldest = operations.ForgottenBefore;
        }
        if (at < oldest || at > now + AccountPolicy.OperationEarlyMax)
        {
            return OutOfTime(at, oldest, now);
        }
        if (!AccountRules.HasRoomFor(kind, operations))
        {
            operations.Forget(now);
        }
        return AccountRules.HasRoomFor(kind, operations) ? null : TooManyOperations(account, operations);
    }

    private static MarketException OutOfTime(DateTimeOffset at, DateTimeOffset oldest, DateTimeOffset now) =>
        new(
            ErrorCode.LimitExceeded,
            $"The operation is of {at:O}; allowed are moments from {oldest:O} to {now + AccountPolicy.OperationEarlyMax:O}. An older one "
                + "may have been done and forgotten: look whether it was."
        );

    private static MarketException TooManyOperations(AccountId account, AccountOperations operations)
    {
        var (seen, allowed) =
            operations.Count >= AccountPolicy.OperationsMax
                ? ($"{operations.Count} operations", AccountPolicy.OperationsMax)
                : ($"{AccountRules.OfOwnKeys(operations)} transfers and holds that have ended", AccountPolicy.KeyOperationsMax);
        return new(
            ErrorCode.LimitExceeded,
            $"Account {account} had {seen} within {AccountPolicy.OperationMemory.TotalDays} days; allowed are {allowed}. Send this one "
                + "later."
        );
    }

    public static MarketException TooMuchCredit(TokenAmount total, TokenAmount amount) =>
        new(
            ErrorCode.LimitExceeded,
            $"The account was credited {total} in all; {amount} more is beyond {MarketLimits.CreditedMax}, the most that one account is "
                + "ever credited. Credit another account."
        );

    /// <summary>A key with a spend limit would get past it with what it credits.</summary>
    public static void RequireOperator(AccountKey key)
    {
        if ((key.Scopes & Scopes.Admin) == Scopes.None || key.SpendLimit is not null)
        {
            throw new MarketException(
                ErrorCode.Forbidden,
                $"Key '{key.Id}' has the scopes '{Words(key.Scopes)}' and "
                    + (key.SpendLimit is { } limit ? $"a spend limit of {limit}" : "no spend limit")
                    + "; crediting takes a key with the scope admin and without a spend limit."
            );
        }
    }

    public static MarketException TooManyUndated(AccountId account, int count) =>
        new(
            ErrorCode.LimitExceeded,
            $"Account {account} was credited {count} times without a moment; allowed are {AccountPolicy.UndatedCreditsMax}. Name the "
                + "moment of each credit."
        );

    public static MarketException Insufficient(TokenAmount available, TokenAmount wanted) =>
        new(
            ErrorCode.InsufficientFunds,
            $"The account has {available}; {wanted} cannot be taken out. Money that is held is free when its jobs have ended."
        );

    /// <summary>
    /// Does not check whether the key is still valid: a repeated revocation by a key that has revoked itself changes nothing and succeeds.
    /// </summary>
    public static void RequireAdministrator(AccountId account, Caller? caller, Authority by)
    {
        if (caller is null)
        {
            Authorities.Require(by, Authority.Silo);
        }
        else if (caller.Account != account || (caller.Scopes & Scopes.Admin) == Scopes.None)
        {
            throw new MarketException(
                ErrorCode.Forbidden,
                $"Key '{caller.KeyId}' of account {caller.Account} with the scopes '{Words(caller.Scopes)}' asks for keys of account "
                    + $"{account}; allowed are the account's own keys with the scope admin."
            );
        }
    }

    /// <summary>A key never makes one that may do more than itself.</summary>
    public static void RequireNoMore(AccountKey key, KeyRequest request)
    {
        if ((request.Scopes & ~key.Scopes) != Scopes.None)
        {
            throw new MarketException(
                ErrorCode.Forbidden,
                $"The new key would have the scopes '{Words(request.Scopes)}', but the key that creates it has only "
                    + $"'{Words(key.Scopes)}'. Ask for no more than those."
            );
        }
        if (key.SpendLimit is { } limit)
        {
            throw new MarketException(
                ErrorCode.Forbidden,
                $"Key '{key.Id}' has a spend limit of {limit}, so it cannot create keys: a new key would not share the limit. Use a key "
                    + "without a spend limit."
            );
        }
    }

    private static string Words(Scopes scopes) => scopes.ToString().ToLowerInvariant();
}
