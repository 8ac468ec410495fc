namespace Marketplace.Storage;

/// <summary>
/// The store takes no more writes: its disk failed, or it was closed. Whether the write that met this happened is unknown. Reads go on
/// until the store is closed. The way out is a restart, which reads what the disk really holds.
/// </summary>
public sealed class StoreStoppedException(string why, Exception? cause = null)
    : IOException($"The store takes no more writes: {why} Restart the process; what was acknowledged is on disk.", cause)
{
    /// <summary>What happened, as a sentence.</summary>
    public string Why { get; } = why;
}

/// <summary>
/// The database did not do what was asked: it cannot be reached, refused, or the connection was lost. The store goes on, with a new
/// connection; the caller may try again.
/// </summary>
public sealed class StoreUnavailableException(string what, bool mayHaveHappened, Exception? cause = null)
    : IOException($"{what} {(mayHaveHappened ? "The write may have happened: read before writing again." : "Nothing was written.")}", cause)
{
    /// <summary>True: a write was under way and may have happened. False: nothing was written.</summary>
    public bool MayHaveHappened { get; } = mayHaveHappened;
}

/// <summary>The bytes on disk are not what was written. The store refuses rather than answers wrongly.</summary>
public sealed class StoreDamagedException : IOException
{
    /// <param name="file">The file of a data directory.</param>
    /// <param name="offset">Where in it.</param>
    /// <param name="what">What is wrong, as a sentence.</param>
    public StoreDamagedException(string file, long offset, string what)
        : base(
            $"'{file}' is damaged at offset {offset}: {what} Run 'market store check', then restore the data directory from a backup."
        ) => (File, Offset, What) = (file, offset, what);

    /// <param name="table">The table of a database.</param>
    /// <param name="what">What is wrong, as a sentence.</param>
    public StoreDamagedException(string table, string what)
        : base($"The table {table} is damaged: {what} Check the server's disk, then restore the database from a backup.") =>
        (File, What) = (table, what);

    /// <summary>The damaged file or table.</summary>
    public string File { get; }

    public long Offset { get; }
    public string What { get; }
}

/// <summary>A newer build wrote the file, in a form that this one does not know. Nothing was changed.</summary>
public sealed class StoreNewerException(string file, long format, long known)
    : IOException(
        $"'{file}' was written by a newer build: its format is {format}, this build knows none after {known}. Nothing was changed. Start "
            + "the newer build, or restore a backup that is older than it."
    )
{
    public string File { get; } = file;
    public long Format { get; } = format;
    public long Known { get; } = known;
}

/// <summary>Another process has the data directory open.</summary>
public sealed class StoreLockedException(string folder, Exception cause)
    : IOException($"'{folder}' is in use by another process. Stop that one, or choose another data directory.", cause)
{
    public string Folder { get; } = folder;
}

/// <summary>The disk has too little room left; nothing was kept. Safe to try again when there is more.</summary>
public sealed class InsufficientDiskException(long free, long floor)
    : IOException($"The disk has {free} bytes left, and {floor} must stay free. Make room, or lower the floor.")
{
    public long Free { get; } = free;
    public long Floor { get; } = floor;
}

/// <summary>The folder of blobs is not there, or is not the one that belongs to the database.</summary>
public sealed class BlobFolderException(string message) : IOException(message);
