using System.Net;

namespace Marketplace;

/// <summary>The service refused a request, with one of the codes of the closed list.</summary>
public sealed class MarketplaceException(ErrorCode code, HttpStatusCode status, string detail, TimeSpan? retryAfter = null)
    : Exception(detail)
{
    /// <summary>Why, from the closed list.</summary>
    public ErrorCode Code { get; } = code;

    /// <summary>The HTTP status; the code says more.</summary>
    public HttpStatusCode Status { get; } = status;

    /// <summary>What was seen, what is allowed, what to do; for people. May quote what the client or a program sent.</summary>
    public string Detail { get; } = detail;

    /// <summary>How long the service asks to wait before another attempt.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;

    /// <summary>Whether the same request may succeed later, and sending it again can do no harm if it has a request id.</summary>
    public bool IsRetrySafe => IsTransient(Code);

    internal static bool IsTransient(ErrorCode code) => code is ErrorCode.RateLimited or ErrorCode.Unavailable or ErrorCode.OutcomeUnknown;
}
