using System.Globalization;
using Marketplace.Gateway;
using Marketplace.Worker;

namespace Marketplace.Silo;

/// <summary>Reads the options from the command line, the environment and appsettings.json.</summary>
internal static class SiloConfiguration
{
    private const string EnvironmentPrefix = "MARKET_";
    private const string CertificatePassword = "--certificate-password";
    private const string ChainPassphrase = "--chain-passphrase";

    /// <summary>An option as the command line spells it, the option's name, and its line of help.</summary>
    private static readonly (string Argument, string Option, string Help)[] Arguments =
    [
        (
            "--urls",
            nameof(SiloOptions.Urls),
            "http and https addresses to listen on, separated by ';' (http://127.0.0.1:8080; port 0: any free one)"
        ),
        (
            "--certificate",
            nameof(SiloOptions.Certificate),
            "PEM or PFX file: the certificate of https addresses, read again when it changes"
        ),
        ("--certificate-key", nameof(SiloOptions.CertificateKey), "PEM file: its private key (not given: in the file of --certificate)"),
        (
            CertificatePassword,
            nameof(SiloOptions.CertificatePassword),
            "password of the PFX file or the key; only as MARKET_CERTIFICATE_PASSWORD"
        ),
        ("--certificate-password-file", nameof(SiloOptions.CertificatePasswordFile), "file with that password"),
        ("--data", nameof(SiloOptions.Data), "folder of everything that the silo keeps (./data)"),
        (
            "--accept-restored",
            nameof(SiloOptions.AcceptRestored),
            "true or false: start once on data that was restored or imported, because the node it is from does not run any more (false)"
        ),
        ("--worker", nameof(SiloOptions.Worker), "true or false: run a worker inside (true on loopback, false beyond it)"),
        ("--worker-slots", nameof(SiloOptions.WorkerSlots), "jobs that the worker inside runs at a time (0: one per core)"),
        ("--worker-price", nameof(SiloOptions.WorkerPrice), "base units that the worker inside asks per million fuel (1)"),
        ("--worker-label", nameof(SiloOptions.WorkerLabel), "what the worker inside says of itself, separated by ';': region=eu;gpu"),
        (
            "--worker-min-buyer-reputation",
            nameof(SiloOptions.WorkerMinBuyerReputation),
            "least reputation of accounts whose jobs the worker inside takes, 0 to 1000 (0: any)"
        ),
        (
            "--worker-committee",
            nameof(SiloOptions.WorkerCommittee),
            "true or false: the worker inside serves in committees, with a key and a log of its votes in the data (true)"
        ),
        (
            "--isolation",
            nameof(SiloOptions.Isolation),
            "where the worker inside runs programs: none (in the silo), process, sandbox, or the strictest that works (auto)"
        ),
        (
            "--admit-workers",
            nameof(SiloOptions.AdmitWorkers),
            "which workers of other machines may work: any, or known, let in one by one or in the data's file known-workers (any on "
                + "loopback, known beyond)"
        ),
        ("--initial-credit", nameof(SiloOptions.InitialCredit), "base units that the first start credits to the local account"),
        ("--queue-mib", nameof(SiloOptions.QueueMiB), "what waiting jobs may take on disk, in MiB; an account a quarter of it (4096)"),
        (
            "--queue-wait-ms",
            nameof(SiloOptions.QueueWaitMs),
            "how long jobs may wait for a worker in the mean, in ms; beyond it the cheapest new ones are refused (1800000)"
        ),
        ("--disk-floor-mib", nameof(SiloOptions.DiskFloorMiB), "free disk that uploads and new jobs leave untouched, in MiB (512)"),
        ("--unbonding-hours", nameof(SiloOptions.UnbondingHours), "how long a stake stays on hold after it was taken back, in hours (24)"),
        ("--epoch", nameof(SiloOptions.EpochMinutes), "how long the members of committees serve before others are drawn, in minutes (60)"),
        (
            "--epoch-shares",
            nameof(SiloOptions.EpochSharesSeconds),
            "how long workers are asked for shares of the next draw, in seconds (30)"
        ),
        (
            "--committee-stake",
            nameof(SiloOptions.CommitteeStake),
            "base units at stake for each worker that serves in committees (1000000000)"
        ),
        (
            "--reuse-price",
            nameof(SiloOptions.ReusePercent),
            "what a job pays that an earlier one's receipt answers, in percent of the earlier price (20)"
        ),
        ("--reuse-days", nameof(SiloOptions.ReuseDays), "how old such a receipt may be, in days (30)"),
        (
            "--keep-jobs",
            nameof(SiloOptions.KeepJobs),
            "after how many days an ended job is dropped from the store: 30 or more, or for ever (0)"
        ),
        ("--chain", nameof(SiloOptions.Chain), "where the market settles, for ever: none, or evm, in an escrow on an EVM chain (none)"),
        (
            "--chain-rpc",
            nameof(SiloOptions.ChainRpc),
            "URLs of the chain's nodes, separated by ';'; keys in them: only as MARKET_CHAIN_RPC"
        ),
        ("--chain-quorum", nameof(SiloOptions.ChainQuorum), "how many of these nodes must say the same (0: the majority)"),
        (
            "--chain-headers",
            nameof(SiloOptions.ChainHeaders),
            "proven, or agreed: where the chain hashes headers in its own way, by a majority of 3 nodes or more (proven)"
        ),
        ("--chain-id", nameof(SiloOptions.ChainId), "the chain's number"),
        ("--escrow", nameof(SiloOptions.Escrow), "address of the market's escrow, which 'market chain deploy' makes"),
        ("--chain-key", nameof(SiloOptions.ChainKey), "Web3 key store: the key of the escrow's operator"),
        (ChainPassphrase, nameof(SiloOptions.ChainPassphrase), "its passphrase; only as MARKET_CHAIN_PASSPHRASE"),
        ("--chain-passphrase-file", nameof(SiloOptions.ChainPassphraseFile), "file with that passphrase"),
        ("--chain-confirmations", nameof(SiloOptions.ChainConfirmations), "how many blocks follow one before it counts (12)"),
        ("--settle-every", nameof(SiloOptions.SettleEvery), "time between settlements, such as 30s, 10m or 1h (10m)"),
        (
            "--chain-fee-max",
            nameof(SiloOptions.ChainFeeMax),
            "the most that a settlement offers for a unit of gas, in wei; what is dearer waits (500000000000)"
        ),
        ("--name", nameof(SiloOptions.Name), "what people call this silo, in logs and on the dashboard (the machine's name)"),
        ("--otlp", nameof(SiloOptions.Otlp), $"{OtlpTarget.UrlHelp} (not given: nothing is sent)"),
        ("--trace-sample", nameof(SiloOptions.TraceSample), $"{OtlpTarget.SampleHelp}; METRICS.md ({OtlpTarget.SampleDefault})"),
        (
            "--allowed-hosts",
            nameof(SiloOptions.AllowedHosts),
            "host names beside the loopback ones that requests may ask for, separated by ';'"
        ),
        (
            "--trusted-proxies",
            nameof(SiloOptions.TrustedProxies),
            "IP addresses of reverse proxies, separated by ';', whose X-Forwarded-For and X-Forwarded-Proto are taken"
        ),
        ("--allow-plaintext", nameof(SiloOptions.AllowPlaintext), "true or false: listen beyond loopback without TLS (false)"),
    ];

