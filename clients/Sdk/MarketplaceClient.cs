using Marketplace.Sdk.Transport;

namespace Marketplace;

/// <summary>
/// A marketplace over HTTP. Thread-safe; make one and keep it. Requests that may be repeated are, with growing pauses, when the service
/// cannot be reached, is overloaded or is starting. What fails in the end is a <see cref="MarketplaceException"/> (the service refused), a
/// <see cref="MarketplaceUnreachableException"/> (no answer), a <see cref="MarketplaceProtocolException"/> (an answer that makes no sense),
/// or a <see cref="BlobVerificationException"/> (bytes that are not those of their id).
/// </summary>
public class MarketplaceClient : IAsyncDisposable, IDisposable
{
    private readonly HttpTransport? _transport;

    /// <summary>For fakes in tests, which override the properties that they use; the others do not work.</summary>
    protected MarketplaceClient() =>
        (
            Jobs,
            Blobs,
            Programs,
            State,
            Ledgers,
            Disputes,
            Epochs,
            Settlement,
            Account,
            Accounts,
            Keys,
            Market,
            Workers,
            Books,
            Silo,
            Events,
            Health
        ) = (null!, null!, null!, null!, null!, null!, null!, null!, null!, null!, null!, null!, null!, null!, null!, null!, null!);

    /// <summary>A client with these options, which are checked now.</summary>
    /// <exception cref="ArgumentException">An option is out of its bounds; the message names it.</exception>
    public MarketplaceClient(MarketplaceClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _transport = new HttpTransport(options);
        Blobs = new BlobsClient(_transport);
        Market = new MarketClient(_transport);
        Jobs = new JobsClient(_transport, Blobs, Market);
        Programs = new ProgramsClient(_transport, Blobs);
        State = new StateClient(_transport);
        Ledgers = new LedgersClient(_transport, Blobs);
        Disputes = new DisputesClient(_transport, Blobs);
        Epochs = new EpochsClient(_transport, Blobs);
        Settlement = new SettlementClient(_transport, Blobs);
        Account = new AccountClient(_transport);
        Accounts = new AccountsClient(_transport);
        Keys = new KeysClient(_transport);
        Workers = new WorkersClient(_transport);
        Books = new BooksClient(_transport);
        Silo = new SiloClient(_transport);
        Events = new EventsClient(_transport);
        Health = new HealthClient(_transport);
    }

    /// <summary>Where the service is.</summary>
    public virtual Uri Url => _transport!.Url;

    /// <summary>Submit jobs, wait for them, read what they gave.</summary>
    public virtual JobsClient Jobs { get; }

    /// <summary>Bytes by their hash.</summary>
    public virtual BlobsClient Blobs { get; }

    /// <summary>Deployed modules.</summary>
    public virtual ProgramsClient Programs { get; }

    /// <summary>What programs keep between their jobs.</summary>
    public virtual StateClient State { get; }

    /// <summary>Signed histories.</summary>
    public virtual LedgersClient Ledgers { get; }

    /// <summary>Jobs that workers ran with different results.</summary>
    public virtual DisputesClient Disputes { get; }

    /// <summary>Epochs of committees: who may sign receipts.</summary>
    public virtual EpochsClient Epochs { get; }

    /// <summary>What the market and its chain say to each other.</summary>
    public virtual SettlementClient Settlement { get; }

    /// <summary>The account's money.</summary>
    public virtual AccountClient Account { get; }

    /// <summary>Opens accounts, and brings money in for the operator.</summary>
    public virtual AccountsClient Accounts { get; }

    /// <summary>API keys of the account.</summary>
    public virtual KeysClient Keys { get; }

    /// <summary>Workers and prices.</summary>
    public virtual MarketClient Market { get; }

    /// <summary>Each worker: its offer and its reputation.</summary>
    public virtual WorkersClient Workers { get; }

    /// <summary>Whether the money of all accounts adds up.</summary>
    public virtual BooksClient Books { get; }

    /// <summary>What the asked silo does, and how it is set.</summary>
    public virtual SiloClient Silo { get; }

    /// <summary>Jobs as they end.</summary>
    public virtual EventsClient Events { get; }

    /// <summary>Whether the service lives.</summary>
    public virtual HealthClient Health { get; }

    /// <summary>A client of the silo that keeps its data in this folder of this machine.</summary>
    /// <exception cref="DataFolderException">The folder cannot be used; the message says why.</exception>
    public static MarketplaceClient FromDataFolder(string path) => new(MarketplaceClientOptions.FromDataFolder(path));

    /// <summary>Closes the connections; requests under way fail.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc cref="Dispose()"/>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Closes the connections.</summary>
    /// <param name="disposing">Always true: the client has no finalizer.</param>
    protected virtual void Dispose(bool disposing) => _transport?.Dispose();
}
