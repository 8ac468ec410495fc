using System.Diagnostics;

namespace Marketplace;

/// <summary>The client's traces: one activity for each attempt of a request, named as OpenTelemetry names those of HTTP clients.</summary>
public static class MarketplaceTrace
{
    /// <summary>What a listener subscribes to.</summary>
    public const string SourceName = "Marketplace.Sdk";

    private static readonly ActivitySource Source = new(SourceName, typeof(MarketplaceTrace).Assembly.GetName().Version?.ToString(3));

    internal static Activity? Begin(int attempt)
    {
        var activity = Source.StartActivity("marketplace", ActivityKind.Client);
        if (attempt > 1)
        {
            activity?.SetTag("http.request.resend_count", attempt - 1);
        }
        return activity;
    }

    internal static void Describe(Activity? activity, HttpRequestMessage request)
    {
        if (activity is null)
        {
            return;
        }
        activity.DisplayName = $"{request.Method} {request.RequestUri!.AbsolutePath}";
        activity.SetTag("http.request.method", request.Method.Method);
        activity.SetTag("server.address", request.RequestUri.Host);
        activity.SetTag("server.port", request.RequestUri.Port);
        // Without the query, which may hold a ticket.
        activity.SetTag("url.path", request.RequestUri.AbsolutePath);
    }

    internal static void Describe(Activity? activity, HttpResponseMessage response) =>
        activity?.SetTag("http.response.status_code", (int)response.StatusCode);

    internal static void Fail(Activity? activity, Exception failure)
    {
        activity?.SetTag("error.type", failure is MarketplaceException refused ? refused.Code.ToString() : failure.GetType().Name);
        activity?.SetStatus(ActivityStatusCode.Error, failure.Message);
    }
}
