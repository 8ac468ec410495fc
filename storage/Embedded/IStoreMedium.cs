namespace Marketplace.Storage;

/// <summary>What a store lies on: a data directory, or a simulation of one. Disposing gives it free for the next who opens it.</summary>
public interface IStoreMedium : IDisposable
{
    IJournalFiles Journal { get; }
    IJournalFiles Archive { get; }
    ITableFile Tables { get; }

    /// <summary>Bytes that may still be written.</summary>
    long FreeBytes { get; }

    /// <summary>A secret for a store that is made now.</summary>
    long NewSeed();
}

/// <summary>A data directory: <c>journal/</c>, <c>archive/</c>, <c>tables.db</c>, and <c>lock</c>, which one process holds.</summary>
public sealed class DataDirectory : IStoreMedium
{
    public const string JournalFolder = "journal";
    public const string ArchiveFolder = "archive";
    public const string TablesFile = "tables.db";

    /// <summary>Where a silo keeps its store inside its data folder.</summary>
    public const string StoreFolder = "store";

    /// <summary>Where the process keeps its blobs; the store itself does not look there.</summary>
    public const string BlobFolder = "blobs";

    private readonly DirectoryLock _lock;

    /// <exception cref="StoreLockedException">Another process has it open.</exception>
    public DataDirectory(string folder)
    {
        Folder = Path.GetFullPath(folder);
        var root = new RealFiles(Folder);
        _lock = DirectoryLock.Take(Folder);
        try
        {
            Journal = new RealFiles(Path.Combine(Folder, JournalFolder));
            Archive = new RealFiles(Path.Combine(Folder, ArchiveFolder));
            var tables = Path.Combine(Folder, TablesFile);
            // The entry of the file in its folder must be durable before the first segment can be deleted; SQLite syncs its logs' only.
            File.Open(tables, FileMode.OpenOrCreate).Dispose();
            root.FlushFolder();
            Tables = new RealTableFile(tables);
        }
        catch
        {
            _lock.Dispose();
            throw;
        }
    }

    public string Folder { get; }
    public IJournalFiles Journal { get; }
    public IJournalFiles Archive { get; }
    public ITableFile Tables { get; }

    public long FreeBytes => new DriveInfo(Folder).AvailableFreeSpace;

    public long NewSeed() => BitConverter.ToInt64(System.Security.Cryptography.RandomNumberGenerator.GetBytes(8));

    public void Dispose()
    {
        Tables.Dispose();
        _lock.Dispose();
    }
}
