using Dapper;
using Microsoft.Data.Sqlite;

namespace Marketplace.Storage;

/// <summary>Asks SQLite's read model, where kinds, owners, states and labels are numbers.</summary>
internal static class ListingReader
{
    private static readonly ListingSql Sql = new(
        """
        select listing.id as Id, owners.name as Owner, states.name as State, labels.name as Label, listing.at as At,
            listing.summary as Summary
        from listing
        join names owners on owners.number = listing.owner
        join names states on states.number = listing.state
        join names labels on labels.number = listing.label
        """,
        IsEqual,
        $" and substr(listing.id, 1, {ListingSql.IdHeadLength}) >= @IdHead and substr(listing.id, 1, {ListingSql.IdHeadLength}) < "
            + "@IdHeadEnd"
    );

    private static readonly string CountOfLabel =
        $"select count(*) from (select 1 from listing where {IsEqual(nameof(ListingQuery.Kind))} and "
        + $"{IsEqual(nameof(ListingQuery.Label))} limit {FewRows})";

    /// <summary>
    /// Rows that may all be looked at, in some milliseconds. A label that has fewer is looked up by itself: among the rows of a common
    /// state its own may be a million rows away.
    /// </summary>
    private const int FewRows = 10_000;

    public static string TextOf(ListingQuery query, bool onlyLooksAtState = false) => Sql.Text(query, onlyLooksAtState);

    public static List<ListingRow> List(SqliteConnection connection, ListingQuery query)
    {
        var parameters = ListingSql.Parameters(query);
        var isRare =
            query is { Label: not null, State: not null, IdPrefix: null }
            && connection.ExecuteScalar<long>(CountOfLabel, parameters) < FewRows;
        return [.. connection.Query<ListingSql.Row>(TextOf(query, isRare), parameters).Select(row => row.Of(query.Kind))];
    }

    private static string IsEqual(string column) =>
        $"listing.{column.ToLowerInvariant()} = (select number from names where name = @{column})";
}
