using Microsoft.Data.Sqlite;

namespace Marketplace.Storage;

/// <summary>A document as the tables or the archive hold it.</summary>
internal sealed record FoundDocument(StoredDocument Document, FoldedPlace Place);

internal readonly record struct ArchivedRow(long Position, long Listing);

/// <summary>One connection with its prepared questions; one thread at a time.</summary>
internal sealed class TableReader : IDisposable
{
    private const int HashesPerPage = 4096;

    private readonly SqliteStatement _document;
    private readonly SqliteStatement _documentPage;
    private readonly SqliteStatement _archived;
    private readonly SqliteStatement _archivePage;
    private readonly SqliteStatement _wholeArchivePage;
    private readonly SqliteStatement _stream;
    private readonly SqliteStatement _entries;

    private readonly string _file;

    public TableReader(SqliteConnection connection, string file)
    {
        (Connection, _file) = (connection, file);
        _document = new(
            connection,
            "select row, version, listing, checksum, content from documents where hash = ?1 and kind = ?2 and id = ?3"
        );
        _documentPage = new(
            connection,
            "select row, id, version, checksum, content from documents where row > ?1 and kind = ?2 order by row limit ?3"
        );
        _archived = new(connection, "select position, listing from archive where hash = ?1 and kind = ?2");
        _archivePage = new(
            connection,
            "select hash, position from archive where (hash, position) > (?1, ?2) and kind = ?3 order by hash, position limit ?4"
        );
        _wholeArchivePage = new(
            connection,
            "select hash, position from archive where (hash, position) > (?1, ?2) order by hash, position limit ?3"
        );
        _stream = new(connection, "select row, version from streams where hash = ?1 and name = ?2");
        _entries = new(
            connection,
            "select version, checksum, content from log where stream = ?1 and version between ?2 and ?3 order by version limit ?4"
        );
    }

    public SqliteConnection Connection { get; }

    public FoundDocument? Document(long kind, string id, long hash)
    {
        if (!_document.Bind(1, hash).Bind(2, kind).Bind(3, id).Step())
        {
            return null;
        }
        var (row, version, content) = (_document.Integer(0), _document.Integer(1), _document.Blob(4));
        var found = new FoundDocument(new StoredDocument(version, content), new FoldedPlace(true, row, 0, _document.Integer(2)));
        var checksum = _document.Integer(3);
        _document.Reset();
        Verify("documents", row, checksum, id, version, content);
        return found;
    }

    public List<ArchivedRow> Archived(long kind, long hash)
    {
        var rows = new List<ArchivedRow>();
        _archived.Bind(1, hash).Bind(2, kind);
        while (_archived.Step())
        {
            rows.Add(new ArchivedRow(_archived.Integer(0), _archived.Integer(1)));
        }
        return rows;
    }

    /// <summary>The rows of a hash; prepared anew each time, because it is asked about rows that a power cut left behind only.</summary>
    public List<long> ArchivedPositions(long hash)
    {
        var positions = new List<long>();
        using var statement = new SqliteStatement(Connection, "select position from archive where hash = ?1");
        statement.Bind(1, hash);
        while (statement.Step())
        {
            positions.Add(statement.Integer(0));
        }
        return positions;
    }

    public List<(long Row, string Id, Document Document)> DocumentPage(long afterRow, long kind, int limit)
    {
        var page = new List<(long, string, Document)>();
        _documentPage.Bind(1, afterRow).Bind(2, kind).Bind(3, limit);
        var checksums = new List<long>();
        while (_documentPage.Step())
        {
            page.Add((_documentPage.Integer(0), _documentPage.Text(1), new Document(_documentPage.Integer(2), _documentPage.Blob(4))));
            checksums.Add(_documentPage.Integer(3));
        }
        foreach (var ((row, id, document), checksum) in page.Zip(checksums))
        {
            Verify("documents", row, checksum, id, document.Version, document.Content.Span);
        }
        return page;
    }

