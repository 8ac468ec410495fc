using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace Marketplace.Gateway;

/// <summary>The guards that act before a request exists: connections, headers, data rates. Bodies get their limit per route.</summary>
internal sealed class KestrelLimits(IOptions<GatewayOptions> options) : IConfigureOptions<KestrelServerOptions>
{
    public void Configure(KestrelServerOptions server)
    {
        var gateway = options.Value;
        var limits = server.Limits;
        server.AddServerHeader = false;
        server.AllowSynchronousIO = false;
        // The limits count connections, and a connection of HTTP/2 is a hundred of them.
        server.ConfigureEndpointDefaults(static endpoint => endpoint.Protocols = HttpProtocols.Http1);
        limits.MaxConcurrentConnections = gateway.ConnectionsMax;
        limits.MaxConcurrentUpgradedConnections = gateway.ConnectionsMax;
        limits.MaxRequestBodySize = GatewayPolicy.SmallBodyBytesMax;
        limits.MaxRequestHeadersTotalSize = GatewayPolicy.HeaderBytesMax;
        limits.MaxRequestHeaderCount = GatewayPolicy.HeadersMax;
        limits.MaxRequestLineSize = GatewayPolicy.RequestLineBytesMax;
        limits.RequestHeadersTimeout = gateway.HeadersTimeout;
        limits.KeepAliveTimeout = gateway.IdleTimeout;
        limits.MinRequestBodyDataRate = new MinDataRate(gateway.BytesPerSecondMin, GatewayPolicy.RateGrace);
        limits.MinResponseDataRate = new MinDataRate(gateway.BytesPerSecondMin, GatewayPolicy.RateGrace);
    }
}
