namespace Marketplace.Grains;

/// <summary>Bounds of what one account keeps, each with its reason.</summary>
internal static class StorageQuotaPolicy
{
    /// <summary>Blobs that one account keeps, modules of its programs included.</summary>
    public const int BlobsMax = 100_000;

    /// <summary>Bytes of the blobs that one account keeps: a silo's disk holds dozens of such accounts.</summary>
    public const long BlobBytesMax = 64L * 1024 * 1024 * 1024;

    /// <summary>Programs that one account has deployed: about a hundred bytes each in its memory.</summary>
    public const int ProgramsMax = 100_000;
}
