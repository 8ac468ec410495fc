using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Orleans.Connections.Security;

namespace Marketplace.Silo;

/// <summary>
/// Mutual TLS between silos: both sides show a certificate that the cluster's own authority has signed. What the certificate is for is
/// decided by that signature alone, not by the name in it: silos are known by their addresses, which change.
/// </summary>
internal static class ClusterTls
{
    /// <exception cref="SiloOptionsException">A file cannot be read, or holds no certificate or key.</exception>
    public static Action<TlsOptions> Settings(SiloOptions options)
    {
        var (own, trusted) = options.SiloCertificates.Length > 0 ? FromAuthority(options) : FromFiles(options);
        return tls =>
        {
            tls.LocalCertificate = own;
            tls.RemoteCertificateMode = RemoteCertificateMode.RequireCertificate;
            tls.ClientCertificateMode = RemoteCertificateMode.RequireCertificate;
            tls.RemoteCertificateValidation = (certificate, _, _) => IsSigned(certificate, trusted);
            tls.OnAuthenticateAsClient = (_, client) =>
            {
                client.TargetHost = own.GetNameInfo(X509NameType.DnsName, forIssuer: false);
                client.LocalCertificateSelectionCallback = (_, _, _, _, _) => own;
            };
        };
    }

    /// <summary>Windows cannot use a key that exists in memory only.</summary>
    internal static X509Certificate2 Usable(X509Certificate2 made) =>
        X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);

    internal static bool IsSigned(X509Certificate2 certificate, X509Certificate2Collection trusted)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(trusted);
        // The cluster's authority publishes no list of revocations. To shut a silo out, the operator changes the authority.
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(certificate);
    }

    private static (X509Certificate2 Own, X509Certificate2Collection Trusted) FromAuthority(SiloOptions options) =>
        Read(
            nameof(SiloOptions.SiloCertificates),
            () =>
            {
                var (own, authority) = ClusterAuthority.Issue(options.SiloCertificates, options.NameOrHost);
                return (own, new X509Certificate2Collection(authority));
            }
        );

    private static (X509Certificate2 Own, X509Certificate2Collection Trusted) FromFiles(SiloOptions options)
    {
        var own = Read(
            nameof(SiloOptions.SiloCertificate),
            () =>
            {
                using var pem = X509Certificate2.CreateFromPemFile(options.SiloCertificate, options.SiloCertificateKey);
                return Usable(pem);
            }
        );
        var trusted = Read(
            nameof(SiloOptions.SiloTrustedCa),
            () =>
            {
                var authorities = new X509Certificate2Collection();
                authorities.ImportFromPemFile(options.SiloTrustedCa);
                return authorities.Count > 0 ? authorities : throw new CryptographicException("it holds no certificate");
            }
        );
        return (own, trusted);
    }

    private static TValue Read<TValue>(string option, Func<TValue> read)
    {
        try
        {
            return read();
        }
        catch (Exception wrong) when (wrong is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new SiloOptionsException($"{SiloConfiguration.ArgumentOf(option)}: {wrong.Message}");
        }
    }
}
