using System.Collections.Immutable;
using System.Text.Json;
using Marketplace.GrainInterfaces;
using Microsoft.AspNetCore.Http;

namespace Marketplace.Gateway;

/// <summary>Which events a reader asked for. It is compared with what the reader may see, so it finds nothing out beyond that.</summary>
/// <param name="Streams">At least one.</param>
internal sealed record EventFilter(ImmutableArray<EventStream> Streams)
{
    public AccountId? Account { get; init; }

    public JobId? Job { get; init; }

    public WorkerId? Worker { get; init; }

    /// <summary>A part of the class's name.</summary>
    public string? Class { get; init; }

    public MarketEventKind? Kind { get; init; }

    private static readonly ImmutableArray<EventStream> All = [.. Enum.GetValues<EventStream>()];
    private static readonly ImmutableArray<string> Names = [.. All.Select(NameOf)];
    private static readonly ImmutableArray<MarketEventKind> Kinds = [.. Enum.GetValues<MarketEventKind>()];

    /// <summary>The parameters of the query.</summary>
    public static readonly QueryRule[] Rules =
    [
        new(
            Routes.StreamFilter,
            $"Streams of the market, joined by commas: {string.Join(", ", Names)}. Left out: the account's own jobs as they end."
        )
        {
            Pattern = $"^({string.Join('|', Names)})(,({string.Join('|', Names)}))*$",
            CharactersMax = GatewayPolicy.FilterCharactersMax,
        },
        new(Routes.AccountFilter, "With streams: only events of the caller's own jobs, or of offers that earn for this account.")
        {
            Value = typeof(AccountId),
        },
        new(Routes.JobFilter, "With streams: only events of this job, which is the caller's.") { Value = typeof(JobId) },
        new(Routes.WorkerFilter, "With streams: only events of this worker.") { Value = typeof(WorkerId) },
        new(Routes.ClassFilter, "With streams: only events of jobs whose class has this in its name.")
        {
            CharactersMax = GatewayPolicy.FilterCharactersMax,
        },
        new(Routes.KindFilter, "With streams: only events of this kind.") { Value = typeof(MarketEventKind) },
    ];

    public static string NameOf(EventStream stream) => JsonNamingPolicy.SnakeCaseLower.ConvertName($"{stream}");

    /// <returns>Null where the request names no stream.</returns>
    /// <exception cref="MarketException"><see cref="ErrorCode.MalformedRequest"/>.</exception>
    public static EventFilter? Of(HttpContext http)
    {
        if (RequestReader.Text(http, Routes.StreamFilter) is not { } streams)
        {
            return Rules.FirstOrDefault(rule => RequestReader.Text(http, rule.Name) is not null) is { } other
                ? throw RequestReader.Malformed(GatewayMessages.FilterWithoutStream(other.Name))
                : null;
        }
        return new EventFilter([.. streams.Split(',').Select(StreamOf).Distinct()])
        {
            Account = RequestReader.Text(http, Routes.AccountFilter) is { } account ? RequestReader.Account(account) : null,
            Job = RequestReader.Text(http, Routes.JobFilter) is { } job ? RequestReader.Job(job) : null,
            Worker = RequestReader.Text(http, Routes.WorkerFilter) is { } worker ? RequestReader.Worker(worker) : null,
            Class = RequestReader.Text(http, Routes.ClassFilter) is { } part ? PartOf(part) : null,
            Kind = RequestReader.Text(http, Routes.KindFilter) is { } kind ? KindOf(kind) : null,
        };
    }

    public bool Matches(MarketEvent seen) =>
        Streams.Contains(seen.Stream)
        && (Account is not { } account || seen.Account == account || seen.Offer?.PayTo == account)
        && (Job is not { } job || seen.Job == job)
        && (Worker is not { } worker || seen.Worker == worker)
        && (Class is null || seen.Class?.Contains(Class, StringComparison.Ordinal) == true)
        && (Kind is not { } kind || seen.Kind == kind);

    private static string PartOf(string text) =>
        text.Length <= GatewayPolicy.FilterCharactersMax
            ? text
            : throw RequestReader.Malformed(
                GatewayMessages.FilterTooLong(Routes.ClassFilter, text.Length, GatewayPolicy.FilterCharactersMax)
            );

    private static EventStream StreamOf(string text)
    {
        var index = Names.IndexOf(text);
        return index >= 0 ? All[index] : throw RequestReader.Malformed(GatewayMessages.NotOneOf(Routes.StreamFilter, text, Names));
    }

    private static MarketEventKind KindOf(string text)
    {
        foreach (var kind in Kinds)
        {
            if (JsonNamingPolicy.SnakeCaseLower.ConvertName($"{kind}") == text)
            {
                return kind;
            }
        }
        throw RequestReader.Malformed(
            GatewayMessages.NotOneOf(Routes.KindFilter, text, Kinds.Select(kind => JsonNamingPolicy.SnakeCaseLower.ConvertName($"{kind}")))
        );
    }
}
