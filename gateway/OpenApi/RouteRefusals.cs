using Microsoft.AspNetCore.Http;

namespace Marketplace.Gateway;

/// <summary>What a route's own handler refuses with, besides what every route of its kind does.</summary>
internal sealed record RefusesRule(params ErrorCode[] Codes);

/// <summary>
/// Every refusal that a route may answer with, by its rules: what the guards before it say, and what stands beside its handler. A test
/// compares each answer of the suite with it.
/// </summary>
internal static class RouteRefusals
{
    /// <summary>A refusal: the codes that stand under one status.</summary>
    public static SortedDictionary<int, SortedSet<ErrorCode>> Of(IList<object> metadata)
    {
        var refusals = new SortedDictionary<int, SortedSet<ErrorCode>>();
        // Front, query, bodies that are not expected or come in another encoding; then faults of the service itself.
        Add(ErrorCode.HeaderRefused);
        Add(ErrorCode.RateLimited);
        Add(ErrorCode.MalformedRequest);
        Add(ErrorCode.HeaderRefused, StatusCodes.Status415UnsupportedMediaType);
        // What the server itself refuses: headers that come too slowly, request lines and headers over their bounds.
        Add(ErrorCode.LimitExceeded, StatusCodes.Status408RequestTimeout);
        Add(ErrorCode.LimitExceeded, StatusCodes.Status414UriTooLong);
        Add(ErrorCode.LimitExceeded, StatusCodes.Status431RequestHeaderFieldsTooLarge);
        Add(ErrorCode.Internal);
        var access = metadata.OfType<AccessRule>().Single();
        if (!access.Public)
        {
            Add(ErrorCode.Unauthenticated);
            Add(ErrorCode.Forbidden);
        }
        if (!access.Public || access.NeedsMarket)
        {
            Add(ErrorCode.Unavailable);
            Add(ErrorCode.OutcomeUnknown);
        }
        if (metadata.OfType<BodyRule>().LastOrDefault() is { } body)
        {
            Add(ErrorCode.BodyTooLarge);
            if (body.IsJson)
            {
                Add(ErrorCode.LimitExceeded);
            }
        }
        foreach (var code in metadata.OfType<RefusesRule>().SelectMany(rule => rule.Codes))
        {
            Add(code);
        }
        return refusals;

        void Add(ErrorCode code, int? status = null)
        {
            var at = status ?? ProblemFactory.StatusOf(code);
            if (!refusals.TryGetValue(at, out var codes))
            {
                refusals[at] = codes = [];
            }
            codes.Add(code);
        }
    }
}
