using Marketplace.Tests;

namespace Marketplace.Benchmarks;

/// <summary>
/// The silos of one market, each with a client of the operator's account, whose key the first has; and what they used together.
/// </summary>
internal sealed class MeasuredSilos : IAsyncDisposable
{
    private readonly List<SiloProcess> _silos = [];
    private readonly List<MarketplaceClient> _clients = [];

    private MeasuredSilos() { }

    public IReadOnlyList<MarketplaceClient> Clients => _clients;

    /// <summary>Where the first of them answers.</summary>
    public Uri Url { get; private set; } = null!;

    /// <summary>The operator's key.</summary>
    public string Key { get; private set; } = "";

    /// <param name="node">What they share.</param>
    /// <param name="count">How many; an embedded market has one.</param>
    /// <param name="options">For each of them, beside those of the node.</param>
    public static async Task<MeasuredSilos> Start(BenchmarkNode node, int count, params string[] options)
    {
        var silos = new MeasuredSilos();
        try
        {
            foreach (var folder in node.Folders(count))
            {
                var silo = await SiloFigures.Start(folder, [.. node.Options, .. options]);
                silos._silos.Add(silo);
                var data = new DataFolder(silo.Folder);
                if (silos._clients.Count == 0)
                {
                    (silos.Url, silos.Key) = (data.ReadUrl(), data.ReadKey());
                }
                silos._clients.Add(new MarketplaceClient(new MarketplaceClientOptions { Url = data.ReadUrl(), Key = silos.Key }));
            }
            return silos;
        }
        catch
        {
            await silos.DisposeAsync();
            throw;
        }
    }

    public SiloFigures Figures() => _silos.Select(SiloFigures.Of).Aggregate((sum, silo) => sum + silo);

    public Task Stop() => Task.WhenAll(_silos.Select(silo => silo.Stop(CancellationToken.None)));

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
        {
            await client.DisposeAsync();
        }
        foreach (var silo in _silos)
        {
            await silo.DisposeAsync();
        }
    }
}
