using System.Security.Cryptography.X509Certificates;
using Marketplace.Silo;

namespace Marketplace.Tests.Silo;

/// <summary>The real silo over TLS, beyond loopback and without leave for plaintext.</summary>
public sealed class HttpsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SiloWithACertificate_ServesThoseWhoTrustItsAuthority()
    {
        using var folder = new TemporaryFolder();
        using var certificates = new TestCertificates(folder.Path);
        using var made = certificates.Make();
        var (certificate, key) = certificates.WritePem(made);
        var data = Path.Combine(folder.Path, "data");
        await using var silo = await SiloProcess.StartWith(
            ["--urls", "https://0.0.0.0:0", "--data", data, "--certificate", certificate, "--certificate-key", key],
            data,
            Cancellation
        );
        var options = MarketplaceClientOptions.FromDataFolder(data);
        options.Url = new UriBuilder(options.Url!) { Host = "127.0.0.1" }.Uri;
        options.Retries = 0;

        await using var stranger = new MarketplaceClient(options);
        options.TrustedAuthorities = certificates.Authorities;
        await using var client = new MarketplaceClient(options);
        var (code, output, error) = await CommandLine.Run(
            folder.Path,
            "account",
            "show",
            "--url",
            options.Url.ToString(),
            "--data",
            data,
            "--ca",
            certificates.AuthorityFile
        );

        Assert.Equal(Uri.UriSchemeHttps, options.Url.Scheme);
        var id = (await client.Account.Get(Cancellation)).Id;
        var refusal = await Assert.ThrowsAsync<MarketplaceUnreachableException>(() => stranger.Account.Get(Cancellation));
        Assert.Contains("secure connection", refusal.Message, StringComparison.OrdinalIgnoreCase);
        Assert.True(code == 0, error);
        Assert.Contains($"{id}"[..8], output, StringComparison.Ordinal);
        Assert.DoesNotContain("fail:", silo.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HttpOnLoopback_StandsBesideHttps_AndIsWhatCommandsHereUse()
    {
        using var folder = new TemporaryFolder();
        using var certificates = new TestCertificates(folder.Path);
        using var made = certificates.Make();
        var pfx = certificates.Write("silo.pfx", made.Export(X509ContentType.Pkcs12, "secret"));
        var password = certificates.Write("password", "secret\n");
        var data = Path.Combine(folder.Path, "data");
        await using var silo = await SiloProcess.StartWith(
            [
                "--urls",
                "https://127.0.0.1:0;http://127.0.0.1:0",
                "--data",
                data,
                "--certificate",
                pfx,
                "--certificate-password-file",
                password,
            ],
            data,
            Cancellation
        );

        await using var client = silo.Client();

        Assert.Equal(Uri.UriSchemeHttp, client.Url.Scheme);
        await client.Account.Get(Cancellation);
    }

    [Fact]
    public async Task WrongCertificate_IsRefusedAtTheStart_WithASentence()
    {
        using var folder = new TemporaryFolder();
        using var certificates = new TestCertificates(folder.Path);
        using var old = certificates.Make(end: DateTimeOffset.UtcNow.AddDays(-1));
        var (certificate, key) = certificates.WritePem(old);
        var data = Path.Combine(folder.Path, "data");

        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await using var silo = await SiloProcess.StartWith(
                ["--urls", "https://127.0.0.1:0", "--data", data, "--certificate", certificate, "--certificate-key", key],
                data,
                Cancellation
            );
        });

        Assert.Contains("ended with code 2", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("expired at", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", refusal.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(data));
    }

    [Theory]
    [InlineData("there is no certificate for it. Give one with --certificate.", "--urls", "https://127.0.0.1:1")]
    [InlineData("no address of --urls begins with https", "--certificate", "a.pem")]
    [InlineData("no certificate", "--certificate-key", "a.key")]
    [InlineData("MARKET_CERTIFICATE_PASSWORD", "--certificate-password", "secret")]
    public void OptionsThatDoNotBelongTogether_AreRefused(string reason, string option, string value)
    {
        var refusal = Assert.Throws<SiloOptionsException>(() => SiloConfiguration.Read([option, value]));

        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }
}
