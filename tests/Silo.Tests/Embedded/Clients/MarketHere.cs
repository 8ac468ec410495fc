using Marketplace.Silo;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Marketplace.Tests.Silo;

/// <summary>A whole silo inside the test's process, with one worker, and the ways to its market.</summary>
public sealed class MarketHere : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private WebApplication? _app;

    private string Data => Path.Combine(_folder.Path, "data");

    /// <summary>The key of the local account, which may do everything.</summary>
    public string Key => new DataFolder(Data).ReadKey();

    /// <summary>What the silo has in its container.</summary>
    public IServiceProvider Services => _app!.Services;

    public async ValueTask InitializeAsync()
    {
        _app = await SiloApplication.Build(
            new SiloOptions
            {
                Urls = "http://127.0.0.1:0",
                Data = Data,
                Isolation = "none",
                WorkerCommittee = false,
            },
            builder =>
            {
                builder.Logging.ClearProviders();
                builder.Services.AddMarketplaceGrainClient(options => options.Key = Key);
            }
        );
        await _app.StartAsync(TestContext.Current.CancellationToken);
    }

    public MarketplaceClient OverHttp(string? key) => new(new MarketplaceClientOptions { Url = new Uri(_app!.Urls.First()), Key = key });

    public MarketplaceClient OverGrains(string? key) => new(new MarketplaceClientOptions { Key = key }.UseGrains(Services));

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.StopAsync(CancellationToken.None);
            await _app.DisposeAsync();
        }
        _folder.Dispose();
    }
}
