using Microsoft.Data.Sqlite;

namespace Marketplace.Storage;

/// <summary>What the books take on disk, journal, tables and archive together.</summary>
public sealed record CompactionSummary(long BytesBefore, long BytesAfter);

/// <summary>The folder cannot be compacted now; the message says what to do. Nothing was changed.</summary>
public sealed class CompactionRefusedException(string message, Exception? cause = null) : IOException(message, cause);

/// <summary>
/// Gives back what the store of a stopped node has on disk and needs no more: pages that the tables have left, and documents in the
/// archive that were replaced or deleted since. All is written beside: the archive's documents into files with new numbers, and the tables
/// that point to them into a file that takes the place of the old one by a rename. Until then the old files are the store, and nothing
/// points to what stands beside them; after it nothing points to the old ones. So a process may end anywhere, and nothing needs to be
/// repaired. The journal stays as it is: it is given up as it is folded, and backups go on from it.
/// </summary>
public sealed class StoreCompaction
{
    private const string PartEnding = ".compacted";

    private readonly string _store;
    private readonly string _tables;
    private readonly RealFiles _root;
    private readonly RealFiles _archives;
    private readonly Func<long> _freeBytes;
    private readonly Action<string> _step;
    private readonly IProgress<MoveProgress>? _progress;
    private readonly CancellationToken _cancellation;

    private StoreCompaction(
        string store,
        Func<long> freeBytes,
        Action<string> step,
        IProgress<MoveProgress>? progress,
        CancellationToken cancellation
    )
    {
        (_store, _tables) = (store, Path.Combine(store, DataDirectory.TablesFile));
        (_root, _archives) = (new RealFiles(store), new RealFiles(Path.Combine(store, DataDirectory.ArchiveFolder)));
        (_freeBytes, _step, _progress, _cancellation) = (freeBytes, step, progress, cancellation);
    }

    private string Part => _tables + PartEnding;

    /// <exception cref="CompactionRefusedException">There is no node, or it is not fit; its disk has no room.</exception>
    /// <exception cref="StoreLockedException">The node runs.</exception>
    /// <exception cref="StoreUnfinishedException">The folder holds an import that was broken off.</exception>
    /// <exception cref="StoreDamagedException">What is on disk is not what was written. Nothing was changed.</exception>
    public static CompactionSummary Run(string data, IProgress<MoveProgress>? progress, CancellationToken cancellation) =>
        Run(data, () => new DriveInfo(Path.GetFullPath(data)).AvailableFreeSpace, _ => { }, progress, cancellation);

    /// <param name="step">Told between any two things that are done to the disk: tests end the process there.</param>
    internal static CompactionSummary Run(
        string data,
        Func<long> freeBytes,
        Action<string> step,
        IProgress<MoveProgress>? progress,
        CancellationToken cancellation
    )
    {
        data = Path.GetFullPath(data);
        var store = Path.Combine(data, DataDirectory.StoreFolder);
        foreach (var part in (string[])[DataDirectory.JournalFolder, DataDirectory.ArchiveFolder, DataDirectory.TablesFile])
        {
            if (!Path.Exists(Path.Combine(store, part)))
            {
                throw new CompactionRefusedException(
                    $"'{data}' holds no embedded node: '{DataDirectory.StoreFolder}/{part}' is missing. A cluster's database is kept "
                        + "small by PostgreSQL's own vacuum."
                );
            }
        }
        using var held = DirectoryLock.Take(store);
        if (ImportMark.Read(store) == ImportState.Unfinished)
        {
            throw new StoreUnfinishedException(store);
        }
        if (RestoredMark.Read(data) is { } origin)
        {
            throw new CompactionRefusedException(
                $"The data in '{data}' {origin}. Start its silo once with --accept-restored true, stop it, and compact it then."
            );
        }
        return new StoreCompaction(store, freeBytes, step, progress, cancellation).Run();
    }

    private CompactionSummary Run()
    {
        var before = Bytes();
        // Of a run that was killed.
        foreach (var name in _root.List().Where(name => name.StartsWith(Path.GetFileName(Part), StringComparison.Ordinal)))
        {
            _root.Delete(name);
        }
        long first;
        using (var connection = TakeTables())
        {
            RequireRoom(connection);
            first = TryWrite(connection);
            // Still held: no backup copies the old tables and the new archive.
            _root.Rename(Path.GetFileName(Part), DataDirectory.TablesFile);
            _step("tables renamed");
        }
        _root.FlushFolder();
        _step("rename flushed");
        foreach (var name in _archives.List().Where(name => Archive.FileNumber(name) < first))
        {
            _archives.Delete(name);
            _step($"deleted {name}");
        }
        _archives.FlushFolder();
        return new CompactionSummary(before, Bytes());
    }

