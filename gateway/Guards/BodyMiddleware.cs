using System.IO.Pipelines;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Marketplace.Gateway;

/// <summary>
/// Looks at what comes with a request before any of it is read: the query's names, the body's form, its size, and the memory for it and for
/// the answer.
/// </summary>
internal sealed class BodyMiddleware(RequestDelegate next, MemoryBudget memory)
{
    public async Task Invoke(HttpContext http)
    {
        if (http.GetEndpoint() is not Microsoft.AspNetCore.Routing.RouteEndpoint endpoint)
        {
            await next(http);
            return;
        }
        var pages = endpoint.Metadata.GetMetadata<AccessRule>() is { Pages: true };
        if (!pages && BadQuery(http.Request.Query, endpoint.Metadata) is { } query)
        {
            await ProblemFactory.Write(http, ErrorCode.MalformedRequest, query);
            return;
        }
        var rule = endpoint.Metadata.GetMetadata<BodyRule>();
        if (await RefuseBody(http, rule))
        {
            return;
        }
        // A length that is not told is no reason to keep room for the longest: the body is charged while it is read, in pieces, of which
        // this is the first.
        var body = rule is { IsJson: true } ? Math.Min(http.Request.ContentLength ?? GatewayPolicy.BodyPieceBytes, rule.BytesMax) : 0;
        var answer = endpoint.Metadata.GetMetadata<AnswerRule>()?.BytesFor(http) ?? 0;
        if (body + answer == 0)
        {
            await next(http);
            return;
        }
        var share = memory.Take(http.CallerAccount(), body, answer);
        http.Features.Set(share);
        try
        {
            await next(http);
        }
        finally
        {
            Return(share, http.Features.Get<BodyHolder>()?.Call ?? Task.CompletedTask);
        }
    }

    /// <summary>
    /// A client that leaves does not end the call that holds what it has sent: given back before, the same memory would be filled again and
    /// again.
    /// </summary>
    private static void Return(MemoryShare share, Task call)
    {
        if (call.IsCompleted)
        {
            share.Dispose();
        }
        else
        {
            _ = call.ContinueWith(
                _ => share.Dispose(),
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default
            );
        }
    }

    private static string? BadQuery(IQueryCollection query, EndpointMetadataCollection metadata)
    {
        if (query.Count == 0)
        {
            return null;
        }
        var rules = metadata.GetOrderedMetadata<QueryRule>();
        foreach (var (name, values) in query)
        {
            if (!rules.Any(rule => rule.Name == name))
            {
                return GatewayMessages.UnknownParameter(name, rules.Select(rule => rule.Name));
            }
            if (values.Count != 1)
            {
                return GatewayMessages.RepeatedParameter(name);
            }
        }
        return null;
    }

    /// <returns>True: the answer is written.</returns>
    private static async ValueTask<bool> RefuseBody(HttpContext http, BodyRule? rule)
    {
        var request = http.Request;
        var hasBody = http.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody ?? request.ContentLength is not 0 and not null;
        if (request.Headers.ContentEncoding.Count > 0)
        {
            await WriteUnsupported(http, GatewayMessages.EncodingRefused);
        }
        else if (rule is null && hasBody)
        {
            await ProblemFactory.Write(http, ErrorCode.MalformedRequest, GatewayMessages.BodyNotExpected);
        }
        else if (rule is { IsJson: true } && !hasBody)
        {
            await ProblemFactory.Write(http, ErrorCode.MalformedRequest, GatewayMessages.BodyMissing);
        }
        else if (rule is not null && !IsType(request.ContentType, rule.ContentType))
        {
            await WriteUnsupported(http, GatewayMessages.ContentType(request.ContentType, rule.ContentType));
        }
        else if (rule is not null && request.ContentLength > rule.BytesMax)
        {
            await ProblemFactory.Write(http, ErrorCode.BodyTooLarge, GatewayMessages.BodyTooLarge(rule.BytesMax));
        }
        else
        {
            // Bodies without a length are counted while they come in: JSON by the server, with its framing; bytes by the store, exactly.
            if (rule is not null && http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            {
                size.MaxRequestBodySize = rule.IsJson ? rule.BytesMax : null;
            }
            return false;
        }
        return true;
    }

    private static Task WriteUnsupported(HttpContext http, string detail) =>
        ProblemFactory.Write(http, ErrorCode.HeaderRefused, detail, StatusCodes.Status415UnsupportedMediaType);

    /// <summary>
    /// The media type alone decides; a charset, where there is one, must be UTF-8, which is the only one that JSON has (RFC 8259, 8.1).
    /// </summary>
    private static bool IsType(string? seen, string expected) =>
        MediaTypeHeaderValue.TryParse(seen, out var type)
        && string.Equals(type.MediaType, expected, StringComparison.OrdinalIgnoreCase)
        && (type.CharSet is null || type.CharSet.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase));
}

/// <summary>The call that was given what the request's body held.</summary>
internal sealed record BodyHolder(Task Call);

internal static class BodyExtensions
{
    /// <summary>The call holds what was read of the body, until it ends: also where the request ends before it does.</summary>
    public static Task<TResult> HoldsBodyOf<TResult>(this Task<TResult> call, HttpContext http)
    {
        http.Features.Set(new BodyHolder(call));
        return call;
    }

    /// <summary>
    /// The body, whose memory is charged: by its length before it is read, or, where that was not told, while it is read.
    /// </summary>
    public static PipeReader ChargedBody(this HttpContext http) =>
        http.Request.ContentLength is null && http.Features.Get<MemoryShare>() is { } share
            ? new ChargedBody(http.Request.BodyReader, share)
            : http.Request.BodyReader;

    /// <summary>
    /// What was read of the body is not held any more: others may have its memory while this request waits or its answer is read.
    /// </summary>
    public static void BodyIsUsed(this HttpContext http) => http.Features.Get<MemoryShare>()?.ReturnBody();
}
