using Marketplace.GrainInterfaces;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Gateway;

/// <summary>The account of the key that asks.</summary>
internal static class AccountApi
{
    public static void MapAccountApi(this IEndpointRouteBuilder routes) =>
        routes.MapGet(Routes.Account, Get).WithName("GetAccount").WithTags("Account").Needs(Scopes.Read).Refuses(ErrorCode.AccountNotFound);

    /// <summary>The account's money and open jobs.</summary>
    internal static async Task<JsonAnswer<Account>> Get(HttpContext http, IGrainFactory grains)
    {
        var view = await grains.GetGrain<IAccountGrain>(http.Caller().Account.ToString()).Get().WaitAsync(http.RequestAborted);
        return Answer.Ok(AccountMapper.ToAccount(view), ApiJson.Default.Account);
    }
}
