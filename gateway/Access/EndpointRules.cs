using System.Net.Mime;
using Marketplace.GrainInterfaces;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Gateway;

/// <summary>Which callers a route serves. A route without a rule is a bug of the gateway, and every request to it fails.</summary>
/// <param name="Public">No key is needed; the answer holds only what the public may know.</param>
/// <param name="Needed">The scope that the key must have.</param>
/// <param name="Tickets">The route also takes a single-use ticket.</param>
/// <param name="NeedsMarket">Although it is public, it is served only while the market is there.</param>
/// <param name="Pages">The route serves pages to a person's browser: it also takes the key as the password of a browser's login.</param>
/// <param name="Worker">What a worker proves itself with, instead of a key.</param>
internal sealed record AccessRule(
    bool Public,
    Scopes Needed,
    bool Tickets = false,
    bool Pages = false,
    bool NeedsMarket = false,
    WorkerProof Worker = WorkerProof.None
);

/// <summary>How a worker proves its key.</summary>
internal enum WorkerProof
{
    /// <summary>The route is not for workers.</summary>
    None = 0,

    /// <summary>By the handshake of its link, which the route leads to.</summary>
    Handshake = 1,

    /// <summary>By a signature of the request, which names a lease.</summary>
    Signature = 2,
}

/// <summary>What body a route takes. A route without a rule takes none.</summary>
/// <param name="ContentType">The only media type.</param>
/// <param name="BytesMax">The largest body.</param>
/// <param name="Record">The record that the JSON must be; null for bytes.</param>
internal sealed record BodyRule(string ContentType, long BytesMax, Type? Record)
{
    public bool IsJson => Record is not null;

    public static BodyRule? Of(HttpContext http) => http.GetEndpoint()?.Metadata.GetMetadata<BodyRule>();
}

/// <summary>
/// The memory that an answer holds until its reader has it. A route without a rule answers with one record, which its connection holds.
/// </summary>
/// <param name="BytesMax">Of the whole answer, or, with <paramref name="PerItem"/>, of each item that the request's limit asks for.</param>
/// <param name="PerItem">The answer is a page that is held whole.</param>
internal sealed record AnswerRule(long BytesMax, bool PerItem)
{
    public long BytesFor(HttpContext http) => PerItem ? BytesMax * RequestReader.Number(http, Pages.Limit) : BytesMax;
}

/// <summary>One parameter of the query; a route refuses all that it has no rule for.</summary>
internal sealed record QueryRule(string Name, string Description)
{
    /// <summary>Which whole numbers it may be; null where it is none.</summary>
    public QueryRange? Range { get; init; }

    /// <summary>The value or enum that it is, if it is one.</summary>
    public Type? Value { get; init; }

    /// <summary>The form of a text.</summary>
    public string? Pattern { get; init; }

    /// <summary>The longest text.</summary>
    public int? CharactersMax { get; init; }
}

/// <param name="Min">The least number.</param>
/// <param name="Max">The greatest.</param>
/// <param name="Absent">What counts when the parameter is left out.</param>
internal sealed record QueryRange(int Min, int Max, int Absent);

/// <summary>The route answers with a stream of events of these names.</summary>
internal sealed record EventsRule(params (string Name, Type Record)[] Events)
{
    /// <summary>The header with the last event that the client has.</summary>
    public const string LastId = "Last-Event-ID";
}

/// <summary>The route answers 201 and never 200.</summary>
internal sealed record CreatesRule;

/// <summary>How a route states its rules, beside its handler.</summary>
public static class EndpointRules
{
    internal static TBuilder Needs<TBuilder>(this TBuilder route, Scopes scopes, bool tickets = false)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new AccessRule(Public: false, scopes, tickets));

    /// <summary>
    /// Pages that a host brings along, for holders of an admin key. They load their own scripts and styles, and their queries are their
    /// own.
    /// </summary>
    public static TBuilder ServesOperatorPages<TBuilder>(this TBuilder route)
        where TBuilder : IEndpointConventionBuilder =>
        route.WithMetadata(new AccessRule(Public: false, Scopes.Admin, Pages: true), new ExcludeFromDescriptionAttribute());

    /// <summary>Files of the web pages, which hold nothing that needs a key. Their queries are the pages' own.</summary>
    internal static TBuilder ForBrowsers<TBuilder>(this TBuilder route)
        where TBuilder : IEndpointConventionBuilder =>
        route.WithMetadata(new AccessRule(Public: true, Scopes.None, Pages: true), new ExcludeFromDescriptionAttribute());

    internal static TBuilder ForEverybody<TBuilder>(this TBuilder route)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new AccessRule(Public: true, Scopes.None));

    internal static TBuilder ForWorkers<TBuilder>(this TBuilder route, WorkerProof proof)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new AccessRule(Public: false, Scopes.None, Worker: proof));

    /// <summary>For those who have no API key yet. The handler limits them.</summary>
    internal static TBuilder ForStrangers<TBuilder>(this TBuilder route)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new AccessRule(Public: true, Scopes.None, NeedsMarket: true));

    internal static TBuilder TakesJson<TBuilder>(this TBuilder route, Type record, long bytesMax)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new BodyRule(MediaTypeNames.Application.Json, bytesMax, record));

    internal static TBuilder TakesBytes<TBuilder>(this TBuilder route, long bytesMax)
        where TBuilder : IEndpointConventionBuilder =>
        route.WithMetadata(new BodyRule(MediaTypeNames.Application.Octet, bytesMax, Record: null));

    /// <summary>The answer is long and takes part of the <see cref="MemoryBudget"/>, this much at most.</summary>
    internal static TBuilder Holds<TBuilder>(this TBuilder route, long bytesMax)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new AnswerRule(bytesMax, PerItem: false));

    /// <inheritdoc cref="Holds"/>
    internal static TBuilder HoldsPage<TBuilder>(this TBuilder route, long itemBytesMax)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new AnswerRule(itemBytesMax, PerItem: true));

    /// <summary>What OpenAPI says of a route whose only success is a new thing.</summary>
    internal static RouteHandlerBuilder Creates<TRecord>(this RouteHandlerBuilder route) =>
        route.Produces<TRecord>(StatusCodes.Status201Created).WithMetadata(new CreatesRule());

    /// <summary>What the route's handler refuses with, besides what the guards before it do.</summary>
    internal static TBuilder Refuses<TBuilder>(this TBuilder route, params ErrorCode[] codes)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new RefusesRule(codes));

    internal static TBuilder TakesQuery<TBuilder>(this TBuilder route, params QueryRule[] rules)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata([.. rules]);
}
