using Marketplace.Sdk.Transport;

namespace Marketplace;

/// <summary>What the market and its chain say to each other.</summary>
public class SettlementClient
{
    private readonly HttpTransport _transport;

    /// <summary>For fakes in tests, which override what they use; the other members do not work.</summary>
    protected SettlementClient() => _transport = null!;

    internal SettlementClient(HttpTransport transport) => _transport = transport;

    /// <summary>How far the market is with its settlements.</summary>
    /// <exception cref="MarketplaceException"><see cref="ErrorCode.SettlementNotFound"/>: the market settles nowhere.</exception>
    public virtual Task<MarketSettlement> Get(CancellationToken cancellation = default) =>
        _transport.Ask<MarketSettlement>(HttpMethod.Get, Routes.Settlement, cancellation);
}
