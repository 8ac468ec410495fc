using System.Security.Cryptography;
using Marketplace.Engine.Guests;

namespace Marketplace.Guests.Tests;

/// <summary>Blobs in memory. The engine takes ids as they are, so any hash names them here.</summary>
internal sealed class MapBlobs : IGuestBlobs
{
    private readonly Dictionary<BlobId, byte[]> _blobs = [];
    private readonly Dictionary<BlobId, long> _sizes = [];

    /// <summary>Makes every blob unreadable: it is known, and its bytes are gone.</summary>
    public bool IsBroken { get; init; }

    public BlobId Add(byte[] bytes)
    {
        var id = new BlobId(new Bytes32(SHA256.HashData(bytes)));
        _blobs[id] = bytes;
        _sizes[id] = bytes.Length;
        return id;
    }

    /// <summary>A blob whose size is known and whose bytes are not there: it was removed between the two questions.</summary>
    public BlobId AddUnread(long size)
    {
        var id = new BlobId(new Bytes32(SHA256.HashData(BitConverter.GetBytes(size))));
        _sizes[id] = size;
        return id;
    }

    public long? Length(BlobId id) => _sizes.TryGetValue(id, out var size) ? size : null;

    public bool TryRead(BlobId id, Span<byte> destination)
    {
        if (IsBroken)
        {
            throw new IOException("the disk is on fire");
        }
        return _blobs.TryGetValue(id, out var bytes) && bytes.AsSpan().TryCopyTo(destination);
    }
}
