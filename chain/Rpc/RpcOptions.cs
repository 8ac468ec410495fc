using System.Net;

namespace Marketplace.Chain;

/// <summary>Which nodes are asked, and how.</summary>
public sealed record RpcOptions
{
    /// <summary>Nodes of another chain are refused.</summary>
    public required ulong ChainId { get; init; }

    /// <summary>From 1 to <see cref="RpcPolicy.EndpointsMax"/>, the preferred first.</summary>
    public required IReadOnlyList<RpcEndpoint> Endpoints { get; init; }

    /// <summary>
    /// Sends the requests; the owner disposes it. <see cref="CreateInvoker"/> makes one that keeps to all limits.
    /// <see cref="HttpClient"/> is refused: it takes whole bodies into memory before they can be cut.
    /// </summary>
    public required HttpMessageInvoker Invoker { get; init; }

    public required TimeProvider TimeProvider { get; init; }

    /// <summary>Spreads pauses; need not be thread-safe.</summary>
    public required Random Chance { get; init; }

    /// <summary>From a request's first byte to its answer's last.</summary>
    public TimeSpan RequestTimeMax { get; init; } = TimeSpan.FromSeconds(10);

    public HeaderHashCheck HeaderHashes { get; init; } = HeaderHashCheck.Always;

    public IRpcObserver? Observer { get; init; }

    /// <summary>Follows no redirects, keeps no cookies, unpacks nothing, and traces no URLs.</summary>
    public static HttpMessageInvoker CreateInvoker() =>
        new(
            new SocketsHttpHandler
            {
                // A redirect would carry the key to a place that the operator did not name.
                AllowAutoRedirect = false,
                UseCookies = false,
                AutomaticDecompression = DecompressionMethods.None,
                ConnectTimeout = RpcPolicy.ConnectTimeMax,
                MaxResponseHeadersLength = RpcPolicy.HeaderKilobytesMax,
                // What is left of an answer that was cut is not read to save the connection.
                MaxResponseDrainSize = 0,
                MaxConnectionsPerServer = RpcPolicy.ConnectionsMax,
                PooledConnectionLifetime = RpcPolicy.ConnectionLifetime,
                // The handler's own traces would hold the URL with its key.
                ActivityHeadersPropagator = null,
            },
            disposeHandler: true
        );

    /// <summary>By which a pause is shortened, so that clients do not come all at once: from a half to one.</summary>
    internal double Spread()
    {
        lock (Chance)
        {
            return 1 - (Chance.NextDouble() / 2);
        }
    }

    /// <exception cref="ArgumentException">An option is out of its bounds.</exception>
    internal void RequireSound()
    {
        if (Endpoints.Count is 0 or > RpcPolicy.EndpointsMax)
        {
            throw new ArgumentException(
                $"{nameof(RpcOptions)}.{nameof(Endpoints)} has {Endpoints.Count}; allowed are 1 to {RpcPolicy.EndpointsMax}."
            );
        }
        if (Endpoints.DistinctBy(endpoint => endpoint.Url).Count() != Endpoints.Count)
        {
            throw new ArgumentException(
                $"{nameof(RpcOptions)}.{nameof(Endpoints)} names one endpoint twice; one node would speak with two voices."
            );
        }
        if (Invoker is HttpClient)
        {
            throw new ArgumentException(
                $"{nameof(RpcOptions)}.{nameof(Invoker)} is an HttpClient, which reads whole answers; use {nameof(CreateInvoker)}()."
            );
        }
        if (RequestTimeMax <= TimeSpan.Zero || RequestTimeMax > RpcPolicy.AsideMax)
        {
            throw new ArgumentException(
                $"{nameof(RpcOptions)}.{nameof(RequestTimeMax)} is {RequestTimeMax}; allowed is more than 0, up to {RpcPolicy.AsideMax}."
            );
        }
    }
}
