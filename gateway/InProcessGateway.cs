using Microsoft.AspNetCore.Http;

namespace Marketplace.Gateway;

/// <summary>
/// The API for callers in this process, without a server: the same guards in the same order, the same routes, and the same counts of
/// limits as those of a server beside it. A server alone enforces data rates and the size of a request's head.
/// </summary>
/// <param name="services">Those that <see cref="GatewayHosting"/> names.</param>
public sealed class InProcessGateway(IServiceProvider services)
{
    private readonly Lazy<RequestDelegate> _pipeline = new(() => GatewayHosting.Build(services));

    /// <summary>Answers one request. Its context has the caller's part of what a server gives: the request, a body of the answer, a way to
    /// abort.</summary>
    public Task Handle(HttpContext http) => _pipeline.Value(http);
}
