using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Marketplace.Silo;

namespace Marketplace.Tests.Silo;

/// <summary>Whom a silo lets in.</summary>
public sealed class ClusterTlsTests
{
    [Fact]
    public void CertificateOfTheClustersAuthority_IsLetIn_AndNoOther()
    {
        using var authority = Authority("cluster");
        using var stranger = Authority("cluster");
        X509Certificate2Collection trusted = [X509CertificateLoader.LoadCertificate(authority.RawData)];

        using var own = SignedBy(authority);
        using var foreign = SignedBy(stranger);

        Assert.True(ClusterTls.IsSigned(own, trusted));
        Assert.False(ClusterTls.IsSigned(foreign, trusted));
        Assert.False(ClusterTls.IsSigned(stranger, trusted));
    }

    [Fact]
    public void ExpiredCertificate_IsNotLetIn()
    {
        using var authority = Authority("cluster");
        using var old = SignedBy(authority, DateTimeOffset.UtcNow.AddDays(-1));

        Assert.False(ClusterTls.IsSigned(old, [X509CertificateLoader.LoadCertificate(authority.RawData)]));
    }

    [Fact]
    public void SilosOfOneFolder_LetEachOtherIn_AndNoneOfAnother()
    {
        using var folder = new TemporaryFolder();
        var (ours, theirs) = (Path.Combine(folder.Path, "ours"), Path.Combine(folder.Path, "theirs"));

        var first = ClusterAuthority.Issue(ours, "first");
        var second = ClusterAuthority.Issue(ours, "second");
        var stranger = ClusterAuthority.Issue(theirs, "first");

        Assert.True(ClusterTls.IsSigned(first.Own, [second.Authority]));
        Assert.True(ClusterTls.IsSigned(second.Own, [first.Authority]));
        Assert.False(ClusterTls.IsSigned(stranger.Own, [first.Authority]));
        Assert.True(first.Own.HasPrivateKey);
        Assert.False(first.Authority.HasPrivateKey);
        Assert.Equal([ClusterAuthority.FileName], Directory.EnumerateFiles(ours).Select(Path.GetFileName));
    }

    [Fact]
    public void SilosThatStartAtOnce_HaveOneAuthority()
    {
        using var folder = new TemporaryFolder();
        var issued = new (X509Certificate2 Own, X509Certificate2 Authority)[8];
        Parallel.For(0, issued.Length, number => issued[number] = ClusterAuthority.Issue(folder.Path, $"{number}"));

        Assert.Single(issued.Select(one => one.Authority.Thumbprint).Distinct());
        Assert.All(issued, one => Assert.True(ClusterTls.IsSigned(one.Own, [issued[0].Authority])));
    }

    [Fact]
    public void AuthorityThatOthersMayRead_OrThatIsNone_IsRefused()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Files have no modes there.");
            return;
        }
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, ClusterAuthority.FileName);
        ClusterAuthority.Issue(folder.Path, "one");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));

        File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.GroupRead);
        Refused("chmod 600");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.WriteAllText(path, "no certificate");
        Refused("Copy the file of another silo");

        void Refused(string expected)
        {
            var options = new SiloOptions { SiloCertificates = folder.Path };
            var refusal = Assert.Throws<SiloOptionsException>(() => ClusterTls.Settings(options));
            Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
        }
    }

    private static X509Certificate2 Authority(string name)
    {
        var request = new CertificateRequest($"CN={name}", ECDsa.Create(ECCurve.NamedCurves.nistP256), HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-3), DateTimeOffset.UtcNow.AddDays(3));
    }

    private static X509Certificate2 SignedBy(X509Certificate2 authority, DateTimeOffset? until = null)
    {
        var request = new CertificateRequest("CN=silo", ECDsa.Create(ECCurve.NamedCurves.nistP256), HashAlgorithmName.SHA256);
        return request.Create(
            authority,
            DateTimeOffset.UtcNow.AddDays(-2),
            until ?? DateTimeOffset.UtcNow.AddDays(2),
            RandomNumberGenerator.GetBytes(8)
        );
    }
}
