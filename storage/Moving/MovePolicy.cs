using Marketplace.Crypto;

namespace Marketplace.Storage;

/// <summary>Bounds and choices of moving a store, each with its reason.</summary>
public static class MovePolicy
{
    /// <summary>
    /// Kinds that stay behind, because they are not the market's. Reminders of the embedded host: Orleans keeps its own in a table, and on
    /// both hosts a grain that needs one registers it when it is activated. The name of the cluster that owns the database: the new node
    /// may be of another. The note of an import in a database: the next import leaves its own.
    /// </summary>
    public static IReadOnlySet<string> HostKinds { get; } = new HashSet<string> { "reminder", "cluster", PostgresReadModel.Note.Kind };

    /// <summary>Bytes of a blob in one record: large enough that the record's own bytes do not count.</summary>
    public const int BlobPieceBytes = 1 << 20;

    /// <summary>As large as a key file may be.</summary>
    public const int SecretBytesMax = KeyFile.KeyFileBytesMax;

    /// <summary>A data folder has four.</summary>
    public const int SecretsMax = 16;

    /// <summary>What a record may hold beside a document's content: two names and some numbers.</summary>
    internal const int RecordBytesMax = StoragePolicy.DocumentBytesMax + (2 * StoragePolicy.NameBytesMax) + 64;

    /// <summary>Entries of one append while importing: few appends, and none is large.</summary>
    internal const int EntriesPerAppend = 1000;

    internal const int BytesPerAppend = 1 << 20;

    /// <summary>Writes that share fsyncs while importing.</summary>
    internal const int WritesUnderWayMax = 1024;

    internal const long BytesUnderWayMax = 32 << 20;
}
