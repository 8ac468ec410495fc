using Marketplace.Sdk;
using Marketplace.Testing;
using Marketplace.Tests;

namespace Marketplace.Verify.Chaos;

/// <summary>
/// Silos as processes over one PostgreSQL and one folder of shared blobs. The first one makes the operator's account, whose key all clients use.
/// </summary>
internal sealed class ChaosCluster(string folder, string connectionString) : IAsyncDisposable
{
    private readonly List<SiloProcess> _alive = [];
    private readonly List<SiloProcess> _all = [];
    private readonly Lock _gate = new();

    /// <summary>The silos that were started and not killed, ready or not.</summary>
    public IReadOnlyList<SiloProcess> Alive
    {
        get
        {
            lock (_gate)
                return [.. _alive];
        }
    }

    /// <summary>The data folder of each silo that ever ran: its worker's key is there.</summary>
    public IReadOnlyList<string> Folders
    {
        get
        {
            lock (_gate)
                return [.. _all.Select(silo => silo.Folder)];
        }
    }

    public string Console => string.Join(Environment.NewLine, _all.Select(silo => $"== {silo.Folder}{Environment.NewLine}{silo.Output}"));

    public async Task<SiloProcess> Join(CancellationToken cancellation)
    {
        SiloProcess silo;
        lock (_gate)
        {
            silo = SiloProcess.Launch(
                Path.Combine(folder, $"silo-{_all.Count + 1}"),
                "--database", connectionString, "--blob-folder", Path.Combine(folder, "blobs"), "--silo-port", "0");
            _all.Add(silo);
            _alive.Add(silo);
        }
        await silo.Ready(cancellation);
        return silo;
    }

    public async Task Kill(SiloProcess silo)
    {
        lock (_gate)
            _alive.Remove(silo);
        await silo.Kill();
    }

    public async Task StopAll(CancellationToken cancellation)
    {
        foreach (var silo in Alive)
            await silo.Stop(cancellation);
    }

    /// <summary>A client of one silo, with the first silo's key. Without retries of its own where an unknown outcome is what it is about.</summary>
    public MarketplaceClient Client(SiloProcess silo, bool retries = false)
    {
        var options = new MarketplaceClientOptions { Url = new DataFolder(silo.Folder).ReadUrl(), Key = new DataFolder(Folders[0]).ReadKey() };
        if (!retries)
            options.Retries = 0;
        return new MarketplaceClient(options);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in _all)
            await silo.DisposeAsync();
    }
}
