using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Marketplace.Tests.Silo;

/// <summary>An authority of a test's own, and certificates of it in files.</summary>
internal sealed class TestCertificates : IDisposable
{
    private readonly X509Certificate2 _authority;
    private readonly string _folder;

    public TestCertificates(string folder)
    {
        _folder = folder;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddYears(-3), DateTimeOffset.UtcNow.AddYears(3));
        AuthorityFile = Write("ca.pem", _authority.ExportCertificatePem());
    }

    public string AuthorityFile { get; }

    public X509Certificate2Collection Authorities => [X509CertificateLoader.LoadCertificate(_authority.RawData)];

    /// <summary>A certificate for 127.0.0.1 with its key.</summary>
    public X509Certificate2 Make(DateTimeOffset? begin = null, DateTimeOffset? end = null, string purpose = "1.3.6.1.5.5.7.3.1")
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=silo", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], false));
        var (from, until) = (begin ?? DateTimeOffset.UtcNow.AddDays(-2), end ?? DateTimeOffset.UtcNow.AddDays(60));
        using var signed = request.Create(_authority, from, until, RandomNumberGenerator.GetBytes(8));
        return signed.CopyWithPrivateKey(key);
    }

    /// <summary>Writes certificate and key as two PEM files.</summary>
    public (string Certificate, string Key) WritePem(X509Certificate2 certificate) =>
        (
            Write("silo.pem", certificate.ExportCertificatePem()),
            Write("silo.key", certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem())
        );

    public string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    public string Write(string name, byte[] bytes)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public void Dispose() => _authority.Dispose();
}
