using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Serialization.Metadata;
using Marketplace.Crypto;
using Marketplace.Gateway;
using Marketplace.GrainInterfaces;
using Marketplace.Receipts;
using Marketplace.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Marketplace.Tests.Gateway;

/// <summary>
/// The real gateway on a real server and a port of the system's choice, over a market in memory. Two accounts with one key of all scopes
/// each.
/// </summary>
internal sealed class GatewayFixture : IAsyncDisposable, IReadiness, IWorkerAdmission
{
    public static readonly AccountId Alice = new(new Bytes32([.. Enumerable.Repeat((byte)0xA1, 32)]));
    public static readonly AccountId Mallory = new(new Bytes32([.. Enumerable.Repeat((byte)0xBA, 32)]));
    public const Scopes AllScopes = Scopes.Read | Scopes.Submit | Scopes.Deploy | Scopes.Transfer | Scopes.Admin;

    /// <summary>The document that is checked in; every answer to a client of the fixture is compared with it.</summary>
    public static readonly string DocumentFile = Path.Combine(AppContext.BaseDirectory, "openapi.json");
    public static readonly ApiDocument Document = new(File.ReadAllBytes(DocumentFile));

    private static readonly EvmAddress Contract = EvmAddress.Parse("0x5fbdb2315678afecb367f032d93f642f64180aa3");

    private readonly WebApplication _app;
    private readonly LogCapture _log = new();

    private GatewayFixture(Action<GatewayOptions>? configure, bool onChain)
    {
        Domain = onChain ? new MarketDomain(Identity.PublicKey, 31337, Contract) : new MarketDomain(Identity.PublicKey);
        Market = new FakeMarket(Time);
        Key = Market.AddKey(Alice, AllScopes);
        OtherKey = Market.AddKey(Mallory, AllScopes);
        Program = Market.AddProgram(Alice);
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders().AddProvider(_log);
        builder.Services.AddSingleton<TimeProvider>(Time);
        builder.Services.AddSingleton(Identity).AddSingleton(Domain).AddSingleton(new MarketShards());
        builder.Services.AddSingleton(FakeGrains.Of(Market));
        builder.Services.AddSingleton<IAccountLists>(Market);
        builder.Services.AddSingleton<IDisputeLists>(new FakeDisputeLists());
        builder.Services.AddSingleton<IMarketStreams>(Market);
        builder.Services.AddSingleton<IBookCheck>(Market.Books);
        var silo = new FakeSilo();
        builder.Services.AddSingleton<ISiloFacts>(silo);
        builder.Services.AddSingleton<ILogLevels>(silo);
        builder.Services.AddSingleton<IBlobStore>(Market.Blobs);
        builder.Services.AddKeyedSingleton<IBlobStore>(GatewayHosting.OutputStore, Market.Blobs);
        builder.Services.AddSingleton<IReadiness>(this);
        builder.Services.AddSingleton<IWorkerAdmission>(this);
        builder.Services.AddMarketplaceGateway(configure);
        _app = builder.Build();
        _app.MapMarketplaceGateway();
    }

    public ManualTime Time { get; } = new();

    /// <summary>Only workers that the operator has let in one by one; else any.</summary>
    public bool IsForKnownOnly { get; set; }

    bool IWorkerAdmission.LetsIn(WorkerId worker) => !IsForKnownOnly;

    public MarketIdentity Identity { get; } = new(new Ed25519KeyPair(Enumerable.Repeat((byte)3, Ed25519.SeedSize).ToArray()));

    public MarketDomain Domain { get; }

    public FakeMarket Market { get; }

    public string Key { get; }

    public string OtherKey { get; }

    /// <summary>A program that jobs may name.</summary>
    public ProgramId Program { get; }

    public ReadinessReport Current { get; set; } = new(ServiceState.Ready, "1.2.3");

    public IServiceProvider Services => _app.Services;

    public IEnumerable<string> LogLines => _log.Lines;

    public Uri Url { get; private set; } = null!;

