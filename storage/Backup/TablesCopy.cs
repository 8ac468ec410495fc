using System.Text;
using Microsoft.Data.Sqlite;

namespace Marketplace.Storage;

/// <summary>
/// Copies tables and archive beside the process that writes them. SQLite copies the tables as one transaction sees them; the archive is
/// copied after that, because its bytes are in the file before a row of the tables points to them.
/// </summary>
internal sealed class TablesCopy(
    string store,
    BackupFolder to,
    BackupChain chain,
    IProgress<MoveProgress>? progress,
    CancellationToken cancellation
)
{
    /// <summary>The list of what was copied: where it is there, all of it is.</summary>
    private string Done => $"{chain.Folder}/copied";

    /// <returns>The record that the copied tables follow.</returns>
    public long Take()
    {
        var folder = to.PathOf(chain.Folder);
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
        BackupFolder.MakeFolder(folder);
        progress?.Report(new MoveProgress("tables", 0, null));
        var path = to.PathOf(chain.Tables);
        var tables = Path.Combine(store, DataDirectory.TablesFile);
        to.RequireRoom(Length(tables) + Length(tables + "-wal"));
        Vacuum(tables, path);
        var copied = new List<BackupFile> { new(chain.Tables, to.Harden(chain.Tables)) };
        foreach (var file in Directory.GetFiles(Path.Combine(store, DataDirectory.ArchiveFolder)).Order(StringComparer.Ordinal))
        {
            try
            {
                using var content = new FileStream(
                    file,
                    FileMode.Open,
                    FileAccess.Read,
                    FileShare.ReadWrite | FileShare.Delete,
                    bufferSize: 0
                );
                var name = chain.Archive + Path.GetFileName(file);
                copied.Add(new(name, to.Write(name, content, content.Length, cancellation)));
            }
            catch (FileNotFoundException gone)
            {
                throw Compacted(gone);
            }
            progress?.Report(new MoveProgress("archive", to.NewBytes, null));
        }
        RequireSame(tables, path);
        to.Put(Done, Encoding.ASCII.GetBytes(string.Concat(copied.Select(file => $"{file}\n"))));
        return Folded(path);
    }

    /// <returns>What <see cref="Take"/> gave in a run that was killed behind it; null: there was none.</returns>
    public long? Resume()
    {
        var done = to.PathOf(Done);
        if (!File.Exists(done))
        {
            return null;
        }
        var files = File.ReadAllLines(done, Encoding.ASCII).Select(line => BackupManifest.File(done, line)).ToList();
        return files.All(file => to.Adopt(file.Path, file.Hash)) && to.Adopt(Done, Crypto.Blake3.Hash(File.ReadAllBytes(done)))
            ? Folded(to.PathOf(chain.Tables))
            : null;
    }

    private static void Vacuum(string tables, string path)
    {
        try
        {
            using var source = new RealTableFile(tables);
            using var connection = source.Connect();
            using var copy = new SqliteStatement(connection, $"vacuum into '{path.Replace("'", "''", StringComparison.Ordinal)}'");
            copy.Run();
        }
        catch (SqliteException broken) when (broken.SqliteErrorCode is SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB)
        {
            throw new StoreDamagedException(tables, 0, $"SQLite says '{broken.Message}'.");
        }
        catch (SqliteException failed)
        {
            throw new IOException($"'{tables}' could not be copied to '{path}': SQLite says '{failed.Message}'.", failed);
        }
    }

    /// <summary>Where the store was compacted meanwhile, the archive is that of other tables than were copied.</summary>
    private void RequireSame(string tables, string copy)
    {
        try
        {
            if (Meta(tables, StoreCompaction.CompactedMeta) == Meta(copy, StoreCompaction.CompactedMeta))
            {
                return;
            }
        }
        catch (SqliteException held)
        {
            throw Compacted(held);
        }
        throw Compacted(null);
    }

    private BackupRefusedException Compacted(Exception? cause) =>
        new($"The node's store in '{store}' was compacted while its archive was copied. Run the backup again.", cause);

    private static long Length(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;

    private static long Folded(string tables) => Meta(tables, "folded");

    private static long Meta(string tables, string name)
    {
        var file = new SqliteConnectionStringBuilder
        {
            DataSource = tables,
            Mode = SqliteOpenMode.ReadOnly,
            Pooling = false,
        };
        using var connection = new SqliteConnection(file.ToString());
        connection.Open();
        return TableSchema.ReadMeta(connection, name);
    }
}
