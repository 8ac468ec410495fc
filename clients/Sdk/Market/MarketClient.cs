using Marketplace.Api;
using Marketplace.Sdk.Transport;

namespace Marketplace.Sdk;

/// <summary>The market at a glance.</summary>
public sealed class MarketClient
{
    private readonly HttpTransport _transport;

    internal MarketClient(HttpTransport transport) => _transport = transport;

    public Task<MarketStatus> Get(CancellationToken cancellation = default) =>
        _transport.Ask<MarketStatus>(HttpMethod.Get, Routes.Market, cancellation);

    /// <summary>What a job costs at most with the cheapest worker of this moment; null while there is no worker.</summary>
    /// <param name="fuelMax">The job's fuel limit.</param>
    public async Task<TokenAmount?> Quote(long fuelMax, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(fuelMax);
        var market = await Get(cancellation).ConfigureAwait(false);
        return market.LowestPricePerMillionFuel is { } price ? FuelPrice.Of(fuelMax, price) : null;
    }
}
