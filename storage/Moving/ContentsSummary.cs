namespace Marketplace.Storage;

/// <summary>What a store and its blobs hold: counts, and a hash that does not depend on the order.</summary>
public sealed record ContentsSummary(long Documents, long Streams, long Entries, long Blobs, long BlobBytes, Bytes32 Digest)
{
    public override string ToString() =>
        $"{Documents} documents, {Entries} entries in {Streams} streams, {Blobs} blobs with {BlobBytes} bytes, contents {Digest}";
}
