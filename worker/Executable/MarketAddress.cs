using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Marketplace.Worker;

/// <summary>Where the market is, and who may vouch for it.</summary>
internal sealed record MarketAddress(Uri Url, X509Certificate2Collection? Authorities, bool AllowPlaintext)
{
    /// <exception cref="UsageException">The address or the file cannot be used.</exception>
    public static MarketAddress Of(string url, string? authoritiesFile, bool allowPlaintext)
    {
        if (
            !Uri.TryCreate(url, UriKind.Absolute, out var address)
            || address.Scheme is not ("http" or "https")
            || address.PathAndQuery != "/"
            || address.UserInfo.Length + address.Fragment.Length > 0
        )
        {
            throw new UsageException($"--url is '{url}'; expected an address such as http://127.0.0.1:8080.");
        }
        if (address.Scheme == Uri.UriSchemeHttp && !address.IsLoopback && !allowPlaintext)
        {
            throw new UsageException(
                $"--url is '{url}': jobs and an API key would cross the network readable. "
                    + "Use https, or --allow-plaintext if the network is yours."
            );
        }
        return new MarketAddress(address, authoritiesFile is null ? null : Read(authoritiesFile), allowPlaintext);
    }

    public MarketplaceClientOptions ClientOptions(string? key) =>
        new()
        {
            Url = Url,
            Key = key,
            AllowPlaintext = AllowPlaintext,
            TrustedAuthorities = Authorities,
        };

    /// <summary>For the link and for blobs.</summary>
    public HttpMessageInvoker Connections()
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false };
        if (Authorities is not null)
        {
            // A private authority seldom publishes a list of revoked certificates.
            var policy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            policy.CustomTrustStore.AddRange(Authorities);
            handler.SslOptions.CertificateChainPolicy = policy;
        }
        return new HttpMessageInvoker(handler);
    }

    private static X509Certificate2Collection Read(string file)
    {
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPemFile(file);
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new UsageException($"--ca: '{file}' cannot be read as certificates: {wrong.Message}");
        }
        return authorities.Count > 0 ? authorities : throw new UsageException($"--ca: '{file}' holds no certificate.");
    }
}
