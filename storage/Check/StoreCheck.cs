using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;

namespace Marketplace.Storage;

/// <summary>One thing that is wrong with a data directory.</summary>
public sealed record StoreFinding(string File, long Offset, string What);

/// <summary>
/// Reads a whole data directory and reports every damage; repairs nothing. Blobs can be checked beside a running process; journal, tables
/// and archive only while no other process has the directory open.
/// </summary>
public sealed class StoreCheck : IDisposable
{
    private readonly string _folder;
    private readonly TimeProvider _time;
    private readonly DirectoryLock? _lock;

    private StoreCheck(string folder, TimeProvider time, DirectoryLock? directoryLock) =>
        (_folder, _time, _lock) = (Path.GetFullPath(folder), time, directoryLock);

    /// <summary>False: a process has the directory open, so only its blobs are checked.</summary>
    public bool IsWhole => _lock is not null;

    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public static StoreCheck Open(string folder, TimeProvider time)
    {
        if (!Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException($"There is no folder '{folder}'.");
        }
        try
        {
            return new StoreCheck(folder, time, DirectoryLock.Take(folder));
        }
        catch (StoreLockedException)
        {
            return new StoreCheck(folder, time, null);
        }
    }

    public async IAsyncEnumerable<StoreFinding> Findings([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        if (IsWhole && Directory.Exists(Path.Combine(_folder, DataDirectory.JournalFolder)))
        {
            foreach (var finding in await Task.Run(() => CheckBooks(cancellation), cancellation).ConfigureAwait(false))
            {
                yield return finding;
            }
        }
        var blobFolder = Path.Combine(_folder, DataDirectory.BlobFolder);
        if (!Directory.Exists(blobFolder))
        {
            yield break;
        }
        var blobs = FileBlobStore.OpenBeside(blobFolder, _time);
        await foreach (var damage in blobs.Check(cancellation).ConfigureAwait(false))
        {
            var file = damage.Part == "tree" ? blobs.Files.Tree(damage.Id) : blobs.Files.Data(damage.Id);
            yield return new StoreFinding(file, damage.Offset, $"{damage.Id}, {damage.Part}: {damage.What}");
        }
    }

    public void Dispose() => _lock?.Dispose();

    private List<StoreFinding> CheckBooks(CancellationToken cancellation)
    {
        var findings = new List<StoreFinding>();
        if (ImportMark.Read(_folder) == ImportState.Unfinished)
        {
            findings.Add(new StoreFinding(_folder, 0, new StoreUnfinishedException(_folder).Message));
        }
        if (!File.Exists(Path.Combine(_folder, DataDirectory.TablesFile)))
        {
            return [new StoreFinding(Path.Combine(_folder, DataDirectory.TablesFile), 0, "the file is missing.")];
        }
        using var tables = new RealTableFile(Path.Combine(_folder, DataDirectory.TablesFile));
        try
        {
            using var connection = tables.Connect();
            findings.AddRange(CheckStructure(connection, tables.Name));
            // What the tables say cannot be compared with anything while the tables themselves are broken.
            if (findings.Any(finding => finding.File == tables.Name) || !TableSchema.IsKnown(connection))
            {
                return findings;
            }
            findings.AddRange(new BookCheck(connection, tables.Name, _folder).Run(cancellation));
        }
        catch (SqliteException broken)
        {
            findings.Add(new StoreFinding(tables.Name, 0, broken.Message));
        }
        return findings;
    }

    private static IEnumerable<StoreFinding> CheckStructure(SqliteConnection connection, string file)
    {
        using var statement = new SqliteStatement(connection, "pragma integrity_check");
        while (statement.Step())
        {
            if (statement.Text(0) is var line and not "ok")
            {
                yield return new StoreFinding(file, 0, line);
            }
        }
    }
}
