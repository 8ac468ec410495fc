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
        column => $"listing.{column.ToLowerInvariant()} = (select number from names where name = @{column})",
        $" and substr(listing.id, 1, {ListingSql.IdHeadLength}) >= @IdHead and substr(listing.id, 1, {ListingSql.IdHeadLength}) < "
            + "@IdHeadEnd"
    );

    public static string TextOf(ListingQuery query) => Sql.Text(query);

    public static List<ListingRow> List(SqliteConnection connection, ListingQuery query) =>
        [.. connection.Query<ListingSql.Row>(Sql.Text(query), ListingSql.Parameters(query)).Select(row => row.Of(query.Kind))];
}
