using System.Text.Json;

namespace Marketplace;

/// <summary>Which events of the market are wanted: those that fit everything that is given.</summary>
public sealed record EventQuery
{
    internal static readonly HashSet<string> Names = [.. Enum.GetValues<EventStream>().Select(stream => NameOf(stream))];

    /// <summary>The streams; empty: all.</summary>
    public IReadOnlyList<EventStream> Streams { get; init; } = [];

    /// <summary>The account's own jobs where it is the caller's, and offers that earn for it.</summary>
    public AccountId? Account { get; init; }

    /// <summary>A job of the caller.</summary>
    public JobId? Job { get; init; }

    /// <summary>A worker.</summary>
    public WorkerId? Worker { get; init; }

    /// <summary>A part of the name of the jobs' class.</summary>
    public string? Class { get; init; }

    /// <summary>What happened.</summary>
    public MarketEventKind? Kind { get; init; }

    internal string ToPath()
    {
        var streams = Streams.Count > 0 ? Streams : Enum.GetValues<EventStream>();
        (string Name, string? Value)[] filters =
        [
            (Routes.StreamFilter, string.Join(',', streams.Select(stream => NameOf(stream)))),
            (Routes.AccountFilter, Account?.ToString()),
            (Routes.JobFilter, Job?.ToString()),
            (Routes.WorkerFilter, Worker?.ToString()),
            (Routes.ClassFilter, Class),
            (Routes.KindFilter, Kind is { } kind ? NameOf(kind) : null),
        ];
        var given =
            from filter in filters
            where filter.Value is not null
            select $"{filter.Name}={Uri.EscapeDataString(filter.Value).Replace("%2C", ",", StringComparison.Ordinal)}";
        return $"{Routes.Events}?{string.Join('&', given)}";
    }

    private static string NameOf(Enum value) => JsonNamingPolicy.SnakeCaseLower.ConvertName($"{value}");
}
