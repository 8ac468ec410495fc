using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>Money that comes in from outside and goes out, and holds that no job stands on.</summary>
public sealed partial class AccountGrain
{
    public async Task Credit(string operation, TokenAmount amount, DateTimeOffset? at, Authority by)
    {
        RequireSound();
        Authorities.Require(by, Authority.Silo, Authority.Treasury);
        AccountRefusals.RequireCredit(_terms, at, by);
        RequireSameMarket();
        await (at is { } moment ? CreditDated(operation, amount, moment) : CreditUndated(operation, amount));
    }

    public async Task<AccountView> Grant(Caller caller, string operation, TokenAmount amount, DateTimeOffset? at)
    {
        RequireSound();
        Authorities.Require(caller, Scopes.Admin);
        AccountRefusals.RequireGrants(_terms);
        AccountRefusals.RequireSome(amount);
        AccountRefusals.RequireRequestId(operation, MarketLimits.CreditIdBytesMax);
        await RequireOperatorOf(caller);
        var named = AccountPolicy.GrantPrefix + operation;
        // A repetition is of the moment at which it was done, whatever it says now.
        var known = _account.Operations.Find(OperationKind.Credit, named) ?? _account.Operations.Find(OperationKind.Reversal, named);
        await CreditDated(named, amount, known?.At ?? at ?? _clock.GetUtcNow());
        return _account.ToView(_id);
    }

    public async Task RequireOperator(Caller caller)
    {
        Authorities.Require(caller, Scopes.Admin);
        await RequireOpen();
        AccountRefusals.RequireOperator(await RequireKey(caller));
        await _journal.Settled();
    }

    /// <summary>What the gateway knows of the key may be seconds old, and says nothing of its spend limit.</summary>
    private Task RequireOperatorOf(Caller caller) =>
        caller.Account == _id ? RequireOperator(caller) : GrainFactory.GetGrain<IAccountGrain>($"{caller.Account}").RequireOperator(caller);

    public async Task Debit(string operation, TokenAmount amount, DateTimeOffset at, Authority by)
    {
        await RequireOpen();
        Authorities.Require(by, Authority.Treasury);
        if (await IsDone(OperationKind.Debit, operation, at, amount))
        {
            return;
        }
        await RefuseIf(amount > _account.Available ? AccountRefusals.Insufficient(_account.Available, amount) : null);
        await Append(new Debited(operation, amount, at, _clock.GetUtcNow()));
    }

    public async Task ReverseCredit(string operation, TokenAmount amount, DateTimeOffset at, Authority by)
    {
        RequireSound();
        Authorities.Require(by, Authority.Treasury);
        await TakeBack(OperationKind.Credit, new CreditReversed(operation, amount, at, _clock.GetUtcNow()), operation, amount, at);
    }

    public async Task Compensate(string operation, TokenAmount amount, DateTimeOffset at, Authority by)
    {
        RequireSound();
        AccountRefusals.RequireCompensations(_terms, _account, by);
        await BringIn(OperationKind.Compensation, new Compensated(operation, amount, at, _clock.GetUtcNow()), operation, amount, at);
    }

    public async Task ReverseCompensation(string operation, TokenAmount amount, DateTimeOffset at, Authority by)
    {
        RequireSound();
        AccountRefusals.RequireCompensations(_terms, _account, by);
        var reversed = new CompensationReversed(operation, amount, at, _clock.GetUtcNow());
        await TakeBack(OperationKind.Compensation, reversed, operation, amount, at);
    }

    public async Task<HoldOutcome> SetAside(Caller caller, HoldId hold, TokenAmount amount, DateTimeOffset at)
    {
        Authorities.Require(caller, Scopes.Submit);
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
        await RequireInTime(at, OperationKind.Hold, AccountRules.LateMax(hold));
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
        Authorities.Require(by, Authority.Treasury, Authority.Reputation);
        if (settlement.Hold.Purpose is not HoldPurpose.Stake)
        {
            Authorities.Require(by, Authority.Treasury);
        }
        if (_account.FindHold(settlement.Hold) is not null)
        {
            // If the process ends after the append, the reminder sends the shares. A hold for another purpose than a job sets none.
            await Remind();
        }
        if (AccountRules.SettleShared(_account, _id, settlement) is { } divided)
        {
            await AppendAndSend(divided, divided.Transfers);
            return;
        }
        await RequireNewest();
    }

