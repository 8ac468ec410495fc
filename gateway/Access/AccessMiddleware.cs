using System.Text;
using Marketplace.GrainInterfaces;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Marketplace.Gateway;

/// <summary>Finds out who asks and whether the route's rule lets them. Comes after routing and before anything that costs memory.</summary>
internal sealed class AccessMiddleware(RequestDelegate next, KeyCache keys, EventTickets tickets, WorkerRequests workers, RateLimits rates)
{
    private const string Scheme = "Bearer ";
    private const string BrowserScheme = "Basic ";
    private const string BrowserChallenge = "Basic realm=\"Marketplace: any name, and an admin key as the password\", charset=\"UTF-8\"";

    /// <summary>A browser's login with a key as its password, in base64: more is no key.</summary>
    private const int BrowserLoginCharsMax = 512;

    /// <summary>What pages of a host may load: their own files, styles that their scripts set, small images inside them.</summary>
    private const string PagesPolicy =
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action "
        + "'none'; "
        + "frame-ancestors 'none'";

    public Task Invoke(HttpContext http)
    {
        // Not a route of ours: unknown, or the framework's own answer to a method that the route does not have.
        if (http.GetEndpoint() is not Microsoft.AspNetCore.Routing.RouteEndpoint endpoint)
        {
            return next(http);
        }
        var rule =
            endpoint.Metadata.GetMetadata<AccessRule>()
            ?? throw new InvalidOperationException($"The route '{endpoint.DisplayName}' has no access rule. This is a bug in the gateway.");
        return rule.Public || rule.Worker == WorkerProof.Handshake ? next(http)
            : rule.Worker == WorkerProof.Signature ? AuthenticateWorker(http)
            : Authenticate(http, rule);
    }

    private async Task AuthenticateWorker(HttpContext http)
    {
        var (call, refusal) = workers.Check(http);
        if (call is not { } proved)
        {
            http.Response.Headers.WWWAuthenticate = Worker.Protocol.RequestTicket.Scheme.TrimEnd();
            await ProblemFactory.Write(http, ErrorCode.Unauthenticated, refusal!);
        }
        else if (await rates.Admit(http, WorkersApi.AccountOf(proved)))
        {
            http.Features.Set(new WorkerFeature(proved));
            await next(http);
        }
    }

    private async Task Authenticate(HttpContext http, AccessRule rule)
    {
        if (Presented(http, rule, out var key) is { } refusal)
        {
            await Refuse(http, rule, refusal);
            return;
        }
        if (await keys.Find(key) is not { } caller)
        {
            await Refuse(http, rule, GatewayMessages.KeyRefused);
            return;
        }
        if ((caller.Scopes & rule.Needed) != rule.Needed)
        {
            await ProblemFactory.Write(http, ErrorCode.Forbidden, GatewayMessages.ScopeMissing(rule.Needed, caller.Scopes));
            return;
        }
        if (!await rates.Admit(http, caller.Account))
        {
            return;
        }
        http.Features.Set(new CallerFeature(caller, key));
        if (rule.Pages)
        {
            http.Response.Headers.ContentSecurityPolicy = PagesPolicy;
        }
        await next(http);
    }

    private static Task Refuse(HttpContext http, AccessRule rule, string refusal)
    {
        // A browser asks for a login where this header is there before the problem is written.
        if (rule.Pages)
        {
            http.Response.Headers.WWWAuthenticate = BrowserChallenge;
        }
        return ProblemFactory.Write(http, ErrorCode.Unauthenticated, refusal);
    }

    /// <returns>What is wrong; null where there is a key to look up.</returns>
    private string? Presented(HttpContext http, AccessRule rule, out ApiKey key)
    {
        key = default;
        var header = http.Request.Headers.Authorization;
        if (header.Count == 0 && rule.Tickets && http.Request.Query.TryGetValue(Tickets.Parameter, out var ticket))
        {
            return tickets.TryUse(ticket.ToString(), out key) ? null : GatewayMessages.TicketRefused;
        }
        if (header.Count == 0)
        {
            return GatewayMessages.NoKey;
        }
        var text = header.Count == 1 ? header[0].AsSpan() : default;
        return
            text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) && ApiKey.TryParse(text[Scheme.Length..], out key)
            || (rule.Pages && TryParseLogin(text, out key))
            ? null
            : GatewayMessages.KeyForm;
    }

    /// <summary>https://www.rfc-editor.org/rfc/rfc7617: the user's name is anything, the password is the key.</summary>
    private static bool TryParseLogin(ReadOnlySpan<char> header, out ApiKey key)
    {
        key = default;
        if (!header.StartsWith(BrowserScheme, StringComparison.OrdinalIgnoreCase) || header.Length > BrowserLoginCharsMax)
        {
            return false;
        }
        Span<byte> bytes = stackalloc byte[BrowserLoginCharsMax];
        if (!Convert.TryFromBase64Chars(header[BrowserScheme.Length..], bytes, out var count))
        {
            return false;
        }
        var login = Encoding.UTF8.GetString(bytes[..count]);
        return ApiKey.TryParse(login.AsSpan(login.IndexOf(':') + 1), out key);
    }
}

/// <summary>Who asks, once <see cref="AccessMiddleware"/> knows it.</summary>
internal sealed record CallerFeature(Caller Caller, ApiKey Key);

internal static class CallerExtensions
{
    /// <summary>The verified caller of a route that is not public.</summary>
    public static Caller Caller(this HttpContext http) => http.Features.GetRequiredFeature<CallerFeature>().Caller;

    /// <summary>Whose memory a request takes. Strangers are one account together, which never has all of it.</summary>
    public static AccountId CallerAccount(this HttpContext http) => http.Features.Get<CallerFeature>()?.Caller.Account ?? default;
}
