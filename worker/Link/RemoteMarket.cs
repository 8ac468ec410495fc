using Marketplace.Crypto;

namespace Marketplace.Worker;

/// <summary>Where a market is, and with which keys a worker meets it.</summary>
public sealed record RemoteMarket
{
    /// <summary>The market's address, <c>http</c> or <c>https</c>.</summary>
    public required Uri Url { get; init; }

    /// <summary>The worker's key.</summary>
    public required Ed25519KeyPair Key { get; init; }

    /// <summary>Keeps the market's key from the first contact on.</summary>
    public required IMarketPin Pin { get; init; }

    /// <summary>Makes the connections; the link does not dispose it.</summary>
    public required HttpMessageInvoker Http { get; init; }
}

/// <summary>The key of the market that a worker knows.</summary>
public interface IMarketPin
{
    /// <summary>Null before the first contact.</summary>
    Bytes32? Known { get; }

    /// <summary>The first contact: durable when it returns.</summary>
    void Keep(Bytes32 market);
}
