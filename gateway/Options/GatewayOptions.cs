namespace Marketplace.Gateway;

/// <summary>
/// What an operator may set of the gateway. Each number is a bound that protects the books from every client that can reach the port; the
/// defaults suit one machine with a few gigabytes of memory. Checked at start by <see cref="GatewayOptionsValidator"/>.
/// </summary>
public sealed class GatewayOptions
{
    /// <summary>Lets the silo bind beyond loopback without TLS: keys then cross the network readable.</summary>
    public bool AllowPlaintext { get; set; }

    /// <summary>Host names, without port, that requests may be addressed to besides those of loopback. No wildcards.</summary>
    public IReadOnlyList<string> AllowedHosts { get; set; } = [];

    /// <summary>
    /// IP addresses of reverse proxies. What such a one says of a request's own address and scheme is taken; limits by address would else
    /// count all its clients as one.
    /// </summary>
    public IReadOnlyList<string> TrustedProxies { get; set; } = [];

    /// <summary>Requests per second from one address (IPv6: one /64), in the long run.</summary>
    public int AddressRequestsPerSecond { get; set; } = 10_000;

    /// <summary>Requests that one address may send at once after a pause.</summary>
    public int AddressRequestsBurst { get; set; } = 20_000;

    /// <summary>Requests per second of one account, in the long run. A batch is one request.</summary>
    public int AccountRequestsPerSecond { get; set; } = 5000;

    /// <summary>Requests that one account may send at once after a pause.</summary>
    public int AccountRequestsBurst { get; set; } = 10_000;

    /// <summary>
    /// Openings of accounts from one address (IPv6: one /64) per minute, in the long run: people and their machines seldom open one.
    /// </summary>
    public int AddressOpeningsPerMinute { get; set; } = 10;

    /// <summary>Openings that one address may send at once after a pause: a lab or a test with a thousand workers.</summary>
    public int AddressOpeningsBurst { get; set; } = 1000;

    /// <summary>
    /// Accounts that get their first key per minute at this silo, in the long run, from all addresses. One costs less than half a KiB of
    /// the store, so those who have many addresses fill it by less than 40 MiB a day.
    /// </summary>
    public int OpeningsPerMinute { get; set; } = 60;

    /// <summary>Accounts that may get their first key at once after a pause: some megabytes.</summary>
    public int OpeningsBurst { get; set; } = 20_000;

    /// <summary>One blob. The account's quota is its account's, the floor of free disk the blob store's.</summary>
    public long BlobBytesMax { get; set; } = 16L << 30;

    /// <summary>Uploads and downloads of one account under way at a time.</summary>
    public int AccountTransfersMax { get; set; } = 32;

    /// <summary>
    /// JSON bodies and long answers in memory at a time, in bytes, over all connections. <see cref="MemoryBudget"/> shares it out.
    /// </summary>
    public long MemoryBytesMax { get; set; } = 512L << 20;

    /// <summary>Requests of one account that wait for the end of a job (<c>?wait=</c>), at a time.</summary>
    public int AccountWaitsMax { get; set; } = 1000;

    /// <summary>Open connections.</summary>
    public int ConnectionsMax { get; set; } = 16_384;

    /// <summary>Workers' links at a time, those in their handshake included.</summary>
    public int WorkerLinksMax { get; set; } = 8192;

    /// <summary>Workers' links of one address (IPv6: one /64): a hall of machines behind one router.</summary>
    public int AddressWorkerLinksMax { get; set; } = 2048;

    /// <summary>
    /// Workers' messages in memory at a time, in bytes: those that are read or wait for their answer, and answers that wait for their
    /// reader.
    /// </summary>
    public long WorkerMemoryBytesMax { get; set; } = 256L << 20;

    /// <summary>Event streams open at a time, over all accounts.</summary>
    public int EventStreamsMax { get; set; } = 1000;

    /// <summary>Event streams of one account.</summary>
    public int AccountEventStreamsMax { get; set; } = 16;

    /// <summary>
    /// Bytes of events kept for one stream whose reader is slow; what comes beyond is counted and announced as <c>lagged</c>.
    /// </summary>
    public int EventStreamBytesMax { get; set; } = 2 << 20;

    /// <summary>
    /// Bytes of events kept for all streams. Each has <see cref="GatewayPolicy.EventStreamBytesMin"/> of them for itself; the rest goes to
    /// those who ask first.
    /// </summary>
    public long EventMemoryBytesMax { get; set; } = 128L << 20;

    /// <summary>Silence after which an event stream sends a comment, so that both ends notice a dead connection.</summary>
    public TimeSpan EventHeartbeat { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Time for one request, a wait that it asks for not counted. Transfers of blobs have a minimum rate instead.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Time for the headers of a request.</summary>
    public TimeSpan HeadersTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a connection may lie idle between requests.</summary>
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>The slowest sender and reader of a body that is still served, in bytes per second.</summary>
    public int BytesPerSecondMin { get; set; } = 1024;
}
