using Marketplace.GrainInterfaces;
using Marketplace.Storage;

namespace Marketplace.Grains.Tests.Support;

/// <summary>What survives a crash: documents, streams and blobs, in memory.</summary>
internal sealed class MemoryDisk
{
    public Dictionary<DocumentKey, Document> Documents { get; } = [];
    public Dictionary<string, List<ReadOnlyMemory<byte>>> Streams { get; } = [];
    public Dictionary<BlobId, (byte[] Content, DateTimeOffset StoredAt)> Blobs { get; } = [];

    public long Write(DocumentKey key, long expectedVersion, ReadOnlyMemory<byte> content)
    {
        var stored = Documents.TryGetValue(key, out var document) ? document.Version : 0;
        if (stored != expectedVersion)
        {
            throw new VersionConflictException(key.ToString(), expectedVersion, stored);
        }
        Documents[key] = new Document(stored + 1, content.ToArray());
        return stored + 1;
    }

    public void Delete(DocumentKey key, long expectedVersion)
    {
        var stored = Documents.TryGetValue(key, out var document) ? document.Version : 0;
        if (stored != expectedVersion)
        {
            throw new VersionConflictException(key.ToString(), expectedVersion, stored);
        }
        Documents.Remove(key);
    }

    public long Append(string stream, long expectedVersion, IReadOnlyList<ReadOnlyMemory<byte>> entries)
    {
        if (!Streams.TryGetValue(stream, out var stored))
        {
            Streams.Add(stream, stored = []);
        }
        if (stored.Count != expectedVersion)
        {
            throw new VersionConflictException(stream, expectedVersion, stored.Count);
        }
        stored.AddRange(entries.Select(entry => new ReadOnlyMemory<byte>(entry.ToArray())));
        return stored.Count;
    }
}
