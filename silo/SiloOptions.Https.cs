namespace Marketplace.Silo;

/// <summary>The options of https addresses.</summary>
public sealed partial class SiloOptions
{
    /// <summary>
    /// The certificate that https addresses show: a PEM file with the certificate and those between it and its authority, or a PFX file
    /// with its key. It is read again when it changes.
    /// </summary>
    public string Certificate { get; set; } = "";

    /// <summary>The private key, in PEM. Not given: it stands in the file of <see cref="Certificate"/>.</summary>
    public string CertificateKey { get; set; } = "";

    /// <summary>The password of the PFX file or of the key. Not on the command line, which every user of the machine can read.</summary>
    public string CertificatePassword { get; set; } = "";

    /// <summary>A file with the password, in place of <see cref="CertificatePassword"/>. A line break at its end does not count.</summary>
    public string CertificatePasswordFile { get; set; } = "";

    private void ValidateHttps()
    {
        var usesHttps = ListenUrls.Any(url => url!.Scheme == Uri.UriSchemeHttps);
        if (usesHttps != Certificate.Length > 0)
        {
            throw new SiloOptionsException(
                usesHttps
                    ? "--urls has an https address, and there is no certificate for it. Give one with --certificate."
                    : $"--certificate is '{Certificate}', but no address of --urls begins with https. Make one https, or leave the "
                        + "certificate out."
            );
        }
        if (Certificate.Length == 0 && (CertificateKey.Length > 0 || CertificatePassword.Length > 0 || CertificatePasswordFile.Length > 0))
        {
            throw new SiloOptionsException("There is a key or a password for https, and no certificate. Give it with --certificate.");
        }
        if (CertificatePassword.Length > 0 && CertificatePasswordFile.Length > 0)
        {
            throw new SiloOptionsException("MARKET_CERTIFICATE_PASSWORD and --certificate-password-file say the same: give one only.");
        }
    }
}
