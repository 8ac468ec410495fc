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
        if (at is not { } moment)
        {
            await CreditUndated(operation, amount);
            return;
        }
        await CreditDated(operation, amount, moment);
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
        var reversed = new CreditReversed(operation, amount, at, _clock.GetUtcNow());
        await TakeBack((OperationKind.Reversal, OperationKind.Credit), operation, new Operation(at, amount), reversed);
    }

    public async Task Compensate(string operation, TokenAmount amount, DateTimeOffset at, Authority by)
    {
        RequireCompensations(by);
        var compensated = new Compensated(operation, amount, at, _clock.GetUtcNow());
        var kinds = (OperationKind.Compensation, OperationKind.CompensationReversal);
        await BringIn(kinds, operation, new Operation(at, amount), compensated);
    }

    public async Task ReverseCompensation(string operation, TokenAmount amount, DateTimeOffset at, Authority by)
    {
        RequireCompensations(by);
        var reversed = new CompensationReversed(operation, amount, at, _clock.GetUtcNow());
        var kinds = (OperationKind.CompensationReversal, OperationKind.Compensation);
        await TakeBack(kinds, operation, new Operation(at, amount), reversed);
    }

    private void RequireCompensations(Authority by)
    {
        RequireSound();
        Authorities.Require(by, Authority.Treasury);
        RequireSameMarket();
        AccountRefusals.RequireCompensations(_terms);
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

    private Task CreditDated(string operation, TokenAmount amount, DateTimeOffset at)
    {
        var credited = new Credited(operation, amount, at, _clock.GetUtcNow());
        return BringIn((OperationKind.Credit, OperationKind.Reversal), operation, new Operation(at, amount), credited);
    }

    /// <summary>Once; not at all where it was taken back before it came.</summary>
    private async Task BringIn((OperationKind Own, OperationKind Reversal) kinds, string id, Operation operation, AccountEvent happened)
    {
        if (await IsDone(kinds.Own, id, operation.At, operation.Amount))
        {
            return;
        }
        if (_account.Operations.Find(kinds.Reversal, id) is { } reversal)
        {
            await _journal.Settled();
            if (reversal != operation)
            {
                throw AccountRefusals.Reused(id);
            }
            return;
        }
        await RequireRoomForCredit(operation.Amount);
        await Append(happened);
    }

    private async Task TakeBack((OperationKind Own, OperationKind Taken) kinds, string id, Operation operation, AccountEvent happened)
    {
        if (await IsDone(kinds.Own, id, operation.At, operation.Amount))
        {
            return;
        }
        if (_account.Operations.Find(kinds.Taken, id) is { } taken && taken != operation)
        {
            throw AccountRefusals.Reused(id);
        }
        await Append(happened);
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
        await RequireRoomForCredit(amount);
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

    /// <summary>Sums of what many accounts have stay far from what an amount can hold.</summary>
    private ValueTask RequireRoomForCredit(TokenAmount amount) =>
        RefuseIf(
            amount > MarketLimits.CreditedMax || _account.CreditedTotal > MarketLimits.CreditedMax - amount
                ? AccountRefusals.TooMuchCredit(_account.CreditedTotal, amount)
                : null
        );
}
