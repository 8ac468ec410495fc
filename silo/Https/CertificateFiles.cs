using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Marketplace.Silo;

/// <summary>The bytes of the files that make an https certificate, and what is in them.</summary>
internal sealed class CertificateFiles
{
    /// <summary>A chain of ten certificates has some 20 KB; what is larger is another file.</summary>
    private const int FileBytesMax = 1 << 20;

    /// <summary>TLS server authentication: https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.12</summary>
    private const string ServerPurpose = "1.3.6.1.5.5.7.3.1";

    private readonly SiloOptions _options;
    private readonly byte[] _certificate;
    private readonly byte[] _key;
    private readonly string _password;

    private CertificateFiles(SiloOptions options, byte[] certificate, byte[] key, string password)
    {
        (_options, _certificate, _key, _password) = (options, certificate, key, password);
        Hash = SHA256.HashData([
            .. SHA256.HashData(certificate),
            .. SHA256.HashData(key),
            .. SHA256.HashData(Encoding.UTF8.GetBytes(password)),
        ]);
    }

    /// <summary>Tells whether the files are those of another time.</summary>
    public byte[] Hash { get; }

    private bool IsPem => _certificate.AsSpan().IndexOf("-----BEGIN "u8) >= 0;

    /// <exception cref="SiloOptionsException">A file cannot be read.</exception>
    public static CertificateFiles Read(SiloOptions options) =>
        new(
            options,
            Read(nameof(SiloOptions.Certificate), options.Certificate),
            options.CertificateKey.Length == 0 ? [] : Read(nameof(SiloOptions.CertificateKey), options.CertificateKey),
            options.CertificatePasswordFile.Length == 0
                ? options.CertificatePassword
                : Encoding
                    .UTF8.GetString(Read(nameof(SiloOptions.CertificatePasswordFile), options.CertificatePasswordFile))
                    .TrimEnd('\r', '\n')
        );

    /// <exception cref="SiloOptionsException">They hold no certificate that a client could accept at this time.</exception>
    public SslStreamCertificateContext Load(DateTimeOffset now)
    {
        var (own, others) = IsPem ? LoadPem() : LoadPfx();
        var (begin, end) = (own.NotBefore.ToUniversalTime(), own.NotAfter.ToUniversalTime());
        if (end <= now)
        {
            throw Refuse(
                nameof(SiloOptions.Certificate),
                $"the certificate in '{_options.Certificate}' expired at {end:u}. No client accepts it: renew it."
            );
        }
        if (begin > now)
        {
            throw Refuse(
                nameof(SiloOptions.Certificate),
                $"the certificate in '{_options.Certificate}' is valid from {begin:u} on, and it is {now:u}. Set the clock, or use one "
                    + "that is valid now."
            );
        }
        if (
            own.Extensions.OfType<X509EnhancedKeyUsageExtension>().FirstOrDefault() is { } usage
            && !usage.EnhancedKeyUsages.Cast<Oid>().Any(purpose => purpose.Value == ServerPurpose)
        )
        {
            throw Refuse(
                nameof(SiloOptions.Certificate),
                $"the certificate in '{_options.Certificate}' is not for TLS servers. Have one made that is."
            );
        }
        // Offline: the certificates between this one and its authority are in the file, and a start must not wait for a network.
        return SslStreamCertificateContext.Create(own, others, offline: true);
    }

    private (X509Certificate2 Own, X509Certificate2Collection Others) LoadPem()
    {
        var text = Encoding.UTF8.GetString(_certificate);
        var keyText = _key.Length == 0 ? text : Encoding.UTF8.GetString(_key);
        var keyFile = _key.Length == 0 ? _options.Certificate : _options.CertificateKey;
        var all = new X509Certificate2Collection();
        try
        {
            all.ImportFromPem(text);
        }
        catch (CryptographicException broken)
        {
            throw Refuse(nameof(SiloOptions.Certificate), $"'{_options.Certificate}' is damaged: {broken.Message}");
        }
        if (all.Count == 0)
        {
            throw Refuse(
                nameof(SiloOptions.Certificate),
                $"'{_options.Certificate}' holds no certificate. It begins with '-----BEGIN CERTIFICATE-----'."
            );
        }
        var isEncrypted = keyText.Contains("-----BEGIN ENCRYPTED PRIVATE KEY-----", StringComparison.Ordinal);
        if (!isEncrypted && !keyText.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
        {
            throw Refuse(
                nameof(SiloOptions.CertificateKey),
                $"'{keyFile}' holds no private key. Name the file that does with --certificate-key."
            );
        }
        if (isEncrypted && _password.Length == 0)
        {
            throw Refuse(nameof(SiloOptions.CertificateKey), $"the key in '{keyFile}' needs a password. {HowToGiveOne}");
        }
        try
        {
            using var pem = isEncrypted
                ? X509Certificate2.CreateFromEncryptedPem(text, keyText, _password)
                : X509Certificate2.CreateFromPem(text, keyText);
            // Windows cannot use a key that exists in memory only.
            return (X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null), [.. all.Skip(1)]);
        }
        catch (ArgumentException)
        {
            throw Refuse(
                nameof(SiloOptions.CertificateKey),
                $"the key in '{keyFile}' is not that of the first certificate in '{_options.Certificate}'. Give the two that belong "
                    + "together."
            );
        }
        catch (CryptographicException wrong)
        {
            throw Refuse(
                nameof(SiloOptions.CertificateKey),
                isEncrypted
                    ? $"the key in '{keyFile}' does not open with this password. {HowToGiveOne}"
                    : $"the key in '{keyFile}' cannot be used: {wrong.Message}"
            );
        }
    }

    private (X509Certificate2 Own, X509Certificate2Collection Others) LoadPfx()
    {
        if (_key.Length > 0)
        {
            throw Refuse(
                nameof(SiloOptions.CertificateKey),
                $"'{_options.Certificate}' is not PEM, and a PFX file brings its own key. Leave --certificate-key out."
            );
        }
        try
        {
            var all = X509CertificateLoader.LoadPkcs12Collection(_certificate, _password);
            var own =
                all.FirstOrDefault(certificate => certificate.HasPrivateKey)
                ?? throw Refuse(nameof(SiloOptions.Certificate), $"'{_options.Certificate}' holds no certificate with a private key.");
            return (own, [.. all.Where(certificate => certificate != own)]);
        }
        catch (CryptographicException wrong)
        {
            throw Refuse(
                nameof(SiloOptions.Certificate),
                $"'{_options.Certificate}' is neither PEM nor a PFX file "
                    + $"that opens with {(_password.Length == 0 ? "no" : "this")} password "
                    + $"({wrong.Message}). {HowToGiveOne}"
            );
        }
    }

    private const string HowToGiveOne =
        "The password comes from MARKET_CERTIFICATE_PASSWORD or from the file of --certificate-password-file.";

    private static byte[] Read(string option, string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            if (file.Length > FileBytesMax)
            {
                throw Refuse(option, $"'{path}' has {file.Length:N0} bytes; at most {FileBytesMax:N0} are read.");
            }
            var bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException)
        {
            throw Refuse(option, $"'{path}' cannot be read: {wrong.Message}");
        }
    }

    private static SiloOptionsException Refuse(string option, string what) => new($"{SiloConfiguration.ArgumentOf(option)}: {what}");
}