    /// <summary>
    /// The tables, alone: everything is in the one file, without a log beside it that would be taken for the new file's.
    /// </summary>
    private SqliteConnection TakeTables()
    {
        foreach (var name in _archives.List())
        {
            using var file = _archives.Open(name);
            file.Flush();
        }
        using var tables = new RealTableFile(_tables);
        var connection = tables.Connect();
        try
        {
            TableSchema.Prepare(connection, _tables, newSeed: 0);
            // All positions are sorted: of tens of millions of jobs that is more than a small machine has in memory.
            Execute(
                connection,
                "pragma temp_store=file",
                "pragma busy_timeout=0",
                "pragma synchronous=full",
                "pragma wal_checkpoint(truncate)"
            );
            Execute(connection, "pragma locking_mode=exclusive", "pragma journal_mode=delete", "update meta set value = value");
            if (File.Exists(_tables + "-wal"))
            {
                throw Busy(null);
            }
            _step("tables taken");
            return connection;
        }
        catch (SqliteException busy) when (busy.SqliteErrorCode is SQLitePCL.raw.SQLITE_BUSY or SQLitePCL.raw.SQLITE_LOCKED)
        {
            connection.Dispose();
            throw Busy(busy);
        }
        catch (SqliteException broken)
        {
            connection.Dispose();
            throw new StoreDamagedException(_tables, 0, $"SQLite says '{broken.Message}'.");
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private CompactionRefusedException Busy(Exception? cause) =>
        new($"Another program reads '{_tables}', a backup maybe. Wait until it has ended, and compact then.", cause);

    /// <summary>New files stand beside the old ones until all is done.</summary>
    private void RequireRoom(SqliteConnection connection)
    {
        var pages = TableSchema.ReadInteger(connection, "pragma page_count") - TableSchema.ReadInteger(connection, "pragma freelist_count");
        var needed = pages * TableSchema.ReadInteger(connection, "pragma page_size");
        using var archive = new Archive(_archives, uint.MaxValue);
        using var rows = new SqliteStatement(connection, "select position from archive order by position");
        while (rows.Step())
        {
            needed += archive.TryReadLength(rows.Integer(0)) ?? 0;
        }
        if (_freeBytes() is var free && free < needed)
        {
            throw new CompactionRefusedException(
                $"The disk has {free} bytes left, and compacting first writes {needed} bytes beside what is there. Make room, or move the "
                    + "data folder to a larger disk."
            );
        }
    }

    /// <returns>The number of the first archive file that the new tables point to.</returns>
    private long TryWrite(SqliteConnection tables)
    {
        var old = _archives.List().ToHashSet();
        try
        {
            return Write(tables);
        }
        catch
        {
            // The disk is full, or the operator has had enough: what was written is given back.
            foreach (var name in _archives.List().Where(name => !old.Contains(name)))
            {
                _archives.Delete(name);
            }
            _root.Delete(Path.GetFileName(Part));
            throw;
        }
    }

    private long Write(SqliteConnection tables)
    {
        Execute(tables, $"vacuum into '{Part.Replace("'", "''", StringComparison.Ordinal)}'");
        _step("tables copied");
        using var archive = new Archive(_archives, new EmbeddedStoreOptions().ArchiveFileBytes);
        var first = archive.StartAfresh();
        using (var copy = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Part, Pooling = false }.ToString()))
        {
            copy.Open();
            // Nothing of it counts before it is whole.
            Execute(copy, "pragma journal_mode=off", "pragma synchronous=off", "pragma cache_size=-65536", "begin");
            Move(tables, copy, archive);
            var number = TableSchema.ReadMeta(copy, CompactedMeta) + 1;
            Execute(copy, $"insert or replace into meta values('{CompactedMeta}', {number})", "commit");
        }
        archive.Flush();
        _archives.FlushFolder();
        _step("archive flushed");
        using (var part = _root.Open(Path.GetFileName(Part)))
        {
            part.Flush();
        }
        _root.FlushFolder();
        _step("tables flushed");
        return first;
    }

    private void Move(SqliteConnection tables, SqliteConnection copy, Archive archive)
    {
        var seed = unchecked((ulong)TableSchema.ReadMeta(tables, "seed"));
        using var rows = new SqliteStatement(tables, "select hash, position, listing from archive order by position");
        using var move = new SqliteStatement(copy, "update archive set position = ?3 where hash = ?1 and position = ?2");
        using var drop = new SqliteStatement(copy, "delete from archive where hash = ?1 and position = ?2");
        using var unlist = new SqliteStatement(
            copy,
            "delete from listing where row = ?1 and not exists (select 1 from archive where hash = ?2 and listing = ?1)"
        );
        while (rows.Step())
        {
            _cancellation.ThrowIfCancellationRequested();
            var (hash, position, listing) = (rows.Integer(0), rows.Integer(1), rows.Integer(2));
            if (archive.TryRead(position, out var found, out var what) && KeyHash.OfDocument(seed, found.Key) == hash)
            {
                move.Bind(1, hash).Bind(2, position).Bind(3, archive.Append(found.Key, found.Document)).Run();
                _step("document moved");
                _progress?.Report(new MoveProgress("archive", archive.Written, null));
            }
            else if (IsElsewhere(tables, archive, seed, hash))
            {
                // A power cut left the row behind. What it points to is another's, and its own document has a row of its own.
                drop.Bind(1, hash).Bind(2, position).Run();
                unlist.Bind(1, listing).Bind(2, hash).Run();
            }
            else
            {
                throw new CompactionRefusedException(
                    $"'{archive.Damage(position, what).File}' lacks a document that the tables name. After a power cut the journal has "
                        + "it: start the silo, stop it, and compact then. If that changes nothing, run 'market store check'."
                );
            }
        }
        archive.Write();
    }

    private static bool IsElsewhere(SqliteConnection tables, Archive archive, ulong seed, long hash)
    {
        using var others = new SqliteStatement(tables, "select position from archive where hash = ?1");
        others.Bind(1, hash);
        var isThere = false;
        while (others.Step())
        {
            isThere |= archive.TryRead(others.Integer(0), out var other, out _) && KeyHash.OfDocument(seed, other.Key) == hash;
        }
        return isThere;
    }

    private long Bytes() => new DirectoryInfo(_store).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);

    private static void Execute(SqliteConnection connection, params ReadOnlySpan<string> statements)
    {
        foreach (var sql in statements)
        {
            using var statement = new SqliteStatement(connection, sql);
            statement.Run();
        }
    }

    /// <summary>How often the tables were compacted: a backup that sees it change has copied old tables and new archive.</summary>
    internal const string CompactedMeta = "compacted";
}
