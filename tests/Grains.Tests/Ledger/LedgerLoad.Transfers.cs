using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests.Ledger;

/// <summary>Transfers that owners order.</summary>
internal sealed partial class LedgerLoad
{
    private async Task Transfer(LedgerClient account)
    {
        var caller = account.Keys[_chance.Below(account.Keys.Count)];
        var order = new TransferOrder(NewName(), AnyAccount().Id, AnyAmount(3000), Now);
        _books.ExpectTransfer(account.Id, order);
        if (await Send("transfer", account, async grains => await TryTransfer(grains, caller, order)) == Sent)
        {
            _books.RequireTransferred(account.Id, order.RequestId);
        }
    }

    private const string Sent = "sent";

    private static async Task<string> TryTransfer(IAccountGrain account, Caller caller, TransferOrder order)
    {
        try
        {
            await account.Transfer(caller, order);
            return Sent;
        }
        catch (MarketException refused)
            when (refused.Code is ErrorCode.AccountNotFound or ErrorCode.SpendLimitReached or ErrorCode.LimitExceeded)
        {
            // The payee was never opened, the key has spent its limit, or the account would pay itself.
            return $"{refused.Code}";
        }
    }
}
