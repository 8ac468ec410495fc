using Marketplace.GrainInterfaces;

namespace Marketplace.Silo;

/// <summary>The options of a silo that shares a market with others. A silo of the embedded kind refuses them.</summary>
public sealed partial class SiloOptions
{
    /// <summary>
    /// PostgreSQL, as a connection string of Npgsql. A password belongs into the environment or a file: every user of the machine can read
    /// a command line.
    /// </summary>
    public string Database { get; set; } = "";

    /// <summary>A file with the connection string, in place of <see cref="Database"/>.</summary>
    public string DatabaseFile { get; set; } = "";

    /// <summary>Which cluster of the database this silo joins: silos of one name find each other, and share reminders.</summary>
    public string ClusterId { get; set; } = "market";

    /// <summary>Where the other silos reach this one, and where it listens for them: an address or a name of this machine.</summary>
    public string SiloAddress { get; set; } = "127.0.0.1";

    /// <summary>The port for other silos; 0: any free one.</summary>
    public int SiloPort { get; set; } = 11111;

    /// <summary>The port for Orleans clients; 0: none. The silo's own API needs none.</summary>
    public int GatewayPort { get; set; }

    /// <summary>
    /// The folder that all silos keep blobs in. Not given: a folder of the data folder, which only a cluster of one silo can do with.
    /// </summary>
    public string BlobFolder { get; set; } = "";

    /// <summary>
    /// The folder of the cluster's own certificate authority, which all silos see or have a copy of; the first silo makes it. In place of
    /// the three files below.
    /// </summary>
    public string SiloCertificates { get; set; } = "";

    /// <summary>
    /// Into how many shards the cluster's market is divided; 0: as many as the database says, <see cref="ShardsUsual"/> in a new one. Twice
    /// the number of silos is a good choice.
    /// </summary>
    public int Shards { get; set; }

    /// <summary>With all other silos stopped: gives the cluster's market another number of shards.</summary>
    public bool ChangeShards { get; set; }

    /// <summary>The shards of a new cluster: enough for four silos, and each costs next to nothing.</summary>
    internal const int ShardsUsual = 8;

    /// <summary>Serve Orleans's dashboard, which counts every message and all activations from the start of the silo on.</summary>
    public bool Dashboard { get; set; }

    /// <summary>Talk to other silos without TLS, on a private network whose every machine is trusted.</summary>
    public bool SiloPlaintext { get; set; }

    /// <summary>This silo's certificate for other silos, in PEM.</summary>
    public string SiloCertificate { get; set; } = "";

    /// <summary>The certificate's private key, in PEM.</summary>
    public string SiloCertificateKey { get; set; } = "";

    /// <summary>The trusted authorities' certificates, in PEM. The silo talks only to silos whose certificate one of them signed.</summary>
    public string SiloTrustedCa { get; set; } = "";

    internal bool UsesTls => SiloCertificates.Length > 0 || SiloCertificate.Length > 0;

    private void ValidateCluster()
    {
        Check(
            ClusterId.Length is > 0 and <= 64 && ClusterId.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_'),
            nameof(ClusterId),
            ClusterId,
            "1 to 64 letters, digits, '-' and '_'"
        );
        Check(Shards is >= 0 and <= MarketLimits.ShardsMax, nameof(Shards), Shards, $"1 to {MarketLimits.ShardsMax}, or 0: not given");
        Check(!ChangeShards || Shards > 0, nameof(ChangeShards), "true", "false where --shards is not given");
        Check(!string.IsNullOrWhiteSpace(SiloAddress), nameof(SiloAddress), SiloAddress, "an address or a name of this machine");
        CheckPort(SiloPort, nameof(SiloPort));
        CheckPort(GatewayPort, nameof(GatewayPort));
        Check(GatewayPort == 0 || GatewayPort != SiloPort, nameof(GatewayPort), GatewayPort, "another port than --silo-port");
        var certificates = new[] { SiloCertificate, SiloCertificateKey, SiloTrustedCa };
        if (certificates.Any(file => file.Length > 0) && certificates.Any(file => file.Length == 0))
        {
            throw new SiloOptionsException(
                "--silo-certificate, --silo-certificate-key and --silo-trusted-ca belong together: give all three, or none."
            );
        }
        if (SiloCertificates.Length > 0 && SiloCertificate.Length > 0)
        {
            throw new SiloOptionsException("--silo-certificates and --silo-certificate are two ways to the same: give one.");
        }
        Check(!SiloPlaintext || !UsesTls, nameof(SiloPlaintext), "true", "false where there are certificates");
        // Which of the two it is, but never what is in them: the connection string may hold a password.
        if ((Database.Length > 0) == (DatabaseFile.Length > 0))
        {
            throw new SiloOptionsException(
                "MARKET_DATABASE (or --database, without a password) or --database-file must be given, and one only: a connection string "
                    + "such as 'Host=127.0.0.1;Username=market;Database=market', or a file that holds it."
            );
        }
    }

    private static void CheckPort(int port, string option) => Check(port is >= 0 and <= 65535, option, port, "0 to 65535");
}
