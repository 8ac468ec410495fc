using System.Text.Json;
using Marketplace.Crypto;
using Marketplace.Tests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Marketplace.Sdk.Tests;

/// <summary>What a made-up handler cannot show: real connections, with a real server on a port that the system chooses.</summary>
public sealed class RealHttpTests : IAsyncLifetime
{
    private const int Large = 8 * 1024 * 1024;

    private readonly WebApplication _server;
    private MarketplaceClient? _client;

    public RealHttpTests()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
        _server = builder.Build();
    }

    private MarketplaceClient Client =>
        _client ??= new MarketplaceClient(
            new MarketplaceClientOptions
            {
                Url = new Uri(_server.Urls.Single()),
                Key = "mk_x",
                Retries = 0,
            }
        );

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task LargeBlob_GoesThereAndBack()
    {
        var content = new byte[Large + 12_345];
        new Random(1).NextBytes(content);
        var stored = new MemoryStream();
        string? expect = null;
        _server.MapPost(
            Routes.Blobs,
            async http =>
            {
                expect = http.Request.Headers.Expect;
                await http.Request.Body.CopyToAsync(stored, http.RequestAborted);
                await Answer(http, Samples.Blob(stored.ToArray()));
            }
        );
        _server.MapGet(Routes.Blobs + "/{id}", () => Results.Bytes(stored.ToArray()));
        await _server.StartAsync(Fixture.Cancellation);

        var blob = await Client.Blobs.Put(new MemoryStream(content), cancellation: Fixture.Cancellation);
        await using var back = await Client.Blobs.Open(blob.Id, Fixture.Cancellation);
        var copy = new MemoryStream();
        await back.CopyToAsync(copy, Fixture.Cancellation);

        Assert.Equal("100-continue", expect);
        Assert.Equal(IdDerivation.Blob(content), blob.Id);
        Assert.True(content.AsSpan().SequenceEqual(copy.ToArray()));
    }

    [Theory]
    [InlineData(Large)]
    [InlineData(100_000)]
    public async Task UploadThatIsRefused_EndsWithTheRefusal(int size)
    {
        _server.MapPost(Routes.Blobs, http => Refuse(http, ErrorCode.BodyTooLarge, StatusCodes.Status413PayloadTooLarge));
        await _server.StartAsync(Fixture.Cancellation);

        var refused = await Assert.ThrowsAsync<MarketplaceException>(() =>
            Client.Blobs.Put(new MemoryStream(new byte[size]), cancellation: Fixture.Cancellation)
        );

        Assert.Equal(ErrorCode.BodyTooLarge, refused.Code);
    }

    [Fact]
    public async Task LargeUploadThatIsRefused_IsNotSent()
    {
        _server.MapPost(Routes.Blobs, http => Refuse(http, ErrorCode.StorageFull, StatusCodes.Status507InsufficientStorage));
        await _server.StartAsync(Fixture.Cancellation);
        var content = new MemoryStream(new byte[Large]);

        await Assert.ThrowsAsync<MarketplaceException>(() => Client.Blobs.Put(content, cancellation: Fixture.Cancellation));

        Assert.Equal(0, content.Position);
    }

    [Fact]
    public async Task ConnectionThatIsCutInsideAnAnswer_IsUnreachable()
    {
        _server.MapGet(
            Routes.Account,
            async http =>
            {
                http.Response.ContentType = "application/json";
                http.Response.ContentLength = 1000;
                await http.Response.WriteAsync("{", http.RequestAborted);
                await http.Response.Body.FlushAsync(http.RequestAborted);
                http.Abort();
            }
        );
        await _server.StartAsync(Fixture.Cancellation);

        await Assert.ThrowsAsync<MarketplaceUnreachableException>(() => Client.Account.Get(Fixture.Cancellation));
    }

    [Fact]
    public async Task Batch_ComesAsOneBodyOfKnownLength()
    {
        long? length = null;
        _server.MapPost(
            Routes.JobsBatch,
            async http =>
            {
                length = http.Request.ContentLength;
                var batch = await JsonSerializer.DeserializeAsync(http.Request.Body, ApiJson.Default.JobBatchRequest, http.RequestAborted);
                await Answer(http, new JobBatchResponse([.. batch!.Jobs.Select(_ => new JobBatchItem(Samples.JobId, false, null, null))]));
            }
        );
        await _server.StartAsync(Fixture.Cancellation);

        var batches = Enumerable
            .Range(0, 8)
            .Select(_ =>
                Client.Jobs.SubmitBatch(
                    [.. Enumerable.Range(0, 1000).Select(item => Samples.Request(item.ToString(), new string('x', 100)))],
                    Fixture.Cancellation
                )
            );

        Assert.All(await Task.WhenAll(batches), results => Assert.Equal(1000, results.Count));
        Assert.NotNull(length);
    }

    [Fact]
    public async Task EventsOfARealStream_ComeAsTheyHappen_AlsoAfterABreak()
    {
        var connections = 0;
        var more = new TaskCompletionSource();
        _server.MapGet(
            Routes.Events,
            async http =>
            {
                http.Response.ContentType = "text/event-stream";
                await Event(http, (byte)++connections);
                if (connections == 1)
                {
                    await more.Task.WaitAsync(http.RequestAborted);
                }
            }
        );
        await _server.StartAsync(Fixture.Cancellation);

        var ids = new List<JobId>();
        await foreach (var ended in Client.Events.Jobs(cancellation: Fixture.Cancellation))
        {
            ids.Add(ended.Id);
            // Only now does the service end the stream: the event came before its end.
            more.TrySetResult();
            if (ids.Count == 2)
            {
                break;
            }
        }

        Assert.Equal([new JobId(Samples.Digits(1)), new JobId(Samples.Digits(2))], ids);
    }

    private static async Task Event(HttpContext http, byte number)
    {
        var ended = new JobEnded(
            Id: new JobId(Samples.Digits(number)),
            RequestId: "r",
            State: JobState.Completed,
            Code: null,
            FuelUsed: 1,
            Charge: TokenAmount.Zero,
            Output: null
        );
        await http.Response.WriteAsync(
            $"event: job\ndata: {JsonSerializer.Serialize(ended, Answers.Of<JobEnded>())}\n\n",
            http.RequestAborted
        );
        await http.Response.Body.FlushAsync(http.RequestAborted);
    }

    private static Task Answer<T>(HttpContext http, T answer)
    {
        http.Response.ContentType = "application/json";
        return JsonSerializer.SerializeAsync(http.Response.Body, answer, Answers.Of<T>(), http.RequestAborted);
    }

    private static Task Refuse(HttpContext http, ErrorCode code, int status)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/problem+json";
        return JsonSerializer.SerializeAsync(
            http.Response.Body,
            new Problem("urn:x", "No", status, code, "No."),
            Answers.Of<Problem>(),
            http.RequestAborted
        );
    }
}
