namespace Marketplace.Storage;

/// <summary>
/// Takes what an export file holds, in the file's order: secrets, blobs, documents, entries. Memory that is handed over belongs to the
/// visitor only until its task completes.
/// </summary>
internal interface IExportVisitor
{
    ValueTask Secret(string name, ReadOnlyMemory<byte> content);

    /// <param name="content">To be read to its end.</param>
    ValueTask Blob(BlobId id, long size, Stream content);

    ValueTask Document(DocumentKey key, ReadOnlyMemory<byte> content);

    ValueTask Entry(string stream, long version, ReadOnlyMemory<byte> content);
}