    /// <summary>Those of a silo that shares a market with others.</summary>
    private static readonly (string Argument, string Option, string Help)[] ClusterArguments =
    [
        (
            "--database",
            nameof(SiloOptions.Database),
            "PostgreSQL: a connection string without a password (that: MARKET_DATABASE or --database-file)"
        ),
        ("--database-file", nameof(SiloOptions.DatabaseFile), "file with the connection string"),
        ("--cluster-id", nameof(SiloOptions.ClusterId), "name of the cluster that the silo joins (market)"),
        (
            "--silo-address",
            nameof(SiloOptions.SiloAddress),
            "this machine's address for other silos; beyond loopback with certificates (127.0.0.1)"
        ),
        ("--silo-port", nameof(SiloOptions.SiloPort), "port for other silos (11111; 0: any free one)"),
        ("--gateway-port", nameof(SiloOptions.GatewayPort), "port for Orleans clients, which have no login (0: none)"),
        ("--blob-folder", nameof(SiloOptions.BlobFolder), "folder that all silos keep blobs in (DATA/blobs: for a cluster of one)"),
        ("--shards", nameof(SiloOptions.Shards), "shards of the market, alike for all silos, twice their number (as the database says; 8)"),
        ("--change-shards", nameof(SiloOptions.ChangeShards), "true or false: with all silos stopped, change that number (false)"),
        (
            "--dashboard",
            nameof(SiloOptions.Dashboard),
            "true or false: serve Orleans's dashboard under /orleans, which costs a fifth of the jobs a second (false)"
        ),
        (
            "--silo-certificates",
            nameof(SiloOptions.SiloCertificates),
            "folder of the cluster's authority, seen by or copied to all silos; the first silo makes it"
        ),
        (
            "--silo-plaintext",
            nameof(SiloOptions.SiloPlaintext),
            "true or false: talk to silos without TLS, where every machine of the private network is trusted (false)"
        ),
        ("--silo-certificate", nameof(SiloOptions.SiloCertificate), "PEM file: this silo's certificate for other silos"),
        ("--silo-certificate-key", nameof(SiloOptions.SiloCertificateKey), "PEM file: its private key"),
        ("--silo-trusted-ca", nameof(SiloOptions.SiloTrustedCa), "PEM file: who must have signed the other silos' certificates"),
    ];

