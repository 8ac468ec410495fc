using System.Text;
using Dapper;
using Microsoft.Data.Sqlite;

namespace Marketplace.Storage;

/// <summary>Turns a <see cref="ListingQuery"/> into SQL.</summary>
internal static class ListingReader
{
    public static List<ListingRow> List(SqliteConnection connection, ListingQuery query)
    {
        var sql = new StringBuilder("""
            select listing.id as Id, owners.name as Owner, states.name as State, labels.name as Label, listing.at as At,
                listing.summary as Summary
            from listing
            join names owners on owners.number = listing.owner
            join names states on states.number = listing.state
            join names labels on labels.number = listing.label
            where listing.kind = (select number from names where name = @Kind)
            """);
        if (query.Owner is not null)
            sql.Append(" and listing.owner = (select number from names where name = @Owner)");
        if (query.State is not null)
            sql.Append(" and listing.state = (select number from names where name = @State)");
        if (query.Label is not null)
            sql.Append(" and listing.label = (select number from names where name = @Label)");
        // Two conditions instead of one "or": the first bounds the index, the second only looks at rows of the same moment.
        if (query.After is not null)
            sql.Append(" and listing.at <= @AfterAt and (listing.at < @AfterAt or listing.id > @AfterId)");
        sql.Append(" order by listing.at desc, listing.id limit @Limit");
        var parameters = new
        {
            query.Kind,
            query.Owner,
            query.State,
            query.Label,
            AfterAt = query.After?.At.UtcTicks,
            AfterId = query.After?.Id,
            query.Limit,
        };
        return [.. connection.Query<Row>(sql.ToString(), parameters).Select(row => new ListingRow(
            query.Kind, row.Id, row.Owner, row.State, row.Label, new DateTimeOffset(row.At, TimeSpan.Zero), row.Summary))];
    }

    // Dapper fills it by property name.
    private sealed class Row
    {
        public string Id { get; set; } = "";
        public string Owner { get; set; } = "";
        public string State { get; set; } = "";
        public string Label { get; set; } = "";
        public long At { get; set; }
        public byte[] Summary { get; set; } = [];
    }
}
