using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Marketplace.Crypto;
using Marketplace.Storage;

namespace Marketplace.Tests.Gateway;

/// <summary>A blob store in memory. A blob may be made to look damaged from an offset on.</summary>
internal sealed class MemoryBlobStore : IBlobStore
{
    private readonly ConcurrentDictionary<BlobId, byte[]> _blobs = new();
    private readonly TaskCompletionSource _putting = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ConcurrentDictionary<BlobId, long> DamagedFrom { get; } = new();

    /// <summary>Thrown by the next uploads.</summary>
    public Func<Exception>? Fault { get; set; }

    /// <summary>Completes when an upload has begun.</summary>
    public Task UntilPutting => _putting.Task.WaitAsync(TimeSpan.FromSeconds(30));

    public BlobId Add(byte[] content)
    {
        var id = new BlobId(Blake3.Hash(content));
        _blobs[id] = content;
        return id;
    }

    /// <summary>Content under an id that is not its hash, which would take too long to make of much.</summary>
    public void AddAs(BlobId id, byte[] content) => _blobs[id] = content;

    public async ValueTask<BlobInfo> Put(Stream content, long sizeMax, BlobId? expected = null, CancellationToken cancellation = default)
    {
        if (Fault is { } fault)
        {
            throw fault();
        }
        _putting.TrySetResult();
        using var memory = new MemoryStream();
        var buffer = new byte[16 * 1024];
        for (int read; (read = await content.ReadAsync(buffer, cancellation)) > 0; )
        {
            memory.Write(buffer, 0, read);
            if (memory.Length > sizeMax)
            {
                throw new BlobTooLargeException(sizeMax);
            }
        }
        var bytes = memory.ToArray();
        var id = new BlobId(Blake3.Hash(bytes));
        if (expected is { } wanted && wanted != id)
        {
            throw new BlobMismatchException(wanted, id);
        }
        _blobs[id] = bytes;
        return new BlobInfo(id, bytes.Length, DateTimeOffset.UnixEpoch);
    }

    public ValueTask<BlobInfo?> Find(BlobId id, CancellationToken cancellation = default) =>
        new(_blobs.TryGetValue(id, out var bytes) ? new BlobInfo(id, bytes.Length, DateTimeOffset.UnixEpoch) : null);

    public ValueTask<Stream?> Open(BlobId id, long offset = 0, long? length = null, CancellationToken cancellation = default)
    {
        if (!_blobs.TryGetValue(id, out var bytes))
        {
            return new((Stream?)null);
        }
        var end = offset + (length ?? bytes.Length - offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(end, bytes.Length);
        var damage = DamagedFrom.TryGetValue(id, out var from) ? new BlobDamage(id, "content", from, "wrong hash") : null;
        return new(new Reading(bytes[(int)offset..(int)end], damage));
    }

    public ValueTask<bool> Delete(BlobId id, CancellationToken cancellation = default) => new(_blobs.TryRemove(id, out _));

    public async IAsyncEnumerable<BlobInfo> List([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        foreach (var id in _blobs.Keys)
        {
            yield return (await Find(id, cancellation))!.Value;
        }
    }

    public IAsyncEnumerable<BlobDamage> Check(CancellationToken cancellation = default) => AsyncEnumerable.Empty<BlobDamage>();

    private sealed class Reading(byte[] bytes, BlobDamage? damage) : MemoryStream(bytes, writable: false)
    {
        public override bool CanSeek => false;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            damage is not null && Position >= damage.Offset
                ? throw new BlobDamagedException(damage)
                : new(Read(buffer.Span[..(int)Math.Min(buffer.Length, damage is null ? buffer.Length : damage.Offset - Position)]));
    }
}
