using System.Collections.Immutable;
using System.Diagnostics;
using Marketplace.GrainInterfaces;
using Microsoft.AspNetCore.Http;

namespace Marketplace.Gateway;

/// <summary>
/// The request that submits jobs, as a span of each of their traces, linked to the client's own trace where it names one.
/// </summary>
internal sealed class SubmissionTrace
{
    /// <summary>Of W3C Trace Context: https://www.w3.org/TR/trace-context/#traceparent-header.</summary>
    private const string ClientHeader = "traceparent";

    private readonly HttpContext _http;
    private readonly TimeProvider _time;
    private readonly DateTimeOffset _beganAt;

    private SubmissionTrace(HttpContext http, TimeProvider time) => (_http, _time, _beganAt) = (http, time, time.GetUtcNow());

    /// <returns>Null where nobody listens.</returns>
    public static SubmissionTrace? Begin(HttpContext http, TimeProvider time) => JobTrace.IsOn ? new SubmissionTrace(http, time) : null;

    /// <summary>The market has taken the jobs, each or not. A job that it had before is not told again.</summary>
    public void End(ImmutableArray<SubmitResult> results)
    {
        var now = _time.GetUtcNow();
        ActivityLink[]? client = ActivityContext.TryParse(_http.Request.Headers[ClientHeader], traceState: null, out var trace)
            ? [new ActivityLink(trace)]
            : null;
        foreach (var result in results)
        {
            if (result is { Code: null, Existed: false })
            {
                JobTrace.AddStage(
                    result.Job,
                    JobStage.Submit,
                    _beganAt,
                    now,
                    client,
                    new KeyValuePair<string, object?>("http.request.method", _http.Request.Method),
                    new KeyValuePair<string, object?>("url.path", _http.Request.Path.Value)
                );
            }
        }
    }
}
