namespace Marketplace;

/// <summary>No answer came: whether the request had an effect is unknown. Repeating it is safe where it has a request id.</summary>
public sealed class MarketplaceUnreachableException(Uri url, string what, Exception? cause = null)
    : IOException($"{what} ({url}). {Advice(url)}", cause)
{
    /// <summary>Where the service was looked for.</summary>
    public Uri Url { get; } = url;

    private static string Advice(Uri url) => url.IsLoopback
        ? "Is the silo running? Start it with 'dotnet run --project silo', or give the address where it listens."
        : "Check the address, the network, and that the service runs.";
}
