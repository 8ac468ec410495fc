namespace Marketplace.Storage;

/// <summary>Bounds of the stored state tree, each with its reason.</summary>
public static class StateTreePolicy
{
    /// <summary>
    /// Entries of one page: a change hashes its page anew, some 100 ns for each entry; fewer would make more documents and a longer
    /// directory.
    /// </summary>
    public const int PageEntriesMax = 64;

    /// <summary>
    /// Bytes of one page's entries, unless it has one entry: what is read for one key, and written behind for one change.
    /// </summary>
    public const int PageBytesMax = 16 * 1024;

    /// <summary>Bytes of keys in one page of the key index, which has only keys.</summary>
    public const int KeyPageBytesMax = 16 * 1024;

    /// <summary>Keys of one page of the key index: a change copies their references.</summary>
    public const int KeyPageKeysMax = 512;

    /// <summary>Pages that are read at the same time: they share round trips.</summary>
    public const int ReadsAtOnceMax = 64;

    /// <summary>
    /// Documents that are written or removed at the same time: they share fsyncs. A checkpoint goes on when all are there and its grain has
    /// a turn; behind commits that take long, fewer at once would make a large checkpoint last for minutes.
    /// </summary>
    public const int WritesAtOnceMax = 512;

    /// <summary>One document of a directory: large ones have several.</summary>
    public const int DirectoryPartBytesMax = 1024 * 1024;

    /// <summary>
    /// Clean pages in memory, of all programs of a silo: the pages of some hundred thousand keys. Beyond it the pages that were used the
    /// longest ago are read again when they are needed.
    /// </summary>
    public const long CacheBytesMax = 64L * 1024 * 1024;

    /// <summary>What memory adds to the bytes of one entry: an object, its hashes, an array.</summary>
    internal const int EntryMemoryBytes = 136;

    /// <summary>The same for a key of the index.</summary>
    internal const int KeyMemoryBytes = 40;
}
