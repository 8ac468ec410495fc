using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.Extensions.Options;

namespace Marketplace.Gateway;

/// <summary>
/// How long a request may take: a plain one the time of the options, one that waits for a job that much longer, one with a long answer
/// until it should have been read, a transfer as long as its bytes flow.
/// </summary>
internal sealed class RequestTimes(IOptions<GatewayOptions> options) : IConfigureOptions<RequestTimeoutOptions>
{
    public const string Waiting = "waiting";
    public const string Long = "long";

    public void Configure(RequestTimeoutOptions timeouts)
    {
        var plain = options.Value.RequestTimeout;
        timeouts.DefaultPolicy = Policy(plain);
        timeouts.AddPolicy(Long, Policy(plain + GatewayPolicy.LongAnswerTimeMax));
        timeouts.AddPolicy(Waiting, Policy(plain + TimeSpan.FromSeconds(GatewayPolicy.WaitSecondsMax)));
    }

    private static RequestTimeoutPolicy Policy(TimeSpan time) =>
        new()
        {
            Timeout = time,
            TimeoutStatusCode = StatusCodes.Status504GatewayTimeout,
            WriteTimeoutResponse = http => ProblemFactory.Write(http, ErrorCode.OutcomeUnknown, GatewayMessages.TimedOut),
        };
}

internal static class RequestTimesRoutes
{
    /// <summary>The route may be asked to wait for a job.</summary>
    public static RouteHandlerBuilder MayWait(this RouteHandlerBuilder route)
    {
        route.WithRequestTimeout(RequestTimes.Waiting);
        return route;
    }

    /// <summary>The answer is megabytes of JSON, which a slow reader takes some time for.</summary>
    public static RouteHandlerBuilder AnswersLong(this RouteHandlerBuilder route)
    {
        route.WithRequestTimeout(RequestTimes.Long);
        return route;
    }

    /// <summary>The route moves as many bytes as there are: the server's minimum data rate bounds it instead.</summary>
    public static RouteHandlerBuilder Transfers(this RouteHandlerBuilder route)
    {
        route.DisableRequestTimeout();
        return route;
    }
}
