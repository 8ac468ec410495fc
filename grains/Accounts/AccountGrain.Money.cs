using System.Text;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>Money that comes in from outside and goes out, and holds that no job stands on.</summary>
public sealed partial class AccountGrain
{
    public async Task Credit(string operation, TokenAmount amount, DateTimeOffset? at, Authority by)
    {
        RequireSound();
        RequireOneOf(by, Authority.Silo, Authority.Treasury);
        if (at is not { } moment)
        {
            await CreditUndated(operation, amount);
            return;
        }
        if (await IsDone(OperationKind.Credit, operation, moment, amount))
        {
            return;
        }
        if (_account.Operations.Knows(OperationKind.Reversal, operation))
        {
            await _journal.Settled();
            return;
        }
        await Append(new Credited(operation, amount, moment, _clock.GetUtcNow()));
    }

    public async Task Debit(string operation, TokenAmount amount, DateTimeOffset at, Authority by)
    {
        await RequireOpen();
        RequireOneOf(by, Authority.Treasury);
        if (await IsDone(OperationKind.Debit, operation, at, amount))
        {
            return;
        }
        if (amount > _account.Available)
        {
            await RequireNewest();
            throw new MarketException(
                ErrorCode.InsufficientFunds,
                $"The account has {_account.Available}; {amount} cannot be taken out. Money that is held is free when its jobs have ended."
            );
        }
        await Append(new Debited(operation, amount, at, _clock.GetUtcNow()));
    }

    public async Task ReverseCredit(string operation, TokenAmount amount, DateTimeOffset at, Authority by)
    {
        RequireSound();
        RequireOneOf(by, Authority.Treasury);
        if (await IsDone(OperationKind.Reversal, operation, at, amount))
        {
            return;
        }
        if (_account.Operations.Find(OperationKind.Credit, operation) is { } credit && credit != (at, amount))
        {
            throw Reused(operation);
        }
        await Append(new CreditReversed(operation, amount, at, _clock.GetUtcNow()));
    }

    public async Task<HoldOutcome> SetAside(Caller caller, HoldId hold, TokenAmount amount, DateTimeOffset at)
    {
        await RequireOpen();
        var key = await RequireKey(caller);
        if (hold.Purpose is HoldPurpose.Job || !Enum.IsDefined(hold.Purpose))
        {
            throw new MarketException(
                ErrorCode.MalformedRequest,
                $"A hold for {hold.Purpose} is not set aside; allowed are Stake, Deal and Withdrawal."
            );
        }
        if (AccountRules.KnownHold(_account, hold, amount, at) is { } known)
        {
            await RequireNewest();
            return known;
        }
        await RequireInTime(at);
        if (AccountRules.Refusal(_account, key, amount) is { } refusal)
        {
            await RequireNewest();
            return refusal;
        }
        await Append(new FundsSetAside(hold, key.Id, amount, at));
        return HoldOutcome.Held;
    }

    public async Task SettleShared(SharedSettlement settlement, Authority by)
    {
        RequireSound();
        RequireOneOf(by, Authority.Treasury);
        if (_account.FindHold(settlement.Hold) is not null)
        {
            // No hold of a job need have set it: a process that ends after the append leaves it, and it sends the shares.
            await Remind();
        }
        if (AccountRules.SettleShared(_account, _id, settlement) is { } divided)
        {
            BeginReconciling();
            await Append(divided);
            foreach (var transfer in divided.Transfers)
            {
                _ = Deliver(transfer.Payee);
            }
            return;
        }

        await RequireNewest();
    }

    private static void RequireOneOf(Authority by, params ReadOnlySpan<Authority> allowed)
    {
        if (!allowed.Contains(by))
        {
            throw new MarketException(ErrorCode.Forbidden, $"{by} may not do this to an account.");
        }
    }

    /// <summary>A credit without a moment is remembered for ever: what silos bring in once, and what builds before moments wrote.</summary>
    private async Task CreditUndated(string operation, TokenAmount amount)
    {
        RequireOperationId(operation);
        if (_account.Credits.Contains(operation))
        {
            await _journal.Settled();
            return;
        }

        if (_account.Credits.Count >= AccountPolicy.UndatedCreditsMax)
        {
            await RequireNewest();
            throw new MarketException(
                ErrorCode.LimitExceeded,
                $"Account {_id} was credited {_account.Credits.Count} times without a moment; allowed are "
                    + $"{AccountPolicy.UndatedCreditsMax}. Name the moment of each credit."
            );
        }
        await Append(new Credited(operation, amount, null, null));
    }

    /// <returns>Whether this operation was done; its answer then rests on what is durable.</returns>
    /// <exception cref="MarketException">The id belongs to another operation, or the operation is too old or too early to be
    /// done.</exception>
    private async Task<bool> IsDone(OperationKind kind, string operation, DateTimeOffset at, TokenAmount amount)
    {
        RequireOperationId(operation);
        if (_account.Operations.Find(kind, operation) is { } done)
        {
            await _journal.Settled();
            return done == (at, amount) ? true : throw Reused(operation);
        }

        await RequireInTime(at);
        return false;
    }

    private async ValueTask RequireInTime(DateTimeOffset at)
    {
        var now = _clock.GetUtcNow();
        var oldest = now - AccountPolicy.OperationMemory;
        if (oldest < _account.Operations.ForgottenBefore)
        {
            oldest = _account.Operations.ForgottenBefore;
        }
        if (at < oldest || at > now + AccountPolicy.OperationEarlyMax)
        {
            await RequireNewest();
            throw new MarketException(
                ErrorCode.LimitExceeded,
                $"The operation is of {at:O}; allowed are moments from {oldest:O} to {now + AccountPolicy.OperationEarlyMax:O}. An older "
                    + "one may have been done and forgotten: look whether it was."
            );
        }
        if (_account.Operations.Count >= AccountPolicy.OperationsMax)
        {
            await RequireNewest();
            throw new MarketException(
                ErrorCode.LimitExceeded,
                $"Account {_id} had {_account.Operations.Count} operations within {AccountPolicy.OperationMemory.TotalDays} days; allowed "
                    + $"are {AccountPolicy.OperationsMax}. Send this one later."
            );
        }
    }

    private static void RequireOperationId(string operation)
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

    private static MarketException Reused(string operation) =>
        new(ErrorCode.RequestIdReused, $"The operation '{operation}' was done before with another amount or moment.");
}