    internal static readonly (string Argument, string Option, string Help)[] AllArguments = [.. Arguments, .. ClusterArguments];

    /// <summary>Options whose values may hold a secret: a password, or a key in a URL.</summary>
    private static readonly string[] Secrets =
    [
        nameof(SiloOptions.CertificatePassword),
        nameof(SiloOptions.ChainPassphrase),
        nameof(SiloOptions.ChainRpc),
        nameof(SiloOptions.Database),
    ];

    /// <summary>The checked options; null when help was asked for and given.</summary>
    /// <exception cref="SiloOptionsException">An option is unknown or outside its bounds.</exception>
    public static SiloOptions? Read(string[] args)
    {
        if (args.Any(argument => argument is "--help" or "-h" or "-?"))
        {
            WriteHelp();
            return null;
        }
        var given = FromCommandLine(args);
        RefusePassword(given);
        var environment = FromEnvironment().ToDictionary();
        var options = new ConfigurationBuilder()
            .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true)
            .AddJsonFile(Path.Combine(Directory.GetCurrentDirectory(), "appsettings.json"), optional: true)
            .AddInMemoryCollection(environment)
            .AddInMemoryCollection(given)
            .Build();
        RefuseForeign(options);
        RefuseMalformed(options);
        var read = new SiloOptions
        {
            Sources = AllArguments
                .Select(argument => argument.Option)
                .Where(option => options[option] is not null)
                .ToDictionary(
                    option => option,
                    option =>
                        given.ContainsKey(option) ? SettingSource.CommandLine
                        : environment.ContainsKey(option) ? SettingSource.Environment
                        : SettingSource.File
                ),
        };
        options.Bind(read);
        read.Validate();
        var violations = GatewayBinding.Violations(read.ListenUrls.Select(url => url!.ToString()), read.AllowPlaintext);
        return violations.Count == 0 ? read : throw new SiloOptionsException(string.Join(Environment.NewLine, violations));
    }

    /// <summary>Every option that this kind of silo has, as it counts, without secrets.</summary>
    public static SiloSettings Effective(SiloOptions options) =>
        new([
            .. (HostKind.IsCluster ? AllArguments : Arguments).Select(argument =>
            {
                var isSecret = Secrets.Contains(argument.Option);
                var value = Convert.ToString(
                    typeof(SiloOptions).GetProperty(argument.Option)!.GetValue(options),
                    CultureInfo.InvariantCulture
                );
                return new SiloSetting(
                    argument.Argument,
                    VariableOf(argument.Argument),
                    isSecret || string.IsNullOrEmpty(value) ? null : value,
                    options.Sources.GetValueOrDefault(argument.Option),
                    isSecret,
                    argument.Help
                );
            }),
        ]);

    /// <summary>How the command line, and so the help, spells the option: messages name it as it was typed.</summary>
    public static string ArgumentOf(string option) => AllArguments.First(argument => argument.Option == option).Argument;

    private static IEnumerable<KeyValuePair<string, string?>> FromEnvironment() =>
        from argument in AllArguments
        let value = Environment.GetEnvironmentVariable(VariableOf(argument.Argument))
        where value is not null
        select KeyValuePair.Create(argument.Option, (string?)value);

    internal static string VariableOf(string argument) => EnvironmentPrefix + argument[2..].Replace('-', '_').ToUpperInvariant();

    private static Dictionary<string, string?> FromCommandLine(string[] args)
    {
        var given = new Dictionary<string, string?>();
        for (var index = 0; index < args.Length; index++)
        {
            var parts = args[index].Split('=', 2);
            var known = AllArguments.FirstOrDefault(argument => argument.Argument == parts[0]);
            if (known.Option is null)
            {
                throw new SiloOptionsException($"'{args[index]}' is not an option of the silo. 'Marketplace.Silo --help' lists them.");
            }
            if (parts.Length == 1 && index + 1 == args.Length)
            {
                throw new SiloOptionsException($"{parts[0]} needs a value: {known.Help}.");
            }
            if (!given.TryAdd(known.Option, parts.Length == 2 ? parts[1] : args[++index]))
            {
                throw new SiloOptionsException($"{parts[0]} is given twice.");
            }
        }
        return given;
    }

    /// <summary>Every user of the machine sees the command lines of all processes.</summary>
    private static void RefusePassword(Dictionary<string, string?> given)
    {
        if (given.ContainsKey(nameof(SiloOptions.CertificatePassword)))
        {
            throw new SiloOptionsException(
                $"{CertificatePassword} can be read by all users of this machine in the list of processes. Put the password into "
                    + "MARKET_CERTIFICATE_PASSWORD or into a file for --certificate-password-file."
            );
        }
        if (given.ContainsKey(nameof(SiloOptions.ChainPassphrase)))
        {
            throw new SiloOptionsException(
                $"{ChainPassphrase} can be read by all users of this machine in the list of processes. Put the passphrase into "
                    + "MARKET_CHAIN_PASSPHRASE or into a file for --chain-passphrase-file."
            );
        }
        if (
            given.GetValueOrDefault(nameof(SiloOptions.Database)) is { } database
            && database.Split(';').Any(part => part.Split('=')[0].Trim().ToUpperInvariant() is "PASSWORD" or "PWD" or "PSW")
        )
        {
            throw new SiloOptionsException(
                "--database holds a password, which all users of this machine can read in the list of processes. Put the connection "
                    + "string into "
                    + "MARKET_DATABASE or into a file for --database-file."
            );
        }
    }

    private static void RefuseForeign(IConfiguration options)
    {
        if (HostKind.IsCluster)
        {
            return;
        }
        foreach (var (argument, option, _) in ClusterArguments)
        {
            if (options[option] is not null)
            {
                throw new SiloOptionsException($"{argument} is an option of silos that share a market. {HostKind.Help}");
            }
        }
    }

    /// <summary>Before the values are bound, whose failure would name members of this program.</summary>
    private static void RefuseMalformed(IConfiguration options)
    {
        foreach (var (argument, option, _) in AllArguments)
        {
            if (options[option] is not { } seen)
            {
                continue;
            }
            var type = typeof(SiloOptions).GetProperty(option)!.PropertyType;
            if (type == typeof(int) && !int.TryParse(seen, NumberStyles.Integer, CultureInfo.InvariantCulture, out _))
            {
                throw new SiloOptionsException($"{argument} is '{seen}'; allowed: a whole number, at most {int.MaxValue}.");
            }
            if ((type == typeof(bool) || (type == typeof(bool?) && seen.Length > 0)) && !bool.TryParse(seen, out _))
            {
                throw new SiloOptionsException($"{argument} is '{seen}'; allowed: true or false.");
            }
        }
    }

    private static void WriteHelp()
    {
        Console.Out.WriteLine("Runs a marketplace: HTTP API, grains, store, and on loopback one worker. Stop it with Ctrl-C.");
        Console.Out.WriteLine();
        Console.Out.WriteLine(HostKind.Help);
        Console.Out.WriteLine();
        foreach (var (argument, _, help) in HostKind.IsCluster ? AllArguments : Arguments)
        {
            Console.Out.WriteLine($"  {argument, -27} {help}");
        }
        Console.Out.WriteLine();
        Console.Out.WriteLine(
            "Each also as an environment variable (--worker-slots is MARKET_WORKER_SLOTS) and in appsettings.json (\"WorkerSlots\")."
        );
    }
}
