namespace Marketplace;

/// <summary>An answer came that this client does not understand: something else listens there, or the versions do not fit.</summary>
public sealed class MarketplaceProtocolException(Uri url, string what, Exception? cause = null)
    : Exception($"{what} ({url}). Check that the address is that of a marketplace, and that client and service are of one version.", cause)
{
    /// <summary>Where the answer came from.</summary>
    public Uri Url { get; } = url;
}
