using System.Text;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Gateway;

/// <summary>How strangers get in: the owner of a key pair signs a challenge of this market and gets an API key.</summary>
internal static class OpeningApi
{
    private const Scopes OwnersScopes = Scopes.Read | Scopes.Submit | Scopes.Deploy | Scopes.Transfer;

    public static void MapOpeningApi(this IEndpointRouteBuilder routes)
    {
        var opening = routes.MapGroup("").WithTags("Account").ForStrangers();
        opening
            .MapPost(Routes.AccountChallenges, Challenge)
            .WithName("ChallengeAccount")
            .TakesJson(typeof(ChallengeRequest), GatewayPolicy.SmallBodyBytesMax);
        opening
            .MapPost(Routes.Accounts, Open)
            .WithName("OpenAccount")
            .TakesJson(typeof(OpenRequest), GatewayPolicy.SmallBodyBytesMax)
            .Creates<OpenedAccount>()
            .Refuses(
                ErrorCode.ChallengeRefused,
                ErrorCode.SignatureRefused,
                ErrorCode.TooManyAccounts,
                ErrorCode.TooManyKeys,
                ErrorCode.Forbidden
            );
    }

    /// <summary>A challenge for the account's key to sign, good for some minutes and one API key. The service keeps none.</summary>
    internal static async Task<JsonAnswer<AccountChallenge>> Challenge(HttpContext http, MarketIdentity market, TimeProvider time)
    {
        var request = await RequestReader.Body(http, RequestReader.Json.ChallengeRequest);
        var now = time.GetUtcNow();
        var challenge = new AccountChallenge(
            market.NewChallenge(request.Account, now),
            market.PublicKey.ToString(),
            now + MarketLimits.ChallengeAge
        );
        return Answer.Ok(challenge, ApiJson.Default.AccountChallenge);
    }

    /// <summary>Opens the account, or gives the owner of an open one a further API key. Once per challenge.</summary>
    internal static async Task<JsonAnswer<OpenedAccount>> Open(
        HttpContext http,
        IGrainFactory grains,
        RateLimits rates,
        MarketIdentity market,
        KeyCache cache
    )
    {
        var request = await RequestReader.Body(http, RequestReader.Json.OpenRequest);
        var nameBytes = Encoding.UTF8.GetByteCount(request.Name);
        if (nameBytes is 0 or > MarketLimits.NameBytesMax)
        {
            throw new MarketException(ErrorCode.LimitExceeded, GatewayMessages.TextTooLong("name", nameBytes, MarketLimits.NameBytesMax));
        }
        var scopes = request.Scopes is { } named ? AccountMapper.FromScopes(named) : OwnersScopes;
        if (scopes == Scopes.None)
        {
            throw new MarketException(ErrorCode.LimitExceeded, GatewayMessages.KeyNeedsScopes);
        }
        var proof = new OwnerProof(
            [.. request.Challenge.Span],
            [.. request.Signature.Span],
            new GrainInterfaces.KeyRequest(request.Name, scopes, request.SpendLimit),
            request.RevokeOthers ?? false
        );
        // A wrong signature opens nothing, so it counts for nothing, and wakes no account: else strangers behind one address would lock
        // each other out, and a stranger could keep an account busy.
        if (!OpeningOf(market, request, scopes).IsSignedBy(request.Signature.Span))
        {
            throw new MarketException(ErrorCode.SignatureRefused, GatewayMessages.OpeningNotSigned(request.Account));
        }
        rates.RequireOpening(http);
        var account = grains.GetGrain<IAccountGrain>(request.Account.ToString());
        var created = await account.Open(proof, rates.TakeOpening(), Authority.Gateway);
        if (proof.RevokeOthers)
        {
            cache.ForgetAll(request.Account);
        }
        var opened = new OpenedAccount(request.Account, created.Key, AccountMapper.ToKey(created.View));
        return Answer.Created(opened, ApiJson.Default.OpenedAccount, Routes.Key(created.View.Id));
    }

    private static AccountOpening OpeningOf(MarketIdentity market, OpenRequest request, Scopes scopes) =>
        new(
            Market: market.PublicKey,
            Account: request.Account,
            Challenge: request.Challenge,
            Name: request.Name,
            Scopes: (int)scopes,
            SpendLimit: request.SpendLimit,
            RevokeOthers: request.RevokeOthers ?? false
        );
}
