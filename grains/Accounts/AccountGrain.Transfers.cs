using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>Money that the account's owner sends. It travels as charges of jobs do, by the sequence of the pair.</summary>
public sealed partial class AccountGrain
{
    public async Task<AccountView> Transfer(Caller caller, TransferOrder order)
    {
        Authorities.Require(caller, Scopes.Transfer);
        await RequireOpen();
        AccountRefusals.RequireTransfer(_id, order);
        if (await FindDone(order) is { } earlier)
        {
            return earlier;
        }
        await RequireMayTransfer(caller, order);
        await RequirePayee(order.To);
        // If the process ends after the append, the reminder sends the money.
        await Remind();

        // Other calls came between: from here to the append there is no wait.
        if (await FindDone(order) is { } meanwhile)
        {
            return meanwhile;
        }
        var key = await RequireMayTransfer(caller, order);
        var now = _clock.GetUtcNow();
        BeginReconciling();
        await Append(AccountRules.Transfer(_account, key, order, order.At ?? now, now));
        _ = Deliver(order.To);
        return _account.ToView(_id);
    }

    /// <returns>The account, where the transfer was ordered before.</returns>
    /// <exception cref="MarketException">The request id belongs to another transfer.</exception>
    private async ValueTask<AccountView?> FindDone(TransferOrder order)
    {
        if (_account.Operations.Find(OperationKind.Transfer, order.RequestId) is not { } done)
        {
            return null;
        }
        await _journal.Settled();
        return done.To == order.To && done.Amount == order.Amount ? _account.ToView(_id) : throw AccountRefusals.ReusedRequest(order, done);
    }

    /// <summary>Waits only to refuse.</summary>
    private async ValueTask<AccountKey> RequireMayTransfer(Caller caller, TransferOrder order)
    {
        var key = await RequireKey(caller);
        await RequireInTime(order.At ?? _clock.GetUtcNow(), OperationKind.Transfer);
        var isCovered = AccountRules.MayTransfer(_account, key, order.Amount);
        await RefuseIf(isCovered ? null : AccountRefusals.CannotTransfer(_account, key, order.Amount));
        await RefuseIf(AccountRules.MayPay(_account, order.To) ? null : AccountRefusals.TooManyPayees(_account.Outgoings.Count));
        return key;
    }

    /// <summary>An account that is open stays so: no money is ever on its way to none.</summary>
    private async Task RequirePayee(AccountId payee)
    {
        try
        {
            await GrainFactory.GetGrain<IAccountGrain>(payee.ToString()).Get();
        }
        catch (MarketException failure) when (failure.Code == ErrorCode.AccountNotFound)
        {
            throw AccountRefusals.NoPayee(payee);
        }
    }
}
