using System.Buffers;

namespace Marketplace.Storage;

/// <summary>Stores the blobs of an export and reads each one back.</summary>
internal static class ImportedBlobs
{
    public static async ValueTask Store(FileBlobStore blobs, BlobId id, long size, Stream content, ContentsTally arrived)
    {
        await blobs.Put(content, size, id).ConfigureAwait(false);
        await using var stored =
            await blobs.Open(id).ConfigureAwait(false)
            ?? throw new MoveRefusedException($"{id} went away while it was imported. Stop whatever uses the blobs, and try again.");
        var piece = ArrayPool<byte>.Shared.Rent(MovePolicy.BlobPieceBytes);
        long read = 0;
        // The store gives out nothing that it has not verified against the id.
        for (int count; (count = await stored.ReadAsync(piece).ConfigureAwait(false)) > 0; )
        {
            read += count;
        }
        ArrayPool<byte>.Shared.Return(piece);
        arrived.Blob(id, read);
    }
}
