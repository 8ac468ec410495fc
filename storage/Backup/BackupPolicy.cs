namespace Marketplace.Storage;

/// <summary>Bounds and choices of backups, each with its reason.</summary>
internal static class BackupPolicy
{
    /// <summary>
    /// What a data folder has beside books and blobs and cannot make again: the keys, and whom the operator lets in. The files of
    /// committees stay away: a member that goes back to older votes contradicts itself, and may lose its stake.
    /// </summary>
    public static IReadOnlyList<string> Secrets { get; } = [.. KeyFiles.Names, "known-workers"];

    /// <summary>Folders of a backup.</summary>
    public const string ChainsFolder = "chains";
    public const string SecretsFolder = "secrets";
    public const string BlobsFolder = "blobs";
    public const string ListsFolder = "lists";

    /// <summary>A line a run, some hundred bytes: a run each hour for sixty years. More is no manifest.</summary>
    public const long ManifestBytesMax = 64 << 20;

    /// <summary>
    /// What a run leaves free on the disk of the backup, which may be the silo's: twice the floor that a silo has where none is given, so
    /// that a run ends before it makes the silo refuse work.
    /// </summary>
    public const long DiskLeftBytesMin = 1L << 30;

    /// <summary>Of a file that is copied: as large as the blob store's own, and the processor's cache.</summary>
    public const int PieceBytes = 256 << 10;

    /// <summary>Journal in memory before a restore folds it: as much as a silo holds after a start.</summary>
    public const long UnfoldedBytesMax = 256 << 20;
}
