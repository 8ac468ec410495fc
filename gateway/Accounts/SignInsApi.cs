using Marketplace.GrainInterfaces;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Gateway;

/// <summary>
/// How a browser comes to a key without a person who types it: a client that has the key asks for a ticket, and opens a page with the
/// ticket behind the '#' of its address, which browsers send to no server.
/// </summary>
internal static class SignInsApi
{
    public static void MapSignInsApi(this IEndpointRouteBuilder routes)
    {
        var signIns = routes.MapGroup("").WithTags("Keys");
        signIns.MapPost(Routes.SignIns, Create).WithName("CreateSignIn").Needs(Scopes.Read).Creates<SignInTicket>();
        signIns
            .MapPost(Routes.SignInUse, Use)
            .WithName("UseSignIn")
            .ForStrangers()
            .TakesJson(typeof(SignInRequest), GatewayPolicy.SmallBodyBytesMax)
            .Refuses(ErrorCode.Unauthenticated);
    }

    /// <summary>A single-use ticket that signs a browser in with the caller's key, within ten minutes.</summary>
    internal static JsonAnswer<SignInTicket> Create(HttpContext http, SignInTickets tickets)
    {
        // The scheme and the key: what let the caller in.
        var presented = http.Request.Headers.Authorization.ToString();
        var (ticket, expiresAt) = tickets.Issue(http.Caller().Account, presented[^ApiKey.TextSize..]);
        return new JsonAnswer<SignInTicket>(new SignInTicket(ticket, expiresAt), ApiJson.Default.SignInTicket)
        {
            Status = StatusCodes.Status201Created,
        };
    }

    /// <summary>The key that a ticket stands for, once.</summary>
    internal static async Task<JsonAnswer<SignedIn>> Use(HttpContext http, SignInTickets tickets)
    {
        var request = await RequestReader.Body(http, RequestReader.Json.SignInRequest);
        return tickets.TryUse(request.Ticket, out var key)
            ? Answer.Ok(new SignedIn(key), ApiJson.Default.SignedIn)
            : throw new MarketException(ErrorCode.Unauthenticated, GatewayMessages.SignInRefused);
    }
}

/// <summary>Links that sign a browser in, for the host of the gateway, which has the operator's key.</summary>
public sealed class SignInLinks
{
    private readonly SignInTickets _tickets;

    internal SignInLinks(SignInTickets tickets) => _tickets = tickets;

    /// <summary>Good once, within ten minutes, at this gateway.</summary>
    /// <param name="url">Where a browser reaches the gateway.</param>
    /// <param name="key">What the browser is signed in with.</param>
    public string Create(string url, string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(url);
        return $"{url.TrimEnd('/')}/#{Tickets.Parameter}={_tickets.Issue(default, key).Ticket}";
    }
}