    /// <param name="kind">Null: all kinds.</param>
    public List<(long Hash, long Position)> ArchivePage(long afterHash, long afterPosition, long? kind, int limit)
    {
        var page = new List<(long, long)>();
        var statement = kind is { } one
            ? _archivePage.Bind(1, afterHash).Bind(2, afterPosition).Bind(3, one).Bind(4, limit)
            : _wholeArchivePage.Bind(1, afterHash).Bind(2, afterPosition).Bind(3, limit);
        while (statement.Step())
        {
            page.Add((statement.Integer(0), statement.Integer(1)));
        }
        return page;
    }

    /// <summary>Documents of all kinds; prepared anew each time, because it is asked when a store is moved only.</summary>
    public List<(long Row, DocumentKey Key, Document Document)> AnyDocumentPage(long afterRow, int limit)
    {
        var page = new List<(long Row, DocumentKey Key, Document Document)>();
        var checksums = new List<long>();
        using var statement = new SqliteStatement(
            Connection,
            """
            select documents.row, names.name, documents.id, documents.version, documents.checksum, documents.content
            from documents join names on names.number = documents.kind
            where documents.row > ?1 order by documents.row limit ?2
            """
        );
        statement.Bind(1, afterRow).Bind(2, limit);
        while (statement.Step())
        {
            var key = new DocumentKey(statement.Text(1), statement.Text(2));
            page.Add((statement.Integer(0), key, new Document(statement.Integer(3), statement.Blob(5))));
            checksums.Add(statement.Integer(4));
        }
        foreach (var ((row, key, document), checksum) in page.Zip(checksums))
        {
            Verify("documents", row, checksum, key.Id, document.Version, document.Content.Span);
        }
        return page;
    }

    public List<(long Row, string Name)> StreamPage(long afterRow, int limit)
    {
        var page = new List<(long, string)>();
        using var statement = new SqliteStatement(Connection, "select row, name from streams where row > ?1 order by row limit ?2");
        statement.Bind(1, afterRow).Bind(2, limit);
        while (statement.Step())
        {
            page.Add((statement.Integer(0), statement.Text(1)));
        }
        return page;
    }

    /// <summary>
    /// The next distinct hashes of a table, for the filter; prepared anew each time, because it is asked at a start only.
    /// </summary>
    public List<long> HashPage(string table, long? after)
    {
        var page = new List<long>(HashesPerPage);
        var where = after is null ? "" : $"where hash > {after}";
        using var statement = new SqliteStatement(
            Connection,
            $"select distinct hash from {table} {where} order by hash limit {HashesPerPage}"
        );
        while (statement.Step())
        {
            page.Add(statement.Integer(0));
        }
        return page;
    }

    /// <returns>The stream's row and last version; zeros where it is not in the tables.</returns>
    public (long Row, long Version) Stream(string name, long hash)
    {
        if (!_stream.Bind(1, hash).Bind(2, name).Step())
        {
            return (0, 0);
        }
        var found = (_stream.Integer(0), _stream.Integer(1));
        _stream.Reset();
        return found;
    }

    public List<LogEntry> Entries(long stream, string name, long fromVersion, long throughVersion, int limit)
    {
        var entries = new List<LogEntry>();
        var checksums = new List<long>();
        _entries.Bind(1, stream).Bind(2, fromVersion).Bind(3, throughVersion).Bind(4, limit);
        while (_entries.Step())
        {
            entries.Add(new LogEntry(_entries.Integer(0), _entries.Blob(2)));
            checksums.Add(_entries.Integer(1));
        }
        foreach (var (entry, checksum) in entries.Zip(checksums))
        {
            if (entry.Version != fromVersion++)
            {
                throw new StoreDamagedException(_file, 0, $"the entry before {entry.Version} of the stream '{name}' is missing.");
            }
            Verify($"log of the stream '{name}'", entry.Version, checksum, name, entry.Version, entry.Content.Span);
        }
        return entries;
    }

    private void Verify(string table, long row, long checksum, string name, long version, ReadOnlySpan<byte> content)
    {
        if (checksum != RowChecksum.Of(name, version, content))
        {
            throw new StoreDamagedException(_file, 0, $"the checksum of row {row} of {table} does not fit.");
        }
    }

    public void Dispose()
    {
        _document.Dispose();
        _documentPage.Dispose();
        _archived.Dispose();
        _archivePage.Dispose();
        _wholeArchivePage.Dispose();
        _stream.Dispose();
        _entries.Dispose();
    }
}
