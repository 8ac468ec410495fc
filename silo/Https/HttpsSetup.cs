using System.Security.Authentication;

namespace Marketplace.Silo;

/// <summary>Where the silo listens, and with which certificate.</summary>
internal static class HttpsSetup
{
    /// <exception cref="SiloOptionsException">There is no certificate that a client could accept.</exception>
    public static void UseMarketplaceUrls(this WebApplicationBuilder builder, SiloOptions options)
    {
        builder.WebHost.UseUrls([.. options.ListenUrls.Select(url => url!.ToString())]);
        if (options.Certificate.Length == 0)
        {
            return;
        }
        var certificate = HttpsCertificate.Open(options, TimeProvider.System);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(server =>
        {
            var log = server.ApplicationServices.GetRequiredService<ILogger<HttpsCertificate>>();
            server.ConfigureHttpsDefaults(https =>
            {
                https.SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13;
                // The selector makes the server content that there is a certificate. What is shown is set below, with those between it and
                // its authority.
                https.ServerCertificateSelector = (_, _) => certificate.Shown.TargetCertificate;
                https.OnAuthenticate = (_, connection) =>
                {
                    connection.ServerCertificateSelectionCallback = null;
                    connection.ServerCertificateContext = certificate.Current(log);
                };
            });
        });
    }
}
