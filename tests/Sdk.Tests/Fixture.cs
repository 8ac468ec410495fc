using Marketplace.Tests;

namespace Marketplace.Sdk.Tests;

/// <summary>A client over a service that the test makes up, on a clock on which pauses are over at once.</summary>
internal sealed class Fixture : IDisposable
{
    /// <summary>Pauses between retries are shorter, time limits longer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(50);

    private readonly MarketplaceClientOptions _options;
    private MarketplaceClient? _client;

    public Fixture(Action<MarketplaceClientOptions>? configure = null)
    {
        _options = new MarketplaceClientOptions
        {
            Url = new Uri("http://127.0.0.1:8080"),
            Key = "mk0123456789abcdef_secret",
            RequestTimeout = TimeSpan.FromHours(1),
            StallTimeout = TimeSpan.FromHours(1),
            TimeProvider = Time,
            Chance = new Random(1),
            Handler = Service,
        };
        configure?.Invoke(_options);
    }

    public FakeService Service { get; } = new();

    public ImpatientTime Time { get; } = new(Patience);

    public MarketplaceClient Client => _client ??= new MarketplaceClient(_options);

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _client?.Dispose();
}
