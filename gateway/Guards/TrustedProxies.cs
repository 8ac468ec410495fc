using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;

namespace Marketplace.Gateway;

/// <summary>
/// A trusted reverse proxy says where a request came from and over which scheme; what a client itself writes into these headers is not
/// taken. The host stays what the Host header says, which is checked against the allowed names.
/// </summary>
internal sealed class TrustedProxies(IOptions<GatewayOptions> gateway) : IConfigureOptions<ForwardedHeadersOptions>
{
    public void Configure(ForwardedHeadersOptions options)
    {
        var proxies = gateway.Value.TrustedProxies;
        options.ForwardedHeaders =
            proxies.Count == 0 ? ForwardedHeaders.None : ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto;
        // Through as many of them as the request came.
        options.ForwardLimit = null;
        // The framework's own list trusts loopback, where every user of this machine is.
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var proxy in proxies)
        {
            options.KnownProxies.Add(IPAddress.Parse(proxy));
        }
    }
}
