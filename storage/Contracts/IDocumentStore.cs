namespace Marketplace.Storage;

/// <summary>Names a document: its kind (one per state type) and its id within the kind.</summary>
public readonly record struct DocumentKey(string Kind, string Id)
{
    public override string ToString() => $"{Kind}/{Id}";
}

/// <summary>A document as it was last written. Versions count 1, 2, 3 …; they are the ETag.</summary>
public readonly record struct Document(long Version, ReadOnlyMemory<byte> Content);

/// <summary>
/// Durable documents with optimistic concurrency. A returned write is on disk; concurrent writes share one fsync. A caller whose
/// write did not return (crash, exception other than <see cref="VersionConflictException"/>) does not know whether it happened.
/// Thread-safe. The store has copied <c>content</c> when a call returns, before what it gives completes: the caller may use its bytes for
/// the next write at once.
/// </summary>
public interface IDocumentStore
{
    /// <returns>The newest acknowledged or newer version; null where the document does not exist.</returns>
    ValueTask<Document?> Read(DocumentKey key, CancellationToken cancellation = default);

    /// <param name="key">The document.</param>
    /// <param name="expectedVersion">The version that the caller read; 0: the document must not exist.</param>
    /// <param name="content">At most <see cref="StoragePolicy.DocumentBytesMax"/> bytes.</param>
    /// <returns>The new version, once it is durable.</returns>
    /// <exception cref="VersionConflictException">Another write came first; nothing was written.</exception>
    ValueTask<long> Write(DocumentKey key, long expectedVersion, ReadOnlyMemory<byte> content);

    /// <inheritdoc cref="Write"/>
    ValueTask Delete(DocumentKey key, long expectedVersion);

    /// <summary>All documents of a kind, in no particular order, as of some moment after the call.</summary>
    IAsyncEnumerable<KeyValuePair<DocumentKey, Document>> Scan(string kind, CancellationToken cancellation = default);

    /// <summary>
    /// As <see cref="Scan(string, CancellationToken)"/>, without most of the documents whose row in the read model has another state than
    /// <paramref name="state"/>, and without those that have ended. Which ones are left out is the store's choice: the caller looks at
    /// each.
    /// </summary>
    /// <param name="kind">The documents' kind.</param>
    /// <param name="state">A state that no ended document has.</param>
    /// <param name="cancellation">Looked at between two pages.</param>
    IAsyncEnumerable<KeyValuePair<DocumentKey, Document>> Scan(string kind, string state, CancellationToken cancellation = default);
}

/// <summary>A conditional write met another version than it expected: the caller's copy is stale. Safe to read again and decide.</summary>
public sealed class VersionConflictException(string name, long expected, long stored)
    : Exception($"'{name}' is at version {stored}, the write expected {expected}. Read it again before writing.")
{
    /// <summary>The document's key or the log's stream.</summary>
    public string Name { get; } = name;

    public long Expected { get; } = expected;
    public long Stored { get; } = stored;
}
