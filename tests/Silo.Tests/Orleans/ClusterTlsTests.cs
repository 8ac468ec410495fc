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
