using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Marketplace.Silo;
using Microsoft.Extensions.Logging;

namespace Marketplace.Tests.Silo;

/// <summary>
/// The files of an https certificate: what is taken, what is refused with which words, and what happens when they change.
/// </summary>
public sealed class HttpsCertificateTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TestCertificates _certificates;
    private readonly Clock _clock = new();
    private readonly LogLines _log = new();

    public HttpsCertificateTests() => _certificates = new TestCertificates(_folder.Path);

    public void Dispose()
    {
        _certificates.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [
        InlineData("two PEM files"),
        InlineData("one PEM file"),
        InlineData("PEM with an encrypted key"),
        InlineData("PFX"),
        InlineData("PFX without a password")
    ]
    public void Certificate_IsTakenAsItIsKept(string form)
    {
        using var made = _certificates.Make();
        var (certificate, key) = _certificates.WritePem(made);
        var options = form switch
        {
            "two PEM files" => Options(certificate, key),
            "one PEM file" => Options(_certificates.Write("both.pem", made.ExportCertificatePem() + "\n" + File.ReadAllText(key)), ""),
            "PEM with an encrypted key" => Options(certificate, _certificates.Write("locked.key", Locked(made)), "secret"),
            "PFX" => Options(_certificates.Write("silo.pfx", made.Export(X509ContentType.Pkcs12, "secret")), "", "secret"),
            _ => Options(_certificates.Write("silo.pfx", made.Export(X509ContentType.Pkcs12)), ""),
        };

        var shown = HttpsCertificate.Open(options, _clock).Current(_log).TargetCertificate;

        Assert.Equal(made.SerialNumber, shown.SerialNumber);
        Assert.True(shown.HasPrivateKey);
    }

    [Fact]
    public void CertificatesBetween_AreShownAsWell()
    {
        using var made = _certificates.Make();
        var (certificate, key) = _certificates.WritePem(made);
        File.AppendAllText(certificate, "\n" + File.ReadAllText(_certificates.AuthorityFile));

        var shown = HttpsCertificate.Open(Options(certificate, key), _clock).Shown;

        Assert.Equal(made.SerialNumber, shown.TargetCertificate.SerialNumber);
    }

    [Fact]
    public void WhatNoClientCouldAccept_IsRefusedWithItsReason()
    {
        using var made = _certificates.Make();
        using var other = _certificates.Make();
        using var old = _certificates.Make(end: DateTimeOffset.UtcNow.AddDays(-1));
        using var young = _certificates.Make(begin: DateTimeOffset.UtcNow.AddDays(1));
        using var client = _certificates.Make(purpose: "1.3.6.1.5.5.7.3.2");
        var (certificate, key) = _certificates.WritePem(made);
        var pfx = _certificates.Write("silo.pfx", made.Export(X509ContentType.Pkcs12, "secret"));

        AssertRefused("--certificate: ", "'/nowhere.pem' cannot be read", Options("/nowhere.pem", key));
        AssertRefused("--certificate-key: ", "'/nowhere.key' cannot be read", Options(certificate, "/nowhere.key"));
        AssertRefused(
            "--certificate-key: ",
            "holds no private key. Name the file that does with --certificate-key.",
            Options(certificate, "")
        );
        AssertRefused(
            "--certificate-key: ",
            "is not that of the first certificate",
            Options(certificate, _certificates.Write("other.key", other.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem()))
        );
        AssertRefused(
            "--certificate-key: ",
            "cannot be used",
            Options(certificate, _certificates.Write("bad.key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"))
        );
        AssertRefused("--certificate-key: ", "needs a password", Options(certificate, _certificates.Write("locked.key", Locked(made))));
        AssertRefused(
            "--certificate-key: ",
            "does not open with this password",
            Options(certificate, _certificates.Write("locked.key", Locked(made)), "wrong")
        );
        AssertRefused("--certificate: ", "opens with this password", Options(pfx, "", "wrong"));
        AssertRefused("--certificate: ", "opens with no password", Options(pfx, ""));
        AssertRefused("--certificate: ", "neither PEM nor a PFX file", Options(_certificates.Write("text", "hello"), ""));
        AssertRefused("--certificate: ", "expired at", Options(_certificates.WritePem(old)));
        AssertRefused("--certificate: ", "is valid from", Options(_certificates.WritePem(young)));
        AssertRefused("--certificate: ", "is not for TLS servers", Options(_certificates.WritePem(client)));
    }

    [Fact]
    public void FilesThatChange_AreReadAgain_AndWhatCannotBeUsedIsLoggedOnce()
    {
        using var first = _certificates.Make();
        using var second = _certificates.Make();
        var options = Options(_certificates.WritePem(first));
        var certificate = HttpsCertificate.Open(options, _clock);

        Assert.Equal(first.SerialNumber, Shown(certificate));
        // The certificate is there, its key not yet.
        _certificates.Write("silo.pem", second.ExportCertificatePem());
        Assert.Equal(first.SerialNumber, Shown(certificate));
        for (var look = 0; look < 3; look++)
        {
            _clock.Advance(HttpsCertificate.LookedAtEvery);
            Assert.Equal(first.SerialNumber, Shown(certificate));
        }
        Assert.Single(_log.Written, line => line.Contains("cannot be used", StringComparison.Ordinal));
        File.Delete(options.CertificateKey);
        _clock.Advance(HttpsCertificate.LookedAtEvery);
        Assert.Equal(first.SerialNumber, Shown(certificate));
        _certificates.WritePem(second);
        _clock.Advance(HttpsCertificate.LookedAtEvery);
        Assert.Equal(second.SerialNumber, Shown(certificate));
        Assert.Contains("valid until", _log.Written[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void CertificateThatEndsWhileTheSiloRuns_IsWarnedOfDaily()
    {
        using var made = _certificates.Make(end: DateTimeOffset.UtcNow.AddDays(60));
        var certificate = HttpsCertificate.Open(Options(_certificates.WritePem(made)), _clock);
        Shown(certificate);
        Assert.DoesNotContain("renew it", Assert.Single(_log.Written), StringComparison.Ordinal);

        _clock.Advance(TimeSpan.FromDays(50));
        Shown(certificate);
        Shown(certificate);
        Assert.Single(_log.Written, line => line.Contains("renew it", StringComparison.Ordinal));
        _clock.Advance(HttpsCertificate.WarnedEvery);
        Shown(certificate);
        Assert.Equal(2, _log.Written.Count(line => line.Contains("renew it", StringComparison.Ordinal)));
    }

    private string Shown(HttpsCertificate certificate) => certificate.Current(_log).TargetCertificate.SerialNumber;

    private static string Locked(X509Certificate2 certificate) =>
        certificate
            .GetECDsaPrivateKey()!
            .ExportEncryptedPkcs8PrivateKeyPem(
                "secret",
                new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)
            );

    private static SiloOptions Options(string certificate, string key, string password = "") =>
        new()
        {
            Certificate = certificate,
            CertificateKey = key,
            CertificatePassword = password,
        };

    private static SiloOptions Options((string Certificate, string Key) files) => Options(files.Certificate, files.Key);

    private void AssertRefused(string option, string reason, SiloOptions options)
    {
        var refusal = Assert.Throws<SiloOptionsException>(() => HttpsCertificate.Open(options, _clock));
        Assert.StartsWith(option, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }

    private sealed class Clock : TimeProvider
    {
        private TimeSpan _passed;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _passed.Ticks;

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _passed;

        public void Advance(TimeSpan by) => _passed += by;
    }
}
