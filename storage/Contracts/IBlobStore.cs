namespace Marketplace.Storage;

/// <summary>A stored blob.</summary>
public readonly record struct BlobInfo(BlobId Id, long Size, DateTimeOffset StoredAt);

/// <summary>One damage that the checker found: in the blob's bytes or in its tree, at an offset of that file.</summary>
public sealed record BlobDamage(BlobId Id, string Part, long Offset, string What);

/// <summary>
/// Immutable bytes by their BLAKE3 hash. Memory use is bounded whatever the blob's size. What is read was verified against the id;
/// a blob that is damaged on disk gives <see cref="BlobDamagedException"/>, never wrong bytes. Thread-safe.
/// </summary>
public interface IBlobStore
{
    /// <summary>Stores the stream to its end. Durable when it returns; storing what is there already changes nothing.</summary>
    /// <exception cref="BlobTooLargeException">The stream is longer than <paramref name="sizeMax"/>; nothing is kept.</exception>
    /// <exception cref="BlobMismatchException">The content does not hash to <paramref name="expected"/>; nothing is kept.</exception>
    ValueTask<BlobInfo> Put(Stream content, long sizeMax, BlobId? expected = null, CancellationToken cancellation = default);

    /// <returns>Null where the blob is not stored.</returns>
    ValueTask<BlobInfo?> Find(BlobId id, CancellationToken cancellation = default);

    /// <summary>Opens the bytes [offset, offset + length); every group of 16 KiB is verified before any of it is given out.</summary>
    /// <returns>Null where the blob is not stored.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The range does not lie inside the blob.</exception>
    ValueTask<Stream?> Open(BlobId id, long offset = 0, long? length = null, CancellationToken cancellation = default);

    /// <returns>False where the blob was not stored.</returns>
    ValueTask<bool> Delete(BlobId id, CancellationToken cancellation = default);

    IAsyncEnumerable<BlobInfo> List(CancellationToken cancellation = default);

    /// <summary>Reads everything that is stored and reports every damage; repairs and deletes nothing.</summary>
    IAsyncEnumerable<BlobDamage> Check(CancellationToken cancellation = default);
}

public sealed class BlobDamagedException(BlobDamage damage)
    : IOException($"Blob {damage.Id} is damaged: {damage.What} at offset {damage.Offset} of its {damage.Part}. Run 'market store check'.")
{
    public BlobDamage Damage { get; } = damage;
}

public sealed class BlobTooLargeException(long sizeMax) : Exception($"The blob is larger than the {sizeMax} bytes that are allowed here.")
{
    public long SizeMax { get; } = sizeMax;
}

public sealed class BlobMismatchException(BlobId expected, BlobId actual) : Exception($"The content hashes to {actual}, not to {expected}.")
{
    public BlobId Expected { get; } = expected;
    public BlobId Actual { get; } = actual;
}
