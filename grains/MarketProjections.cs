using Marketplace.Storage;

namespace Marketplace.Grains;

/// <summary>The projections of the grains' documents into the read model, which the store is made with.</summary>
public static class MarketProjections
{
    public static IReadOnlyList<IProjection> All { get; } =
    [new JobProjection(), new ProgramProjection(), new BlobPinProjection(), new DisputeProjection(), new CertificateProjection()];
}
