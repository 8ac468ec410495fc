using System.Runtime.CompilerServices;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Marketplace.Storage;

namespace Marketplace.Grains.Tests.Support;

/// <summary>Blobs in memory.</summary>
internal sealed class MemoryBlobs(MemoryDisk disk, TimeProvider time) : IBlobStore
{
    /// <summary>What becomes of looking for a blob: null where it is looked for.</summary>
    public Func<BlobId, Exception?> OnFind { get; set; } = _ => null;

    public BlobId Put(byte[] content)
    {
        var id = IdDerivation.Blob(content);
        disk.Blobs.TryAdd(id, (content, time.GetUtcNow()));
        return id;
    }

    public async ValueTask<BlobInfo> Put(Stream content, long sizeMax, BlobId? expected = null, CancellationToken cancellation = default)
    {
        var bytes = new MemoryStream();
        await content.CopyToAsync(bytes, cancellation);
        if (bytes.Length > sizeMax)
        {
            throw new BlobTooLargeException(sizeMax);
        }
        var id = Put(bytes.ToArray());
        return expected is { } wanted && wanted != id ? throw new BlobMismatchException(wanted, id) : InfoOf(id)!.Value;
    }

    public ValueTask<BlobInfo?> Find(BlobId id, CancellationToken cancellation = default) =>
        OnFind(id) is { } failure ? throw failure : new(InfoOf(id));

    public ValueTask<Stream?> Open(BlobId id, long offset = 0, long? length = null, CancellationToken cancellation = default) =>
        new(
            disk.Blobs.TryGetValue(id, out var blob)
                ? new MemoryStream(blob.Content, (int)offset, (int)(length ?? blob.Content.Length - offset))
                : null
        );

    public ValueTask<bool> Delete(BlobId id, CancellationToken cancellation = default) => new(disk.Blobs.Remove(id));

    public async IAsyncEnumerable<BlobInfo> List([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await Task.CompletedTask;
        foreach (var id in disk.Blobs.Keys.Order().ToArray())
        {
            yield return InfoOf(id)!.Value;
        }
    }

    public async IAsyncEnumerable<BlobDamage> Check([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await Task.CompletedTask;
        yield break;
    }

    private BlobInfo? InfoOf(BlobId id) =>
        disk.Blobs.TryGetValue(id, out var blob) ? new BlobInfo(id, blob.Content.Length, blob.StoredAt) : null;
}
