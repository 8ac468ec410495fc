using Marketplace.GrainInterfaces;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Gateway;

/// <summary>The account of the key that asks, and money that comes and goes.</summary>
internal static class AccountApi
{
    public static void MapAccountApi(this IEndpointRouteBuilder routes)
    {
        var account = routes.MapGroup("").WithTags("Account");
        account.MapGet(Routes.Account, Get).WithName("GetAccount").Needs(Scopes.Read).Refuses(ErrorCode.AccountNotFound);
        account.MapGet(Routes.AccountRefusals, GetRefusals).WithName("GetRefusals").Needs(Scopes.Read).Refuses(ErrorCode.AccountNotFound);
        account
            .MapPut(Routes.AccountRefusals, SetRefusals)
            .WithName("SetRefusals")
            .Needs(Scopes.Submit)
            .TakesJson(typeof(RefusalsRequest), GatewayPolicy.SmallBodyBytesMax)
            .Refuses(ErrorCode.AccountNotFound);
        account.MapGet(Routes.AccountChain, GetChain).WithName("GetAccountChain").Needs(Scopes.Read).Refuses(ErrorCode.SettlementNotFound);
        account
            .MapPut(Routes.AccountChain, SetChain)
            .WithName("SetAccountChain")
            .Needs(Scopes.Read)
            .TakesJson(typeof(AccountChainRequest), GatewayPolicy.SmallBodyBytesMax)
            .Refuses(ErrorCode.SettlementNotFound, ErrorCode.SignatureRefused);
        account
            .MapPost(Routes.Transfers, Transfer)
            .WithName("Transfer")
            .Needs(Scopes.Transfer)
            .TakesJson(typeof(TransferRequest), GatewayPolicy.SmallBodyBytesMax)
            .Refuses(ErrorCode.AccountNotFound, ErrorCode.RequestIdReused, ErrorCode.InsufficientFunds, ErrorCode.SpendLimitReached);
        account
            .MapPost($"{Routes.Accounts}/{{account}}/credits", Credit)
            .WithName("CreditAccount")
            .Needs(Scopes.Admin)
            .TakesJson(typeof(CreditRequest), GatewayPolicy.SmallBodyBytesMax)
            .Refuses(ErrorCode.RequestIdReused);
    }

    /// <summary>The account's money and open jobs.</summary>
    internal static async Task<JsonAnswer<Account>> Get(HttpContext http, IGrainFactory grains)
    {
        var view = await grains.GetGrain<IAccountGrain>(http.Caller().Account.ToString()).Get().WaitAsync(http.RequestAborted);
        return Answer.Ok(AccountMapper.ToAccount(view), ApiJson.Default.Account);
    }

    /// <summary>Which workers and owners of workers get no jobs of the account, beside those that each job names itself.</summary>
    internal static async Task<JsonAnswer<RefusalList>> GetRefusals(HttpContext http, IGrainFactory grains)
    {
        var caller = http.Caller();
        var refusals = await grains.GetGrain<IAccountGrain>(caller.Account.ToString()).GetRefusals(caller).WaitAsync(http.RequestAborted);
        return Answer.Ok(AccountMapper.ToRefusals(refusals), ApiJson.Default.RefusalList);
    }

    /// <summary>Sets that list, all at once. Jobs that are submitted from then on have it; those that are there keep theirs.</summary>
    internal static async Task<JsonAnswer<RefusalList>> SetRefusals(HttpContext http, IGrainFactory grains)
    {
        var request = await RequestReader.Body(http, RequestReader.Json.RefusalsRequest);
        var caller = http.Caller();
        var list = new GrainInterfaces.RefusalList([.. request.Workers], [.. request.Owners]);
        var refusals = await grains.GetGrain<IAccountGrain>(caller.Account.ToString()).SetRefusals(caller, list);
        return Answer.Ok(AccountMapper.ToRefusals(refusals), ApiJson.Default.RefusalList);
    }

    /// <summary>What the books know of the account on the chain where the market settles.</summary>
    internal static async Task<JsonAnswer<AccountChain>> GetChain(HttpContext http, IGrainFactory grains)
    {
        var known = await grains
            .GetGrain<ISettlementGrain>(MarketLimits.SettlementKey)
            .FindAccount(http.Caller().Account)
            .WaitAsync(http.RequestAborted);
        return Answer.Ok(AccountMapper.ToChain(known), ApiJson.Default.AccountChain);
    }

    /// <summary>
    /// Says which address stands for the account on the chain, for ever. The account's own key and the address's key have both signed it,
    /// so any key of the account may bring it.
    /// </summary>
    internal static async Task<JsonAnswer<AccountChain>> SetChain(HttpContext http, IGrainFactory grains)
    {
        var request = await RequestReader.Body(http, RequestReader.Json.AccountChainRequest);
        var settlement = grains.GetGrain<ISettlementGrain>(MarketLimits.SettlementKey);
        var bound = await settlement.Bind(http.Caller(), request.Owner, request.ByAccount, request.ByOwner);
        return Answer.Ok(AccountMapper.ToChain(bound), ApiJson.Default.AccountChain);
    }

    /// <summary>Sends money to another account, once per request id. It arrives by itself, within moments.</summary>
    internal static async Task<JsonAnswer<Account>> Transfer(HttpContext http, IGrainFactory grains)
    {
        var request = await RequestReader.Body(http, RequestReader.Json.TransferRequest);
        var caller = http.Caller();
        var order = new TransferOrder(request.RequestId, request.To, request.Amount, request.At);
        var view = await grains.GetGrain<IAccountGrain>(caller.Account.ToString()).Transfer(caller, order);
        return Answer.Ok(AccountMapper.ToAccount(view), ApiJson.Default.Account);
    }

    /// <summary>Brings new money into an account, once per operation. For the operator.</summary>
    internal static async Task<JsonAnswer<Account>> Credit(HttpContext http, string account, IGrainFactory grains)
    {
        var id = RequestReader.Account(account);
        var request = await RequestReader.Body(http, RequestReader.Json.CreditRequest);
        var view = await grains.GetGrain<IAccountGrain>(id.ToString()).Grant(http.Caller(), request.Operation, request.Amount, request.At);
        return Answer.Ok(AccountMapper.ToAccount(view), ApiJson.Default.Account);
    }
}
