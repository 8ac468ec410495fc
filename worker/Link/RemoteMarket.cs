using Marketplace.Crypto;
using Marketplace.Receipts;

namespace Marketplace.Worker;

/// <summary>Where a market is, and with which keys a worker meets it.</summary>
public sealed record RemoteMarket
{
    /// <summary>The market's address, <c>http</c> or <c>https</c>.</summary>
    public required Uri Url { get; init; }

    /// <summary>The worker's key.</summary>
    public required Ed25519KeyPair Key { get; init; }

    /// <summary>Keeps the market's domain from the first contact on.</summary>
    public required IMarketPin Pin { get; init; }

    /// <summary>Makes the connections; the link does not dispose it.</summary>
    public required HttpMessageInvoker Http { get; init; }
}

/// <summary>
/// The market that a worker knows. Its domain never changes: what is signed for one contract could be held against the worker, or be worth
/// nothing, at another.
/// </summary>
public interface IMarketPin
{
    /// <summary>Null before the first contact.</summary>
    MarketDomain? Domain { get; }

    /// <summary>The market's key, which may be known before the first contact; null: it is not.</summary>
    Bytes32? Known => Domain?.Market;

    /// <summary>The first contact: durable when it returns.</summary>
    void Keep(MarketDomain domain);
}
