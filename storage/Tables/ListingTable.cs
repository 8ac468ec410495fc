using Microsoft.Data.Sqlite;

namespace Marketplace.Storage;

/// <summary>Writes the rows of the read model; belongs to the fold.</summary>
internal sealed class ListingTable(SqliteConnection writer) : IDisposable
{
    private readonly SqliteStatement _insert = new(
        writer,
        "insert into listing(kind, owner, state, label, at, id, summary) values(?1, ?2, ?3, ?4, ?5, ?6, ?7)"
    );

    private readonly SqliteStatement _update = new(
        writer,
        "update listing set kind = ?1, owner = ?2, state = ?3, label = ?4, at = ?5, id = ?6, summary = ?7 where row = ?8"
    );

    private readonly SqliteStatement _delete = new(writer, "delete from listing where row = ?1");

    private readonly SqliteStatement _lastRow = new(writer, "select last_insert_rowid()");

    /// <summary>Makes the row <paramref name="place"/> (0: none so far) say what the document says now.</summary>
    /// <returns>The row that stands for the document from now on; 0: none.</returns>
    public long Put(long place, ListingRow? row, NameNumbers names)
    {
        if (row is null)
        {
            if (place != 0)
            {
                _delete.Bind(1, place).Run();
            }
            return 0;
        }
        var statement = place == 0 ? _insert : _update.Bind(8, place);
        statement
            .Bind(1, names.OfKind(row.Kind))
            .Bind(2, names.Of(row.Owner))
            .Bind(3, names.Of(row.State))
            .Bind(4, names.Of(row.Label))
            .Bind(5, row.At.UtcTicks)
            .Bind(6, row.Id)
            .Bind(7, row.Summary.Span)
            .Run();
        if (place != 0)
        {
            return place;
        }
        _lastRow.Step();
        var inserted = _lastRow.Integer(0);
        _lastRow.Reset();
        return inserted;
    }

    public void Dispose()
    {
        _insert.Dispose();
        _update.Dispose();
        _delete.Dispose();
        _lastRow.Dispose();
    }
}
