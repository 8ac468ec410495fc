using Microsoft.AspNetCore.Http;

namespace Marketplace.Gateway;

/// <summary>
/// Lets requests that need the market through only while it is there: before recovery has ended, an answer would be a guess.
/// </summary>
internal sealed class ReadinessMiddleware(RequestDelegate next, IReadiness readiness)
{
    public Task Invoke(HttpContext http)
    {
        var report = readiness.Current;
        return
            report.State == ServiceState.Ready
            || http.GetEndpoint()?.Metadata.GetMetadata<AccessRule>() is null or { Public: true, NeedsMarket: false }
            ? next(http)
            : ProblemFactory.Write(http, ErrorCode.Unavailable, GatewayMessages.NotReady(report.Word, report.Reason));
    }
}