    /// <summary>A client with Alice's key.</summary>
    public HttpClient Client { get; private set; } = null!;

    public static async Task<GatewayFixture> Start(Action<GatewayOptions>? configure = null, bool onChain = false)
    {
        var fixture = new GatewayFixture(configure, onChain);
        await fixture._app.StartAsync(TestContext.Current.CancellationToken);
        var server = fixture._app.Services.GetRequiredService<IServer>();
        fixture.Url = new Uri(server.Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        fixture.Client = fixture.ClientOf(fixture.Key);
        return fixture;
    }

    /// <param name="key">The key that its requests carry; null: none.</param>
    /// <param name="isChecked">False: answers may be others than the document promises, because the test makes the market answer
    /// so.</param>
    public HttpClient ClientOf(string? key, bool isChecked = true)
    {
        var connection = new SocketsHttpHandler { AllowAutoRedirect = false };
        var client = new HttpClient(isChecked ? new AnswerCheck(Document, connection) : connection) { BaseAddress = Url };
        if (key is not null)
        {
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }
        return client;
    }

    public HttpClient ClientWith(Scopes scopes) => ClientOf(Market.AddKey(Alice, scopes));

    public JobRequest Request(string id = "job-1", string? text = "hello") =>
        new()
        {
            RequestId = id,
            Program = Program,
            PriceMax = new TokenAmount(100),
            InputText = text,
        };

    /// <summary>Submits a job as Alice.</summary>
    public async Task<JobId> Submit(string id = "job-1")
    {
        using var response = await Client.Post(Routes.Jobs, Request(id), ApiJson.Default.JobRequest);
        return (await response.Read(ApiJson.Default.Job)).Id;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }

    private sealed class LogCapture : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        )
        {
            // Not all who log ask first.
            if (IsEnabled(logLevel))
            {
                Lines.Enqueue($"{formatter(state, exception)} {exception}");
            }
        }

        public void Dispose() { }
    }
}

internal static class HttpExtensions
{
    public static Task<HttpResponseMessage> Post<TRecord>(
        this HttpClient client,
        string path,
        TRecord record,
        JsonTypeInfo<TRecord> form
    ) => client.PostAsync(path, JsonContent.Create(record, form), TestContext.Current.CancellationToken);

    public static Task<HttpResponseMessage> PostJson(this HttpClient client, string path, string json) =>
        client.PostAsync(
            path,
            new StringContent(json, new MediaTypeHeaderValue("application/json")),
            TestContext.Current.CancellationToken
        );

    public static Task<HttpResponseMessage> Get(this HttpClient client, string path) =>
        client.GetAsync(path, TestContext.Current.CancellationToken);

    public static Task<HttpResponseMessage> Send(this HttpClient client, HttpMethod method, string path, byte[]? bytes = null)
    {
        var request = new HttpRequestMessage(method, path);
        if (bytes is not null)
        {
            request.Content = new ByteArrayContent(bytes);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        }
        return client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>The answer's record, as a client reads it; a problem fails the test with its text.</summary>
    public static async Task<TRecord> Read<TRecord>(this HttpResponseMessage response, JsonTypeInfo<TRecord> form)
    {
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, text);
        return System.Text.Json.JsonSerializer.Deserialize(text, Answers.Of<TRecord>())!;
    }

    /// <summary>Asserts that the answer is a problem of this code, and gives its detail.</summary>
    public static async Task<string> Refused(this Task<HttpResponseMessage> sending, HttpStatusCode status, ErrorCode code)
    {
        using var response = await sending;
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.Content.Headers.ContentType?.MediaType == "application/problem+json", $"{response.StatusCode}: {text}");
        var problem = System.Text.Json.JsonSerializer.Deserialize(text, ApiJson.Default.Problem)!;
        Assert.Equal((status, code, (int)status), (response.StatusCode, problem.Code, problem.Status));
        Assert.NotEmpty(problem.Detail);
        Assert.DoesNotContain("Exception", problem.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", problem.Detail, StringComparison.Ordinal);
        return problem.Detail;
    }
}
