using Microsoft.Data.Sqlite;

namespace Marketplace.Storage;

/// <summary>The statements of the fold, inside its transaction; one thread.</summary>
internal sealed class TableWriter : IDisposable
{
    private readonly SqliteStatement _begin;
    private readonly SqliteStatement _commit;
    private readonly SqliteStatement _rollback;
    private readonly SqliteStatement _setMeta;
    private readonly SqliteStatement _insertDocument;
    private readonly SqliteStatement _updateDocument;
    private readonly SqliteStatement _deleteDocument;
    private readonly SqliteStatement _insertArchived;
    private readonly SqliteStatement _deleteArchived;
    private readonly SqliteStatement _insertStream;
    private readonly SqliteStatement _updateStream;
    private readonly SqliteStatement _putEntry;
    private readonly SqliteStatement _lastRow;

    public TableWriter(SqliteConnection connection)
    {
        _begin = new(connection, "begin immediate");
        _commit = new(connection, "commit");
        _rollback = new(connection, "rollback");
        _setMeta = new(connection, "update meta set value = ?2 where name = ?1");
        _insertDocument = new(
            connection,
            "insert into documents(hash, kind, id, version, listing, checksum, content) values(?1, ?2, ?3, ?4, ?5, ?6, ?7)"
        );
        _updateDocument = new(connection, "update documents set version = ?2, listing = ?3, checksum = ?4, content = ?5 where row = ?1");
        _deleteDocument = new(connection, "delete from documents where row = ?1");
        _insertArchived = new(connection, "insert into archive(hash, position, kind, listing) values(?1, ?2, ?3, ?4)");
        _deleteArchived = new(connection, "delete from archive where hash = ?1 and position = ?2");
        _insertStream = new(connection, "insert into streams(hash, name, version) values(?1, ?2, ?3)");
        _updateStream = new(connection, "update streams set version = ?2 where row = ?1");
        _putEntry = new(connection, "insert or replace into log(stream, version, checksum, content) values(?1, ?2, ?3, ?4)");
        _lastRow = new(connection, "select last_insert_rowid()");
    }

    public void Begin() => _begin.Run();

    /// <summary>The journal may begin after this, see <see cref="JournalRecovery"/>.</summary>
    public void SetFolded(long sequence) => _setMeta.Bind(1, "folded").Bind(2, sequence).Run();

    public void Commit() => _commit.Run();

    public void Rollback() => _rollback.Run();

    public long InsertDocument(long hash, long kind, string id, long listing, StoredDocument document)
    {
        _insertDocument
            .Bind(1, hash)
            .Bind(2, kind)
            .Bind(3, id)
            .Bind(4, document.Version)
            .Bind(5, listing)
            .Bind(6, RowChecksum.Of(id, document.Version, document.Content.Span))
            .Bind(7, document.Content.Span)
            .Run();
        return LastRow();
    }

    public void UpdateDocument(long row, string id, long listing, StoredDocument document) =>
        _updateDocument
            .Bind(1, row)
            .Bind(2, document.Version)
            .Bind(3, listing)
            .Bind(4, RowChecksum.Of(id, document.Version, document.Content.Span))
            .Bind(5, document.Content.Span)
            .Run();

    public void DeleteDocument(long row) => _deleteDocument.Bind(1, row).Run();

    public void InsertArchived(long hash, long position, long kind, long listing) =>
        _insertArchived.Bind(1, hash).Bind(2, position).Bind(3, kind).Bind(4, listing).Run();

    public void DeleteArchived(long hash, long position) => _deleteArchived.Bind(1, hash).Bind(2, position).Run();

    public long InsertStream(long hash, string name, long version)
    {
        _insertStream.Bind(1, hash).Bind(2, name).Bind(3, version).Run();
        return LastRow();
    }

    public void UpdateStream(long row, long version) => _updateStream.Bind(1, row).Bind(2, version).Run();

    /// <summary>A replayed segment brings the same entries again: the same bytes take the same place.</summary>
    public void PutEntry(long stream, string name, LogEntry entry) =>
        _putEntry
            .Bind(1, stream)
            .Bind(2, entry.Version)
            .Bind(3, RowChecksum.Of(name, entry.Version, entry.Content.Span))
            .Bind(4, entry.Content.Span)
            .Run();

    public void Dispose()
    {
        foreach (
            var statement in (SqliteStatement[])
                [
                    _begin,
                    _commit,
                    _rollback,
                    _setMeta,
                    _insertDocument,
                    _updateDocument,
                    _deleteDocument,
                    _insertArchived,
                    _deleteArchived,
                    _insertStream,
                    _updateStream,
                    _putEntry,
                    _lastRow,
                ]
        )
        {
            statement.Dispose();
        }
    }

    private long LastRow()
    {
        _lastRow.Step();
        var row = _lastRow.Integer(0);
        _lastRow.Reset();
        return row;
    }
}
