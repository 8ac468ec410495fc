using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Marketplace.Crypto;
using Marketplace.Storage;

namespace Marketplace.Silo;

/// <summary>
/// The cluster's own certificate authority: one file with certificate and key, in a folder that all silos see or have a copy of. The first
/// silo makes it. Each start of a silo has a new certificate signed, which is only in memory.
/// </summary>
internal static class ClusterAuthority
{
    public const string FileName = "silo-authority.pem";

    private const string Name = "CN=marketplace silos";

    /// <summary>To replace an authority is to stop the cluster, so it outlives the machines.</summary>
    private static readonly TimeSpan AuthorityLife = TimeSpan.FromDays(20 * 365);

    /// <summary>A silo's certificate lasts as long as the process may run.</summary>
    private static readonly TimeSpan CertificateLife = TimeSpan.FromDays(5 * 365);

    /// <summary>Clocks of a cluster's machines may differ by so much.</summary>
    private static readonly TimeSpan ClockSkew = TimeSpan.FromDays(1);

    /// <returns>A certificate with its key for the named silo, and the authority's own, without its key.</returns>
    /// <exception cref="SiloOptionsException">The file is not an authority's, or others than its owner may read it.</exception>
    public static (X509Certificate2 Own, X509Certificate2 Authority) Issue(string folder, string silo)
    {
        using var authority = Open(folder);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(silo);
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        // Both sides of a connection show it: server and client.
        request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], false)
        );
        var now = DateTimeOffset.UtcNow;
        var until = now + CertificateLife < authority.NotAfter ? now + CertificateLife : authority.NotAfter;
        using var signed = request.Create(authority, now - ClockSkew, until, RandomNumberGenerator.GetBytes(16));
        using var own = signed.CopyWithPrivateKey(key);
        return (ClusterTls.Usable(own), X509CertificateLoader.LoadCertificate(authority.RawData));
    }

    private static X509Certificate2 Open(string folder)
    {
        var path = Path.Combine(folder, FileName);
        var files = OwnerFiles.In(folder);
        if (!File.Exists(path))
        {
            Make(path);
        }
        files.Harden();
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & ~OwnerFile.Mode) != 0)
        {
            throw new SiloOptionsException(
                $"'{path}' may be read by others than its owner, and its key lets a process into the cluster. Allow its owner only: "
                    + "chmod 600."
            );
        }
        try
        {
            var text = File.ReadAllText(path);
            return X509Certificate2.CreateFromPem(text, text);
        }
        catch (Exception wrong) when (wrong is CryptographicException or ArgumentException)
        {
            throw new SiloOptionsException(
                $"'{path}' does not hold an authority's certificate and key: {wrong.Message} Copy the file of another silo, or move it "
                    + "away on all of them, and the first that starts makes another."
            );
        }
    }

    /// <summary>Silos that start at once make one each; the file that gets the name first is that of all.</summary>
    private static void Make(string path)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(Name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        var now = DateTimeOffset.UtcNow;
        using var authority = request.CreateSelfSigned(now - ClockSkew, now + AuthorityLife);
        var text = $"{authority.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n";

        var part = $"{path}.{Guid.NewGuid():n}";
        try
        {
            using (var file = OwnerFile.Create(part, 0))
            {
                file.Write(System.Text.Encoding.ASCII.GetBytes(text));
                file.Flush(flushToDisk: true);
            }
            HardLink.TryRename(part, path);
        }
        finally
        {
            File.Delete(part);
        }
    }
}
