namespace Marketplace.Grains;

/// <summary>Bounds of one blob's grain, each with its reason.</summary>
internal static class BlobPolicy
{
    /// <summary>Accounts and programs that keep one blob: they are one document, written whole.</summary>
    public const int HoldersMax = 10_000;
}
