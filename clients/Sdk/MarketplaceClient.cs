using Marketplace.Sdk.Transport;

namespace Marketplace.Sdk;

/// <summary>
/// A marketplace over HTTP. Thread-safe; make one and keep it. Requests that may be repeated are, with growing pauses, when the service
/// cannot be reached, is overloaded or is starting. What fails in the end is a <see cref="MarketplaceException"/> (the service refused), a
/// <see cref="MarketplaceUnreachableException"/> (no answer), a <see cref="MarketplaceProtocolException"/> (an answer that makes no sense),
/// or a <see cref="BlobVerificationException"/> (bytes that are not those of their id).
/// </summary>
public sealed class MarketplaceClient : IAsyncDisposable, IDisposable
{
    private readonly HttpTransport _transport;

    /// <exception cref="ArgumentException">An option is out of its bounds; the message names it.</exception>
    public MarketplaceClient(MarketplaceClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _transport = new HttpTransport(options);
        Blobs = new BlobsClient(_transport);
        Jobs = new JobsClient(_transport, Blobs);
        Programs = new ProgramsClient(_transport, Blobs);
        Account = new AccountClient(_transport);
        Keys = new KeysClient(_transport);
        Market = new MarketClient(_transport);
        Events = new EventsClient(_transport);
        Health = new HealthClient(_transport);
    }

    public Uri Url => _transport.Url;

    public JobsClient Jobs { get; }

    public BlobsClient Blobs { get; }

    public ProgramsClient Programs { get; }

    public AccountClient Account { get; }

    public KeysClient Keys { get; }

    public MarketClient Market { get; }

    public EventsClient Events { get; }

    public HealthClient Health { get; }

    /// <summary>A client of the silo that keeps its data in this folder of this machine.</summary>
    /// <exception cref="DataFolderException">The folder cannot be used; the message says why.</exception>
    public static MarketplaceClient FromDataFolder(string path) => new(MarketplaceClientOptions.FromDataFolder(path));

    public void Dispose() => _transport.Dispose();

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }
}
