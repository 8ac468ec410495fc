using Microsoft.Data.Sqlite;

namespace Marketplace.Storage;

/// <summary>Compares journal, tables and archive with their checksums and with each other.</summary>
internal sealed class BookCheck(SqliteConnection connection, string tablesFile, string folder)
{
    private const int Page = 256;

    private readonly List<StoreFinding> _findings = [];
    private readonly HashSet<long> _inJournal = [];
    private readonly ulong _seed = unchecked((ulong)TableSchema.ReadMeta(connection, "seed"));

    public List<StoreFinding> Run(CancellationToken cancellation)
    {
        CheckJournal();
        CheckDocuments(cancellation);
        CheckStreams(cancellation);
        CheckArchive(cancellation);
        return _findings;
    }

    private void CheckJournal()
    {
        var journalFolder = Path.Combine(folder, DataDirectory.JournalFolder);
        if (!Directory.Exists(journalFolder))
        {
            Add(journalFolder, 0, "the folder is missing.");
            return;
        }
        var recovery = new JournalRecovery(
            new RealFiles(journalFolder),
            record =>
            {
                if (record.Kind is JournalRecordKind.DocumentWritten or JournalRecordKind.DocumentDeleted)
                {
                    _inJournal.Add(KeyHash.OfDocument(_seed, new DocumentKey(record.Name, record.Id)));
                }
            }
        );
        foreach (var damage in recovery.Check(TableSchema.ReadMeta(connection, "folded")))
        {
            _findings.Add(new StoreFinding(damage.File, damage.Offset, damage.What));
        }
    }

    private void CheckDocuments(CancellationToken cancellation)
    {
        using var rows = new SqliteStatement(
            connection,
            """
            select documents.row, documents.hash, names.name, documents.id, documents.version, documents.checksum, documents.content
            from documents left join names on names.number = documents.kind
            """
        );
        while (rows.Step())
        {
            cancellation.ThrowIfCancellationRequested();
            var (row, id) = (rows.Integer(0), rows.Text(3));
            if (rows.Integer(5) != RowChecksum.Of(id, rows.Integer(4), rows.Blob(6)))
            {
                Add(tablesFile, 0, $"the checksum of row {row} of documents does not fit.");
            }
            if (rows.Integer(1) != KeyHash.OfDocument(_seed, new DocumentKey(rows.Text(2), id)))
            {
                Add(tablesFile, 0, $"the hash of row {row} of documents is not that of '{id}'.");
            }
        }
    }

    private void CheckStreams(CancellationToken cancellation)
    {
        using var reader = new TableReader(connection, tablesFile);
        using var streams = new SqliteStatement(connection, "select row, hash, name, version from streams");
        while (streams.Step())
        {
            cancellation.ThrowIfCancellationRequested();
            var (row, name, version) = (streams.Integer(0), streams.Text(2), streams.Integer(3));
            if (streams.Integer(1) != KeyHash.OfStream(_seed, name))
            {
                Add(tablesFile, 0, $"the hash of row {row} of streams is not that of '{name}'.");
            }
            try
            {
                long next = 1;
                while (reader.Entries(row, name, next, long.MaxValue, Page) is { Count: > 0 } entries)
                {
                    next = entries[^1].Version + 1;
                }
                if (next != version + 1)
                {
                    Add(tablesFile, 0, $"the stream '{name}' has {next - 1} entries and should have {version}.");
                }
            }
            catch (StoreDamagedException damage)
            {
                Add(damage.File, damage.Offset, damage.What);
            }
        }
    }

    private void CheckArchive(CancellationToken cancellation)
    {
        var archiveFolder = Path.Combine(folder, DataDirectory.ArchiveFolder);
        if (!Directory.Exists(archiveFolder))
        {
            Add(archiveFolder, 0, "the folder is missing.");
            return;
        }
        var files = new RealFiles(archiveFolder);
        using var archive = new Archive(files, uint.MaxValue);
        // By position, so that the files are read from front to back.
        using var rows = new SqliteStatement(connection, "select hash, position from archive order by position");
        while (rows.Step())
        {
            cancellation.ThrowIfCancellationRequested();
            var (hash, position) = (rows.Integer(0), rows.Integer(1));
            var (number, offset) = Archive.Split(position);
            var file = Path.Combine(files.Folder, Archive.FileName(number));
            if (!archive.TryRead(position, out var document, out var what))
            {
                // After a power cut a row may point to bytes that were lost; the journal still has the document then.
                if (!_inJournal.Contains(hash))
                {
                    Add(file, offset, what);
                }
            }
            else if (!IsOf(hash, document) && !_inJournal.Contains(hash) && !IsElsewhere(archive, hash))
            {
                Add(file, offset, $"the record is that of '{document.Key}', the index says another.");
            }
        }
    }

    private bool IsOf(long hash, ArchivedDocument document) => hash == KeyHash.OfDocument(_seed, document.Key);

    /// <summary>A row that a power cut left behind does no harm where another row has its document.</summary>
    private bool IsElsewhere(Archive archive, long hash)
    {
        using var reader = new TableReader(connection, tablesFile);
        return reader.ArchivedPositions(hash).Any(position => archive.TryRead(position, out var document, out _) && IsOf(hash, document));
    }

    private void Add(string file, long offset, string what) => _findings.Add(new StoreFinding(file, offset, what));
}
