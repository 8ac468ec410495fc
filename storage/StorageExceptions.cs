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

/// <summary>The bytes on disk are not what was written. The store refuses rather than answers wrongly.</summary>
public sealed class StoreDamagedException(string file, long offset, string what)
    : IOException(
        $"'{file}' is damaged at offset {offset}: {what} Run 'market store check', then restore the data directory from a backup.")
{
    public string File { get; } = file;
    public long Offset { get; } = offset;
    public string What { get; } = what;
}

/// <summary>Another process has the data directory open.</summary>
public sealed class StoreLockedException(string folder, Exception cause)
    : IOException($"'{folder}' is in use by another process. Stop that one, or choose another data directory.", cause)
{
    public string Folder { get; } = folder;
}
