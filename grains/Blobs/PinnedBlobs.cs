using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>The blobs whose bytes must be in the store, as the documents say.</summary>
public static class PinnedBlobs
{
    public static IAsyncEnumerable<BlobId> Of(IDocumentStore documents, CancellationToken cancellation = default) =>
        documents
            .Scan(BlobState.Kind, cancellation)
            .Where(found => BlobState.Read(found.Value.Content.Span).IsPinned)
            .Select(found => BlobId.Parse(found.Key.Id));
}
