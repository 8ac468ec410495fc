namespace Marketplace.Storage;

/// <summary>One entry of a stream. Versions count 1, 2, 3 … without gaps.</summary>
public readonly record struct LogEntry(long Version, ReadOnlyMemory<byte> Content);

/// <summary>
/// Append-only streams with optimistic concurrency: the unique (stream, version) is the ETag. Entries of one append become durable
/// together or not at all, share their fsync with every other write of the store, and are never changed. Thread-safe.
/// </summary>
public interface IEventLog
{
    /// <param name="stream">At most <see cref="StoragePolicy.NameBytesMax"/> bytes of UTF-8.</param>
    /// <param name="expectedVersion">The version of the stream's last entry that the caller knows; 0: the stream is empty.</param>
    /// <param name="entries">One or more; together at most <see cref="StoragePolicy.DocumentBytesMax"/> bytes.</param>
    /// <returns>The version of the last entry, once all are durable.</returns>
    /// <exception cref="VersionConflictException">Another append came first; nothing was appended.</exception>
    ValueTask<long> Append(string stream, long expectedVersion, IReadOnlyList<ReadOnlyMemory<byte>> entries);

    /// <summary>The acknowledged entries from <paramref name="fromVersion"/> on, ascending.</summary>
    IAsyncEnumerable<LogEntry> Read(string stream, long fromVersion = 1, CancellationToken cancellation = default);

    /// <summary>
    /// The names of all streams that begin so, each once, in no particular order. One whose first append is under way may be among them or
    /// not.
    /// </summary>
    IAsyncEnumerable<string> Streams(string prefix, CancellationToken cancellation = default);
}
