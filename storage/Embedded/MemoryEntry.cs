namespace Marketplace.Storage;

/// <summary>A durable document; immutable, so that readers need no lock once they hold it.</summary>
internal sealed class StoredDocument(long version, ReadOnlyMemory<byte> content)
{
    public long Version { get; } = version;
    public ReadOnlyMemory<byte> Content { get; } = content;
}

/// <summary>Where the fold put a document; 0 means nowhere. Not known after a replay until the tables were asked.</summary>
internal readonly record struct FoldedPlace(bool Known, long DocumentRow, long ArchivePosition, long ListingRow)
{
    public static FoldedPlace Nowhere => new(true, 0, 0, 0);
}

/// <summary>A document or stream with writes that are in flight or not folded yet. All fields belong to the store's gate.</summary>
internal abstract class MemoryEntry(long hash)
{
    public long Hash { get; } = hash;

    /// <summary>The version that a writer must expect, in-flight writes included; 0: absent.</summary>
    public long NewestVersion { get; set; }

    public int InFlight { get; set; }

    /// <summary>Waits for the fold.</summary>
    public bool Queued { get; set; }

    /// <summary>Bytes of durable records that the fold has not moved yet.</summary>
    public long UnfoldedBytes { get; set; }
}

internal sealed class DocumentEntry(DocumentKey key, long hash) : MemoryEntry(hash)
{
    public DocumentKey Key { get; } = key;

    /// <summary>The newest durable version; null: the document does not exist.</summary>
    public StoredDocument? Durable { get; set; }

    public FoldedPlace Place { get; set; }
}

internal sealed class StreamEntry(string stream, long hash) : MemoryEntry(hash)
{
    public string Stream { get; } = stream;

    /// <summary>The stream's row in the tables; 0: not known.</summary>
    public long Row { get; set; }

    /// <summary>Durable entries that are not in the tables yet, ascending.</summary>
    public List<LogEntry> Unfolded { get; } = [];
}