    public async Task ChargeHold(HoldCharge charge, Authority by)
    {
        RequireSound();
        Authorities.Require(by, Authority.Reputation);
        AccountRefusals.RequireCharge(charge);
        if (_account.FindHold(charge.Hold) is not null)
        {
            // As for a settlement.
            await Remind();
        }
        if (AccountRules.ChargeHold(_account, _id, charge) is { } charged)
        {
            await AppendAndSend(charged, charged.Transfers);
            return;
        }
        await RequireNewest();
        AccountRules.RequireNoneBefore(_account, charge);
    }

    private async Task AppendAndSend(AccountEvent paid, ImmutableArray<OutgoingCharge> transfers)
    {
        BeginReconciling();
        await Append(paid);
        foreach (var transfer in transfers)
        {
            _ = Deliver(transfer.Payee);
        }
    }

    private Task CreditDated(string operation, TokenAmount amount, DateTimeOffset at) =>
        BringIn(OperationKind.Credit, new Credited(operation, amount, at, _clock.GetUtcNow()), operation, amount, at);

    /// <summary>Once; not at all where it was taken back before it came.</summary>
    private async Task BringIn(OperationKind kind, AccountEvent happened, string operation, TokenAmount amount, DateTimeOffset at)
    {
        if (await IsDone(kind, operation, at, amount))
        {
            return;
        }
        if (_account.Operations.Knows(AccountOperations.ReversalOf(kind), operation))
        {
            await _journal.Settled();
            AccountRefusals.RequireSame(_account, AccountOperations.ReversalOf(kind), operation, new Operation(at, amount));
            return;
        }
        await RefuseIf(AccountRefusals.OfCredit(_account, amount));
        await Append(happened);
    }

    private async Task TakeBack(OperationKind kind, AccountEvent happened, string operation, TokenAmount amount, DateTimeOffset at)
    {
        if (!await IsDone(AccountOperations.ReversalOf(kind), operation, at, amount))
        {
            AccountRefusals.RequireSame(_account, kind, operation, new Operation(at, amount));
            await Append(happened);
        }
    }

    /// <summary>A credit without a moment is remembered for ever: what silos bring in once, and what builds before moments wrote.</summary>
    private async Task CreditUndated(string operation, TokenAmount amount)
    {
        AccountRefusals.RequireOperationId(operation);
        if (_account.Credits.Contains(operation))
        {
            await _journal.Settled();
            return;
        }
        var count = _account.Credits.Count;
        await RefuseIf(count >= AccountPolicy.UndatedCreditsMax ? AccountRefusals.TooManyUndated(_id, count) : null);
        await RefuseIf(AccountRefusals.OfCredit(_account, amount));
        await Append(new Credited(operation, amount, null, null));
    }

    /// <returns>Whether this operation was done; its answer then rests on what is durable.</returns>
    /// <exception cref="MarketException">The id belongs to another operation, or the operation is too old or too early to be
    /// done.</exception>
    private async Task<bool> IsDone(OperationKind kind, string operation, DateTimeOffset at, TokenAmount amount)
    {
        AccountRefusals.RequireOperationId(operation);
        if (_account.Operations.Find(kind, operation) is { } done)
        {
            await _journal.Settled();
            return done == new Operation(at, amount) ? true : throw AccountRefusals.Reused(operation);
        }
        await RequireInTime(at, kind);
        return false;
    }

    private ValueTask RequireInTime(DateTimeOffset at, OperationKind kind, TimeSpan? lateMax = null) =>
        RefuseIf(AccountRefusals.OfMoment(_id, _account.Operations, kind, at, _clock.GetUtcNow(), lateMax));
}
