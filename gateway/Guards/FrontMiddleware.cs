using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Marketplace.Gateway;

/// <summary>
/// What every request passes first: the names it is sent to and from, and the rate of its address. A page anywhere can make a browser send
/// requests to a loopback port, and with DNS rebinding read the answers: then the Host header holds the page's name, so only known names
/// pass.
/// </summary>
internal sealed class FrontMiddleware(RequestDelegate next, RateLimits rates, IOptions<GatewayOptions> options)
{
    private readonly HashSet<string> _hosts = new(options.Value.AllowedHosts, StringComparer.OrdinalIgnoreCase);

    public async Task Invoke(HttpContext http)
    {
        Harden(http.Response.Headers);
        if (Refusal(http.Request) is { } refusal)
        {
            await ProblemFactory.Write(http, ErrorCode.HeaderRefused, refusal);
        }
        else if (await rates.Admit(http, http.Connection.RemoteIpAddress))
        {
            await next(http);
        }
    }

    /// <summary>
    /// Nothing that this service sends is to be run, framed, guessed at or kept by a browser. Routes that know better say so.
    /// </summary>
    internal static void Harden(IHeaderDictionary headers)
    {
        headers.XContentTypeOptions = "nosniff";
        headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'; sandbox";
        headers.CacheControl = "no-store";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        // A page that opened one of ours keeps no handle on its window, with which it could lead it elsewhere behind the reader.
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
    }

    private string? Refusal(HttpRequest request)
    {
        if (request.Headers.Host.Count != 1 || !request.Host.HasValue)
        {
            return GatewayMessages.HostMissing;
        }
        var host = request.Host.Host;
        if (!_hosts.Contains(host) && !GatewayBinding.IsLoopbackHost(host))
        {
            return GatewayMessages.HostRefused(host);
        }
        var origin = request.Headers.Origin;
        return origin.Count == 0 || IsOwnOrigin(request, origin) ? null : GatewayMessages.OriginRefused(origin.ToString());
    }

    private static bool IsOwnOrigin(HttpRequest request, string? origin) =>
        string.Equals(origin, $"{request.Scheme}://{request.Host.Value}", StringComparison.OrdinalIgnoreCase);
}
