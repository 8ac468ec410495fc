namespace Marketplace.Storage;

/// <summary>One entry of one stream.</summary>
public readonly record struct StreamEntryContent(string Stream, LogEntry Entry);

/// <summary>
/// Everything that a store holds, as of one moment, for moving it elsewhere. Writes made meanwhile are excluded or not seen. Every stored
/// checksum is verified; memory is bounded whatever the store's size. One enumeration at a time.
/// </summary>
public interface IStoreContents : IAsyncDisposable
{
    /// <summary>Each document once, in no particular order.</summary>
    IAsyncEnumerable<KeyValuePair<DocumentKey, Document>> Documents(CancellationToken cancellation = default);

    /// <summary>Stream by stream, in no particular order; the entries of each from version 1 on without gaps.</summary>
    IAsyncEnumerable<StreamEntryContent> Entries(CancellationToken cancellation = default);
}
