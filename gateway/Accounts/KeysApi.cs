using System.Text;
using Marketplace.GrainInterfaces;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Gateway;

/// <summary>API keys of the account. A key can make others of at most its own power, and take any of them back.</summary>
internal static class KeysApi
{
    public static void MapKeysApi(this IEndpointRouteBuilder routes)
    {
        var keys = routes.MapGroup("").WithTags("Keys");
        keys.MapPost(Routes.Keys, Create)
            .WithName("CreateKey")
            .Needs(Scopes.Admin)
            .TakesJson(typeof(KeyRequest), GatewayPolicy.SmallBodyBytesMax)
            .Creates<CreatedKey>()
            .Refuses(ErrorCode.TooManyKeys, ErrorCode.AccountNotFound);
        keys.MapGet(Routes.Keys, List).WithName("ListKeys").Needs(Scopes.Admin).Refuses(ErrorCode.AccountNotFound);
        keys.MapDelete($"{Routes.Keys}/{{key}}", Revoke)
            .WithName("RevokeKey")
            .Needs(Scopes.Admin)
            .Produces(StatusCodes.Status204NoContent)
            .Refuses(ErrorCode.KeyNotFound, ErrorCode.AccountNotFound);
    }

    /// <summary>Creates a key. Its secret is in this answer and nowhere else.</summary>
    internal static async Task<JsonAnswer<CreatedKey>> Create(HttpContext http, IGrainFactory grains)
    {
        var request = await RequestReader.Body(http, RequestReader.Json.KeyRequest);
        var caller = http.Caller();
        var scopes = AccountMapper.FromScopes(request.Scopes);
        var nameBytes = Encoding.UTF8.GetByteCount(request.Name);
        if (nameBytes > MarketLimits.NameBytesMax)
        {
            throw new MarketException(ErrorCode.LimitExceeded, GatewayMessages.TextTooLong("name", nameBytes, MarketLimits.NameBytesMax));
        }
        if (scopes == Scopes.None)
        {
            throw new MarketException(ErrorCode.LimitExceeded, GatewayMessages.KeyNeedsScopes);
        }
        var account = grains.GetGrain<IAccountGrain>(caller.Account.ToString());
        var wanted = new GrainInterfaces.KeyRequest(request.Name, scopes, request.SpendLimit);
        var created = await account.CreateKey(wanted, caller, Authority.Gateway);
        return Answer.Created(AccountMapper.ToCreated(created), ApiJson.Default.CreatedKey, Routes.Key(created.View.Id));
    }

    /// <summary>All keys of the account, also revoked ones, without their secrets.</summary>
    internal static async Task<JsonAnswer<Page<AccessKey>>> List(HttpContext http, IGrainFactory grains)
    {
        var keys = await grains.GetGrain<IAccountGrain>(http.Caller().Account.ToString()).ListKeys().WaitAsync(http.RequestAborted);
        return Answer.Ok(new Page<AccessKey>([.. keys.Select(AccountMapper.ToKey)], Next: null), ApiJson.Default.PageAccessKey);
    }

    /// <summary>Revokes a key of the account: it is refused here from this answer on, through other gateways within seconds.</summary>
    internal static async Task<IResult> Revoke(HttpContext http, string key, IGrainFactory grains, KeyCache cache)
    {
        if (!ApiKey.IsId(key))
        {
            throw RequestReader.Malformed(GatewayMessages.BadId("a key's id", key, "'mk' and 16 lower-case hexadecimal digits"));
        }
        var caller = http.Caller();
        await grains.GetGrain<IAccountGrain>(caller.Account.ToString()).RevokeKey(key, caller, Authority.Gateway);
        cache.Forget(key);
        return TypedResults.NoContent();
    }
}
