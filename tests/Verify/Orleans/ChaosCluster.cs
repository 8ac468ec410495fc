using System.Globalization;
using Marketplace.Testing;
using Marketplace.Tests;

namespace Marketplace.Verify.Chaos;

/// <summary>A silo of the cluster: its number from 1, which is in its name, and its process.</summary>
internal sealed record ChaosSilo(int Number, SiloProcess Process)
{
    public string Name => NameOf(Number);

    public string Folder => Process.Folder;

    public static string NameOf(int number) => string.Create(CultureInfo.InvariantCulture, $"silo-{number}");
}

/// <summary>
/// Silos as processes over one PostgreSQL and one folder of shared blobs. The first one makes the operator's account, whose key all clients
/// use.
/// </summary>
/// <param name="folder">Where all of it is kept.</param>
/// <param name="connectionString">The database.</param>
/// <param name="network">Each silo's cable; null: all are on loopback.</param>
/// <param name="withWorkers">Each silo has a worker inside.</param>
/// <param name="more">What else each silo is told.</param>
internal sealed class ChaosCluster(
    string folder,
    string connectionString,
    ChaosNetwork? network,
    bool withWorkers,
    params IReadOnlyList<string> more
) : IAsyncDisposable
{
    private readonly List<ChaosSilo> _alive = [];
    private readonly List<ChaosSilo> _all = [];
    private readonly Lock _gate = new();

    /// <summary>What one silo alone is told, by its number.</summary>
    public Func<int, IReadOnlyList<string>> Each { get; init; } = _ => [];

    /// <summary>The silos that were started and not struck, ready or not.</summary>
    public IReadOnlyList<ChaosSilo> Alive
    {
        get
        {
            lock (_gate)
            {
                return [.. _alive];
            }
        }
    }

    /// <summary>The data folder of each silo that ever ran: its worker's key is there.</summary>
    public IReadOnlyList<string> Folders
    {
        get
        {
            lock (_gate)
            {
                return [.. _all.Select(silo => silo.Folder)];
            }
        }
    }

    /// <summary>The addresses of the silos that serve.</summary>
    public IReadOnlyList<Uri> Urls =>
        [.. Alive.Where(silo => silo.Process.HasAnnounced).Select(silo => new DataFolder(silo.Folder).ReadUrl())];

    public string Console =>
        string.Join(Environment.NewLine, _all.Select(silo => $"== {silo.Folder}{Environment.NewLine}{silo.Process.Output}"));

    public async Task<ChaosSilo> Join(CancellationToken cancellation)
    {
        ChaosSilo silo;
        lock (_gate)
        {
            silo = new ChaosSilo(_all.Count + 1, Launch(_all.Count + 1));
            _all.Add(silo);
            _alive.Add(silo);
        }
        await silo.Process.Ready(cancellation);
        return silo;
    }

    /// <summary>From here on no client uses it.</summary>
    public void Forget(ChaosSilo silo)
    {
        lock (_gate)
        {
            _alive.Remove(silo);
        }
    }

    public void Cut(ChaosSilo silo) => network!.Cut(silo.Number);

    public async Task StopAll(CancellationToken cancellation)
    {
        foreach (var silo in Alive)
        {
            await silo.Process.Stop(cancellation);
        }
    }

    /// <summary>
    /// A client of one silo, with the first silo's key. Without retries of its own where an unknown outcome is what it is about.
    /// </summary>
    public MarketplaceClient Client(ChaosSilo silo, bool retries = false)
    {
        var options = new MarketplaceClientOptions
        {
            Url = new DataFolder(silo.Folder).ReadUrl(),
            Key = new DataFolder(Folders[0]).ReadKey(),
            AllowPlaintext = network is not null,
        };
        if (!retries)
        {
            options.Retries = 0;
        }
        return new MarketplaceClient(options);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in _all)
        {
            await silo.Process.DisposeAsync();
        }
    }

    private SiloProcess Launch(int number)
    {
        var name = ChaosSilo.NameOf(number);
        var data = Path.Combine(folder, name);
        string[] common =
        [
            "--data",
            data,
            "--name",
            name,
            "--database",
            connectionString,
            "--blob-folder",
            Path.Combine(folder, "blobs"),
            "--silo-port",
            "0",
            "--worker",
            withWorkers ? "true" : "false",
            .. more,
            .. Each(number),
        ];
        if (network is null)
        {
            return SiloProcess.LaunchWith([.. common, "--urls", "http://127.0.0.1:0"], data);
        }
        var (address, within) = network.Join(number);
        return SiloProcess.LaunchWith(
            [
                .. common,
                "--urls",
                $"http://{address}:8080",
                "--silo-address",
                address,
                "--silo-certificates",
                Path.Combine(folder, "certificates"),
                "--allow-plaintext",
                "true",
                "--allowed-hosts",
                address,
            ],
            data,
            within
        );
    }
}
