using Marketplace.Grains;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Marketplace.Gateway;

/// <summary>Finds out who asks and whether the route's rule lets them. Comes after routing and before anything that costs memory.</summary>
internal sealed class AccessMiddleware(RequestDelegate next, KeyCache keys, EventTickets tickets, RateLimits rates)
{
    private const string Scheme = "Bearer ";

    public Task Invoke(HttpContext http)
    {
        // Not a route of ours: unknown, or the framework's own answer to a method that the route does not have.
        if (http.GetEndpoint() is not Microsoft.AspNetCore.Routing.RouteEndpoint endpoint)
            return next(http);
        var rule = endpoint.Metadata.GetMetadata<AccessRule>()
            ?? throw new InvalidOperationException($"The route '{endpoint.DisplayName}' has no access rule. This is a bug in the gateway.");
        return rule.Public ? next(http) : Authenticate(http, rule);
    }

    private async Task Authenticate(HttpContext http, AccessRule rule)
    {
        if (Presented(http, rule, out var key) is { } refusal)
        {
            await ProblemFactory.Write(http, ErrorCode.Unauthenticated, refusal);
            return;
        }
        if (await keys.Find(key) is not { } caller)
        {
            await ProblemFactory.Write(http, ErrorCode.Unauthenticated, GatewayMessages.KeyRefused);
            return;
        }
        if ((caller.Scopes & rule.Needed) != rule.Needed)
        {
            await ProblemFactory.Write(http, ErrorCode.Forbidden, GatewayMessages.ScopeMissing(rule.Needed, caller.Scopes));
            return;
        }
        if (!await rates.Admit(http, caller.Account))
            return;
        http.Features.Set(new CallerFeature(caller, key));
        await next(http);
    }

    /// <returns>What is wrong; null where there is a key to look up.</returns>
    private string? Presented(HttpContext http, AccessRule rule, out ApiKey key)
    {
        key = default;
        var header = http.Request.Headers.Authorization;
        if (header.Count == 0 && rule.Tickets && http.Request.Query.TryGetValue(EventTickets.Parameter, out var ticket))
            return tickets.TryUse(ticket.ToString(), out key) ? null : GatewayMessages.TicketRefused;
        if (header.Count == 0)
            return GatewayMessages.NoKey;
        var text = header.Count == 1 ? header[0].AsSpan() : default;
        return text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) && ApiKey.TryParse(text[Scheme.Length..], out key)
            ? null
            : GatewayMessages.KeyForm;
    }
}

/// <summary>Who asks, once <see cref="AccessMiddleware"/> knows it.</summary>
internal sealed record CallerFeature(Caller Caller, ApiKey Key);

internal static class CallerExtensions
{
    /// <summary>The verified caller of a route that is not for everybody.</summary>
    public static Caller Caller(this HttpContext http) => http.Features.GetRequiredFeature<CallerFeature>().Caller;
}
