namespace Marketplace.GrainInterfaces;

/// <summary>A worker's identity and offer, as it last registered. Heartbeats never write. Key: <see cref="WorkerId"/>.</summary>
[Alias("IWorkerGrain")]
public interface IWorkerGrain : IGrainWithStringKey
{
    /// <summary>Keeps the offer and publishes it in the market. Writes only when the offer changed.</summary>
    /// <returns>The market's start number.</returns>
    [Effect(Effect.Idempotent), Alias("Register")]
    Task<long> Register(WorkerOffer offer);

    /// <exception cref="MarketException"><see cref="ErrorCode.WorkerNotFound"/>.</exception>
    [Effect(Effect.None), Alias("Get")]
    Task<WorkerOffer> Get();
}
