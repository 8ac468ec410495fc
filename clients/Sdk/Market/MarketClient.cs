using Marketplace.Sdk.Transport;

namespace Marketplace;

/// <summary>The market at a glance.</summary>
public class MarketClient
{
    private readonly HttpTransport _transport;

    /// <summary>For fakes in tests, which override what they use; the other members do not work.</summary>
    protected MarketClient() => _transport = null!;

    internal MarketClient(HttpTransport transport) => _transport = transport;

    /// <summary>Queue, workers and the lowest price.</summary>
    public virtual Task<MarketStatus> Get(CancellationToken cancellation = default) =>
        _transport.Ask<MarketStatus>(HttpMethod.Get, Routes.Market, cancellation);

    /// <summary>Which market this is; needs no key.</summary>
    public virtual Task<MarketInfo> Info(CancellationToken cancellation = default) =>
        _transport.Ask<MarketInfo>(HttpMethod.Get, Routes.Info, cancellation);

    /// <summary>What a job costs at most with the cheapest worker of this moment; null while there is no worker.</summary>
    /// <param name="fuelMax">The job's fuel limit.</param>
    public virtual async Task<TokenAmount?> Quote(long fuelMax, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(fuelMax);
        return QuoteOf(await Get(cancellation).ConfigureAwait(false), fuelMax);
    }

    internal static TokenAmount? QuoteOf(MarketStatus market, long fuelMax) =>
        market.LowestPricePerMillionFuel is { } price ? FuelPrice.Of(fuelMax, price) : null;
}
