using System.Runtime.CompilerServices;
using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>The blobs whose bytes must be in the store, as the documents say.</summary>
public static class PinnedBlobs
{
    public static async IAsyncEnumerable<BlobId> Of(IDocumentStore documents, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await foreach (var (key, document) in documents.Scan(BlobState.Kind, cancellation))
        {
            if (BlobState.Read(document.Content.Span).IsPinned)
                yield return BlobId.Parse(key.Id);
        }
    }
}
