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

    public static MarketException Reused(string operation) =>
        new(ErrorCode.RequestIdReused, $"The operation '{operation}' was done before with another amount or moment.");

    public static MarketException OutOfTime(DateTimeOffset at, DateTimeOffset oldest, DateTimeOffset now) =>
        new(
            ErrorCode.LimitExceeded,
            $"The operation is of {at:O}; allowed are moments from {oldest:O} to {now + AccountPolicy.OperationEarlyMax:O}. An older one "
                + "may have been done and forgotten: look whether it was."
        );

    public static MarketException TooManyOperations(AccountId account, int count) =>
        new(
            ErrorCode.LimitExceeded,
            $"Account {account} had {count} operations within {AccountPolicy.OperationMemory.TotalDays} days; allowed are "
                + $"{AccountPolicy.OperationsMax}. Send this one later."
        );

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
