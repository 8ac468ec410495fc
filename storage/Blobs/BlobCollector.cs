namespace Marketplace.Storage;

/// <summary>What one collection did.</summary>
public readonly record struct BlobCollection(long Examined, long Deleted, long DeletedBytes);

/// <summary>Deletes blobs that nobody pins. One at a time; puts, reads and deletes may go on.</summary>
public sealed class BlobCollector(FileBlobStore store, TimeProvider time)
{
    /// <param name="isPinned">Asked once for each blob that is old enough.</param>
    /// <param name="graceAge">Younger blobs are left alone, for their pin may be on its way: longer than from any put to its pin.</param>
    /// <param name="cancellation">Stops between two blobs.</param>
    public async ValueTask<BlobCollection> Collect(
        Func<BlobId, ValueTask<bool>> isPinned, TimeSpan graceAge, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(isPinned);
        ArgumentOutOfRangeException.ThrowIfLessThan(graceAge, TimeSpan.Zero);
        var before = time.GetUtcNow() - graceAge;
        var result = new BlobCollection();
        await foreach (var blob in store.List(cancellation).ConfigureAwait(false))
        {
            result = result with { Examined = result.Examined + 1 };
            if (blob.StoredAt >= before || await isPinned(blob.Id).ConfigureAwait(false) || !store.DeleteIfOlder(blob.Id, before))
                continue;
            result = result with { Deleted = result.Deleted + 1, DeletedBytes = result.DeletedBytes + blob.Size };
        }
        foreach (var (id, file) in store.Files.Enumerate(BlobFiles.TreeEnding))
        {
            if (file.LastWriteTimeUtc < before.UtcDateTime)
                store.DeleteStrayTree(id);
        }
        return result;
    }
}
