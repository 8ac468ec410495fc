using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace Marketplace.Storage;

/// <summary>
/// Everything that was folded: tables and archive. Questions may come from any thread; the writer's part belongs to the fold.
/// </summary>
internal sealed class FoldedStore : IDisposable
{
    private readonly ITableFile _file;
    private readonly SqliteConnection _connection;
    private readonly TableReader _own;
    private readonly ConcurrentBag<TableReader> _readers = [];

    public FoldedStore(ITableFile file, Archive archive, long newSeed)
    {
        (_file, Archive) = (file, archive);
        _connection = file.Connect();
        TableSchema.Prepare(_connection, file.Name, newSeed);
        Seed = unchecked((ulong)TableSchema.ReadMeta(_connection, "seed"));
        FoldedSequence = TableSchema.ReadMeta(_connection, "folded");
        Names = new NameNumbers(_connection);
        Writer = new TableWriter(_connection);
        Listing = new ListingTable(_connection);
        _own = new TableReader(_connection, file.Name);
    }

    public Archive Archive { get; }
    public TableWriter Writer { get; }
    public ListingTable Listing { get; }
    public NameNumbers Names { get; }
    public ulong Seed { get; }

    /// <summary>What the tables followed when they were opened.</summary>
    public long FoldedSequence { get; }

    /// <summary>
    /// No fewer than this many keys, usually little more: read from the ends of the tables, for counting would read all of them. By the
    /// writer's connection, so only while nothing is folded.
    /// </summary>
    public long KeyCountMax =>
        TableSchema.ReadInteger(
            _connection,
            """
            select coalesce((select max(row) from documents), 0) + coalesce((select max(row) from streams), 0)
                + coalesce((select max(row) from listing), 0)
            """
        );

    public FoundDocument? Find(DocumentKey key, long hash) => Ask(reader => Find(reader, key, hash));

    /// <summary>The writer's own look, which sees what its transaction did.</summary>
    public FoundDocument? FindAsWriter(DocumentKey key, long hash) => Find(_own, key, hash);

    public List<ArchivedRow> ArchivedAsWriter(long kind, long hash) => _own.Archived(kind, hash);

    public List<(long Hash, long Position)> ArchivePageAsWriter(long afterHash, long afterPosition, int limit) =>
        _own.ArchivePage(afterHash, afterPosition, null, limit);

    public List<(long Row, DocumentKey Key, Document Document)> DocumentPageAsWriter(long afterRow, int limit) =>
        _own.AnyDocumentPage(afterRow, limit);

    public (long Row, long Version) FindStreamAsWriter(string stream, long hash) => _own.Stream(stream, hash);

    /// <summary>
    /// Reads what an index row of the archive points to. After a power cut the row may be older than its bytes, which were lost; then
    /// nothing whole lies there, or by now another document, because what is archived later takes their place. The hash is a key's own, so
    /// it tells which.
    /// </summary>
    /// <returns>False where the row's own document is not there.</returns>
    public bool TryReadArchived(long hash, long position, out ArchivedDocument document, out string what)
    {
        if (!Archive.TryRead(position, out document, out what))
        {
            return false;
        }
        if (KeyHash.OfDocument(Seed, document.Key) == hash)
        {
            return true;
        }
        what = $"the record is that of '{document.Key}', the index says another.";
        return false;
    }

    /// <summary>
    /// Whether the index has another row of the same key, whose document is there: then this one was left behind by a power cut.
    /// </summary>
    public bool IsArchivedElsewhere(long hash, long position) =>
        Ask(reader => reader.ArchivedPositions(hash)).Any(other => other != position && TryReadArchived(hash, other, out _, out _));

    /// <summary>Runs a question on a connection that no other thread uses meanwhile.</summary>
    public TAnswer Ask<TAnswer>(Func<TableReader, TAnswer> question)
    {
        if (_file.IsSingleConnection)
        {
            return question(_own);
        }
        if (!_readers.TryTake(out var reader))
        {
            reader = new TableReader(_file.Connect(), _file.Name);
        }
        try
        {
            return question(reader);
        }
        finally
        {
            _readers.Add(reader);
        }
    }

    /// <summary>Gives the hashes of all keys, some at a time.</summary>
    public IEnumerable<List<long>> Hashes()
    {
        foreach (var table in (string[])["documents", "archive", "streams"])
        {
            // By hash and from the last one on, so that no page needs the reader of the page before.
            long? after = null;
            while (true)
            {
                var page = Ask(reader => reader.HashPage(table, after));
                if (page.Count == 0)
                {
                    break;
                }
                yield return page;
                after = page[^1];
            }
        }
    }

    /// <summary>Makes the read model anew; only while nothing is folded.</summary>
    /// <returns>True once that is durable.</returns>
    public bool MakeReadModel(IReadOnlyList<IProjection> projections)
    {
        new ReadModelMaker(this, _connection, projections).Run();
        return MakeDurable();
    }

    /// <returns>True once all that was folded before the call is durable.</returns>
    public bool MakeDurable()
    {
        Archive.Flush();
        return _file.Checkpoint(_connection);
    }

    public void Dispose()
    {
        while (_readers.TryTake(out var reader))
        {
            reader.Dispose();
            reader.Connection.Dispose();
        }
        _own.Dispose();
        Writer.Dispose();
        Listing.Dispose();
        Names.Dispose();
        _connection.Dispose();
        Archive.Dispose();
    }

    private FoundDocument? Find(TableReader reader, DocumentKey key, long hash)
    {
        if (Names.FindKind(key.Kind) is not { } kind)
        {
            return null;
        }
        if (reader.Document(kind, key.Id, hash) is { } live)
        {
            return live;
        }
        foreach (var row in reader.Archived(kind, hash))
        {
            var archived = Archive.Read(row.Position);
            if (archived.Key == key)
            {
                return new FoundDocument(archived.Document, new FoldedPlace(true, 0, row.Position, row.Listing));
            }
        }
        return null;
    }
}
