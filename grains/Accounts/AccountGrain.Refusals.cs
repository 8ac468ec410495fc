using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>Workers and owners that get no jobs of the account. A batch of jobs gets the list with its holds.</summary>
public sealed partial class AccountGrain
{
    public async Task<RefusalList> GetRefusals(Caller caller)
    {
        Authorities.Require(caller, _id, Scopes.Read);
        await RequireOpen();
        await _journal.Settled();
        return _account.Refusals;
    }

    public async Task<RefusalList> SetRefusals(Caller caller, RefusalList refusals)
    {
        Authorities.Require(caller, _id, Scopes.Submit);
        await RequireOpen();
        await RequireKey(caller);
        var ordered = AccountRefusals.RequireList(refusals);
        if (ordered.IsSame(_account.Refusals))
        {
            await RequireNewest();
            return _account.Refusals;
        }
        await Append(new RefusalsSet(ordered));
        return ordered;
    }
}
