namespace Marketplace;

/// <summary>No answer came: whether the request had an effect is unknown. Repeating it is safe where it has a request id.</summary>
public sealed class MarketplaceUnreachableException(Uri url, string what, Exception? cause = null)
    : IOException($"{what} ({url}). {Advice(url, cause)}", cause)
{
    /// <summary>Where the service was looked for.</summary>
    public Uri Url { get; } = url;

    private static string Advice(Uri url, Exception? cause) =>
        cause is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError }
            ? "Use a name that its certificate is for. An authority of your own has to be named: "
                + $"{nameof(MarketplaceClientOptions.TrustedAuthorities)} in code, "
                + "--ca on the command line."
        : url.IsLoopback ? "Is the silo running? Start it with 'dotnet run --project silo', or give the address where it listens."
        : "Check the address, the network, and that the service runs.";
}
