using Marketplace.Testing;

namespace Marketplace.Tests.Silo;

/// <summary>Built silos in processes of their own over one PostgreSQL database, which is gone when the test is over.</summary>
internal sealed class ClusterOfSilos : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly PostgresServer _server;
    private readonly List<SiloProcess> _silos = [];

    private readonly string[] _more;

    private ClusterOfSilos(PostgresServer server, string database, string[] more) => (_server, Database, _more) = (server, database, more);

    public string Database { get; }

    public PostgresServer Server => _server;

    public string Blobs => Path.Combine(_folder.Path, "blobs");

    /// <summary>The options that every silo of this cluster has. They talk as silos on machines of their own do, over mutual TLS.</summary>
    public string[] Options =>
        [
            "--database",
            Database,
            "--silo-port",
            "0",
            "--blob-folder",
            Blobs,
            "--silo-certificates",
            Path.Combine(_folder.Path, "certificates"),
            .. _more,
        ];

    /// <param name="more">Options that its silos have besides.</param>
    public static async Task<ClusterOfSilos> Make(params string[] more)
    {
        Assert.SkipUnless(PostgresServer.IsInstalled, PostgresServer.Missing);
        var server = await PostgresServer.Start(durable: true);
        return new ClusterOfSilos(server, await server.CreateDatabase(), more);
    }

    public string FolderOf(string name) => Path.Combine(_folder.Path, name);

    /// <summary>Starts silos at the same time and waits until all serve.</summary>
    public async Task<SiloProcess[]> Start(CancellationToken cancellation, params string[] names)
    {
        var started = names.Select(name => SiloProcess.Launch(FolderOf(name), [.. Options, "--name", name])).ToArray();
        _silos.AddRange(started);
        await Task.WhenAll(started.Select(silo => silo.Ready(cancellation)));
        return started;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in _silos)
        {
            await silo.DisposeAsync();
        }
        await _server.DisposeAsync();
        _folder.Dispose();
    }
}
