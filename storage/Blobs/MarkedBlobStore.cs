namespace Marketplace.Storage;

/// <summary>
/// A shared folder of blobs that is believed only while its mark is there: what a folder that is not mounted lacks is not missing, and what
/// is put into one is not kept.
/// </summary>
public sealed class MarkedBlobStore(IBlobStore blobs, BlobMark mark) : IBlobStore
{
    /// <inheritdoc/>
    /// <exception cref="BlobFolderException">The folder was lost; where the bytes are is not known.</exception>
    public async ValueTask<BlobInfo> Put(Stream content, long sizeMax, BlobId? expected = null, CancellationToken cancellation = default)
    {
        mark.Check();
        var stored = await blobs.Put(content, sizeMax, expected, cancellation).ConfigureAwait(false);
        mark.Check();
        return stored;
    }

    /// <inheritdoc/>
    /// <exception cref="BlobFolderException">The folder was lost; whether the blob is stored is not known.</exception>
    public async ValueTask<BlobInfo?> Find(BlobId id, CancellationToken cancellation = default)
    {
        var found = await blobs.Find(id, cancellation).ConfigureAwait(false);
        if (found is null)
        {
            mark.Check();
        }
        return found;
    }

    /// <inheritdoc/>
    /// <exception cref="BlobFolderException">The folder was lost; whether the blob is stored is not known.</exception>
    public async ValueTask<Stream?> Open(BlobId id, long offset = 0, long? length = null, CancellationToken cancellation = default)
    {
        var found = await blobs.Open(id, offset, length, cancellation).ConfigureAwait(false);
        if (found is null)
        {
            mark.Check();
        }
        return found;
    }

    /// <inheritdoc/>
    /// <exception cref="BlobFolderException">The folder was lost; nothing was deleted.</exception>
    public ValueTask<bool> Delete(BlobId id, CancellationToken cancellation = default)
    {
        mark.Check();
        return blobs.Delete(id, cancellation);
    }

    public IAsyncEnumerable<BlobInfo> List(CancellationToken cancellation = default) => blobs.List(cancellation);

    public IAsyncEnumerable<BlobDamage> Check(CancellationToken cancellation = default) => blobs.Check(cancellation);
}
