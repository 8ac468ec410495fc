using System.Net;
using System.Text.Json;

namespace Marketplace.Sdk.Transport;

/// <summary>Makes the exception of an answer that refuses.</summary>
internal static class ProblemReader
{
    public static async Task<MarketplaceException> Read(
        HttpResponseMessage response,
        Uri url,
        DateTimeOffset now,
        CancellationToken cancellation
    )
    {
        var retryAfter = RetryAfter(response, now);
        if (response.Content.Headers.ContentType?.MediaType is not ("application/problem+json" or "application/json"))
        {
            return Unexplained(response.StatusCode, retryAfter);
        }
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
            await using var bounded = new BoundedStream(stream, SdkPolicy.ProblemBytesMax, url);
            using var document = await JsonDocument.ParseAsync(bounded, default, cancellation).ConfigureAwait(false);
            return Read(document.RootElement, response.StatusCode, retryAfter);
        }
        catch (Exception unreadable) when (unreadable is JsonException or MarketplaceProtocolException)
        {
            return Unexplained(response.StatusCode, retryAfter);
        }
    }

    private static MarketplaceException Read(JsonElement problem, HttpStatusCode status, TimeSpan? retryAfter)
    {
        if (problem.ValueKind != JsonValueKind.Object)
        {
            return Unexplained(status, retryAfter);
        }
        var detail = Text(problem, "detail") ?? Text(problem, "title");
        // A newer service may know codes that this client does not: the status still says what kind of refusal it is.
        var code =
            problem.TryGetProperty("code", out var member) && member.ValueKind == JsonValueKind.String
                ? Known(member) ?? CodeOf(status)
                : CodeOf(status);
        return detail is null ? Unexplained(status, retryAfter) : new MarketplaceException(code, status, detail, retryAfter);
    }

    private static ErrorCode? Known(JsonElement code)
    {
        try
        {
            return code.Deserialize(Answers.Of<ErrorCode>());
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement problem, string name) =>
        problem.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;

    private static MarketplaceException Unexplained(HttpStatusCode status, TimeSpan? retryAfter) =>
        new(CodeOf(status), status, $"The service answered {(int)status} without saying why.", retryAfter);

    private static ErrorCode CodeOf(HttpStatusCode status) =>
        status switch
        {
            HttpStatusCode.Unauthorized => ErrorCode.Unauthenticated,
            HttpStatusCode.Forbidden => ErrorCode.Forbidden,
            HttpStatusCode.NotFound => ErrorCode.NotFound,
            HttpStatusCode.RequestEntityTooLarge => ErrorCode.BodyTooLarge,
            HttpStatusCode.TooManyRequests => ErrorCode.RateLimited,
            HttpStatusCode.InsufficientStorage => ErrorCode.StorageFull,
            HttpStatusCode.ServiceUnavailable => ErrorCode.Unavailable,
            // A gateway in between lost the answer, not necessarily the request.
            HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout => ErrorCode.OutcomeUnknown,
            >= HttpStatusCode.InternalServerError => ErrorCode.Internal,
            _ => ErrorCode.MalformedRequest,
        };

    private static TimeSpan? RetryAfter(HttpResponseMessage response, DateTimeOffset now)
    {
        var header = response.Headers.RetryAfter;
        var wait = header?.Delta ?? (header?.Date is { } date ? date - now : null);
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }
}
