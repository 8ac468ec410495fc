namespace Marketplace.GrainInterfaces;

/// <summary>
/// Tells the market's ledger what committees have signed: many certificates in one operation, some seconds after them. Key:
/// <see cref="MarketLimits.BatchesKey"/>.
/// </summary>
[Alias("IBatchesGrain")]
public interface IBatchesGrain : IGrainWithStringKey
{
    /// <summary>
    /// Says that a certificate is about to be written. After this returns it stands in the ledger one day, whatever crashes: the store
    /// knows which do not yet.
    /// </summary>
    [Effect(Effect.Idempotent), AlwaysInterleave, Alias("Announce")]
    Task Announce(Authority by);
}
