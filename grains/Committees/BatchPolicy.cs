using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>Bounds of batches of certificates, each with its reason.</summary>
internal static class BatchPolicy
{
    /// <summary>
    /// Certificates of one operation: a page of the read model. A busy market signs a dozen a second, so more than a minute of them; what
    /// is beyond goes into the next one at once.
    /// </summary>
    public const int CertificatesMax = StoragePolicy.PageRowsMax;

    /// <summary>Certificates that are told their batch at a time: their writes share a few turns of the disk.</summary>
    public const int JoinedAtOnceMax = 128;

    /// <summary>
    /// How long certificates gather. It makes ledger operations few, and who got a receipt can prove soon after where it stands.
    /// </summary>
    public static readonly TimeSpan TellAfter = TimeSpan.FromSeconds(10);
}
