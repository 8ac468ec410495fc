using Marketplace.Gateway;

namespace Marketplace.Silo;

/// <summary>Reads the options from the command line, the environment and appsettings.json.</summary>
internal static class SiloConfiguration
{
    private const string EnvironmentPrefix = "MARKET_";

    /// <summary>An option as the command line spells it, the option's name, and its line of help.</summary>
    private static readonly (string Argument, string Option, string Help)[] Arguments =
    [
        ("--urls", nameof(SiloOptions.Urls), "addresses to listen on, separated by ';' (http://127.0.0.1:8080; port 0: any free one)"),
        ("--data", nameof(SiloOptions.Data), "folder of everything that the silo keeps (./data)"),
        ("--worker", nameof(SiloOptions.Worker), "true or false: run a worker inside (true on loopback, false beyond it)"),
        ("--worker-slots", nameof(SiloOptions.WorkerSlots), "jobs that the worker inside runs at a time (0: one per core)"),
        ("--worker-price", nameof(SiloOptions.WorkerPrice), "base units that the worker inside asks per million fuel (1)"),
        ("--initial-credit", nameof(SiloOptions.InitialCredit), "base units that the first start credits to the local account"),
        ("--disk-floor-mib", nameof(SiloOptions.DiskFloorMiB), "free disk that blobs leave untouched, in MiB (512)"),
        ("--allowed-hosts", nameof(SiloOptions.AllowedHosts), "host names beside the loopback ones that requests may ask for, separated by ';'"),
        ("--allow-plaintext", nameof(SiloOptions.AllowPlaintext), "true or false: listen beyond loopback without TLS (false)"),
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
        var options = new ConfigurationBuilder()
            .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true)
            .AddJsonFile(Path.Combine(Directory.GetCurrentDirectory(), "appsettings.json"), optional: true)
            .AddInMemoryCollection(FromEnvironment())
            .AddInMemoryCollection(FromCommandLine(args))
            .Build();
        var read = new SiloOptions();
        try
        {
            options.Bind(read);
        }
        catch (InvalidOperationException malformed)
        {
            throw new SiloOptionsException($"An option is malformed: {malformed.Message}");
        }
        read.Validate();
        var violations = GatewayBinding.Violations(read.ListenUrls.Select(url => url!.ToString()), read.AllowPlaintext);
        return violations.Count == 0 ? read : throw new SiloOptionsException(string.Join(Environment.NewLine, violations));
    }

    private static IEnumerable<KeyValuePair<string, string?>> FromEnvironment() =>
        from argument in Arguments
        let value = Environment.GetEnvironmentVariable(EnvironmentPrefix + argument.Argument[2..].Replace('-', '_').ToUpperInvariant())
        where value is not null
        select KeyValuePair.Create(argument.Option, (string?)value);

    private static Dictionary<string, string?> FromCommandLine(string[] args)
    {
        var given = new Dictionary<string, string?>();
        for (var index = 0; index < args.Length; index++)
        {
            var parts = args[index].Split('=', 2);
            var known = Arguments.FirstOrDefault(argument => argument.Argument == parts[0]);
            if (known.Option is null)
                throw new SiloOptionsException($"'{args[index]}' is not an option of the silo. 'Marketplace.Silo --help' lists them.");
            if (parts.Length == 1 && index + 1 == args.Length)
                throw new SiloOptionsException($"{parts[0]} needs a value: {known.Help}.");
            if (!given.TryAdd(known.Option, parts.Length == 2 ? parts[1] : args[++index]))
                throw new SiloOptionsException($"{parts[0]} is given twice.");
        }
        return given;
    }

    private static void WriteHelp()
    {
        Console.Out.WriteLine("Runs a marketplace: HTTP API, grains, store, and on loopback one worker. Stop it with Ctrl-C.");
        Console.Out.WriteLine();
        foreach (var (argument, _, help) in Arguments)
            Console.Out.WriteLine($"  {argument,-18} {help}");
        Console.Out.WriteLine();
        Console.Out.WriteLine("Each also as an environment variable (--worker-slots is MARKET_WORKER_SLOTS) and in appsettings.json (\"WorkerSlots\").");
    }
}
