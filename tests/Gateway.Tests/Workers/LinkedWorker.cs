using System.Net.WebSockets;
using System.Security.Cryptography;
using Marketplace.Api.Workers;
using Marketplace.Crypto;
using Marketplace.Receipts;
using Marketplace.Worker;
using Marketplace.Worker.Protocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace Marketplace.Tests.Gateway;

/// <summary>A worker's key beside a running gateway, with the link that workers use and a raw one that keeps to nothing.</summary>
internal sealed class LinkedWorker(GatewayFixture gateway, byte seed = 0x57) : IMarketPin, IDisposable
{
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler());

    public Ed25519KeyPair Key { get; } = new([.. Enumerable.Repeat(seed, 32)]);

    public WorkerId Id => new(Key.PublicKey);

    public MarketDomain? Domain { get; private set; }

    public RemoteMarket Remote =>
        new()
        {
            Url = gateway.Url,
            Key = Key,
            Pin = this,
            Http = _http,
        };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Keep(MarketDomain domain) => Domain = domain;

    public WorkerOffer Offer => new(Id, new AccountId(Key.PublicKey), new TokenAmount(1), 1, 1024);

    public RemoteMarketLink Link() => new(Remote, TimeProvider.System, NullLogger<RemoteMarketLink>.Instance);

    public Task<LinkSession> Session() => LinkSession.Open(Remote, TimeProvider.System, Cancellation);

    /// <summary>A connection whose frames the test writes itself; the market's first frame is read.</summary>
    public async Task<LinkChannel> Channel()
    {
        var socket = await Connect();
        using var ephemeral = LinkEphemeral.Make(RandomNumberGenerator.Create());
        var (keys, _) = await LinkHandshake.Connect(socket, Key, gateway.Identity.PublicKey, ephemeral, Cancellation);
        var channel = LinkChannel.OfWorker(socket, keys, new OneLinkMemory(), TimeProvider.System);
        Assert.NotNull((await channel.Receive(Cancellation)).Frame.Ready);
        return channel;
    }

    public async Task<ClientWebSocket> Connect()
    {
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(new UriBuilder(gateway.Url) { Scheme = "ws", Path = Routes.WorkersConnect }.Uri, _http, Cancellation);
        return socket;
    }

    /// <summary>A request with the worker's signature.</summary>
    public async Task<HttpResponseMessage> Send(
        HttpMethod method,
        string path,
        LeaseCall call,
        byte[]? body = null,
        DateTimeOffset? at = null
    )
    {
        using var client = gateway.ClientOf(null);
        var header = WorkerSignatures.Authorization(
            Key,
            gateway.Identity.PublicKey,
            method.Method,
            path,
            call,
            at ?? gateway.Time.GetUtcNow()
        );
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", header);
        return await client.Send(method, path, body);
    }

    public LeaseCall Call(LeaseId lease, long sequence = 1) => new(Id, lease, sequence);

    public void Dispose()
    {
        _http.Dispose();
        Key.Dispose();
    }

    public WorkerResult ResultOf(int number) =>
        new(
            Lease: new LeaseId(1, number),
            Job: new JobId(Id.Value),
            Outcome: RunOutcome.Completed,
            Reason: null,
            FuelUsed: 10,
            Output: "out"u8.ToArray(),
            OutputBlob: null,
            OutputSize: 3,
            Log: default,
            StateChanges: [],
            StartedAt: DateTimeOffset.UnixEpoch,
            EndedAt: DateTimeOffset.UnixEpoch
        )
        {
            Profile = Id.Value,
            Execution = new Bytes32([.. Enumerable.Repeat((byte)number, Bytes32.Size)]),
        };
}
