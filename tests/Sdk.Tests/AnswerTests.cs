using System.Net;
using System.Text;
using Marketplace.Tests;

namespace Marketplace.Sdk.Tests;

public sealed class AnswerTests : IDisposable
{
    private readonly Fixture _fixture = new(options => options.Retries = 0);

    private FakeService Service => _fixture.Service;

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Problem_BecomesAnExceptionWithItsFields()
    {
        Service.Refuses("GET /v1/account", ErrorCode.Forbidden, HttpStatusCode.Forbidden, "The key lacks read.");

        var refused = await Assert.ThrowsAsync<MarketplaceException>(() => _fixture.Client.Account.Get(Fixture.Cancellation));

        Assert.Equal(
            (ErrorCode.Forbidden, HttpStatusCode.Forbidden, "The key lacks read."),
            (refused.Code, refused.Status, refused.Detail)
        );
    }

    [Fact]
    public async Task ProblemWithACodeOfANewerService_IsReadByItsStatus()
    {
        Service.On(
            "GET /v1/account",
            _ => new HttpResponseMessage(HttpStatusCode.Forbidden)
            {
                Content = new StringContent(
                    """{"code":"moon_phase","detail":"Wait for the full moon."}""",
                    Encoding.UTF8,
                    "application/problem+json"
                ),
            }
        );

        var refused = await Assert.ThrowsAsync<MarketplaceException>(() => _fixture.Client.Account.Get(Fixture.Cancellation));

        Assert.Equal((ErrorCode.Forbidden, "Wait for the full moon."), (refused.Code, refused.Detail));
    }

    [Theory]
    [InlineData("[]", "application/problem+json")]
    [InlineData("{\"detail\":", "application/problem+json")]
    [InlineData("<html>", "text/html")]
    public async Task RefusalThatIsNoProblem_IsReadByItsStatus(string body, string type)
    {
        Service.On(
            "GET /v1/account",
            _ => new HttpResponseMessage(HttpStatusCode.NotFound) { Content = new StringContent(body, Encoding.UTF8, type) }
        );

        var refused = await Assert.ThrowsAsync<MarketplaceException>(() => _fixture.Client.Account.Get(Fixture.Cancellation));

        Assert.Equal(ErrorCode.NotFound, refused.Code);
    }

    [Theory]
    [InlineData("<html>", "text/html")]
    [InlineData("{}", "application/json")]
    [InlineData("null", "application/json")]
    [InlineData("{", "application/json")]
    public async Task AnswerOfSomethingElse_SaysToCheckTheAddress(string body, string type)
    {
        Service.On("GET /v1/account", _ => new HttpResponseMessage { Content = new StringContent(body, Encoding.UTF8, type) });

        var strange = await Assert.ThrowsAsync<MarketplaceProtocolException>(() => _fixture.Client.Account.Get(Fixture.Cancellation));

        Assert.Contains("Check that the address", strange.Message);
    }

    [Fact]
    public async Task Redirect_IsRefused_ForTheKeyIsNotForOthers()
    {
        Service.On(
            "GET /v1/account",
            _ => new HttpResponseMessage(HttpStatusCode.Redirect) { Headers = { Location = new Uri("http://elsewhere/") } }
        );

        await Assert.ThrowsAsync<MarketplaceException>(() => _fixture.Client.Account.Get(Fixture.Cancellation));

        Assert.Single(Service.Received);
    }

    [Fact]
    public async Task AnswerWithoutEnd_IsCutOffAtTheBound()
    {
        Service.On(
            "GET /v1/account",
            _ => new HttpResponseMessage
            {
                Content = new StreamContent(new EndlessStream((byte)' ')) { Headers = { ContentType = new("application/json") } },
            }
        );

        var strange = await Assert.ThrowsAsync<MarketplaceProtocolException>(() => _fixture.Client.Account.Get(Fixture.Cancellation));

        Assert.Contains(SdkPolicy.AnswerBytesMax.ToString(), strange.Message);
    }

    [Fact]
    public async Task MembersThatAreAbsentOrNew_AreUnderstood()
    {
        Service.On(
            "POST /v1/jobs:batch",
            _ => new HttpResponseMessage
            {
                Content = new StringContent(
                    $$"""{"results":[{"id":"{{Samples.JobId}}","existed":true,"mood":"fine"}]}""",
                    Encoding.UTF8,
                    "application/json"
                ),
            }
        );

        var item = Assert.Single(await _fixture.Client.Jobs.SubmitBatch([Samples.Request()], Fixture.Cancellation));

        Assert.Equal(new JobBatchItem(Samples.JobId, true, null, null), item);
    }

    [Fact]
    public async Task Key_TravelsInTheHeaderOnly()
    {
        Service.On("GET /v1/account", Samples.Account()).On("GET /health/ready", new Health("ready", "1.0", null));

        await _fixture.Client.Account.Get(Fixture.Cancellation);
        await _fixture.Client.Health.Ready(Fixture.Cancellation);

        Assert.Equal("Bearer mk0123456789abcdef_secret", Service.Received[0].Headers.Authorization?.ToString());
        Assert.Null(Service.Received[1].Headers.Authorization);
    }

    [Fact]
    public async Task ServiceThatIsNotReady_SaysSoAsAnAnswer()
    {
        Service.On(
            "GET /health/ready",
            _ => FakeService.Json(new Health("starting", "1.0", "The journal is being read."), HttpStatusCode.ServiceUnavailable)
        );

        var health = await _fixture.Client.Health.Ready(Fixture.Cancellation);

        Assert.Equal(("starting", "The journal is being read."), (health.Status, health.Reason));
    }

    [Fact]
    public async Task Silence_EndsWithTheTimeLimit()
    {
        using var fixture = new Fixture(options => (options.Retries, options.RequestTimeout) = (0, TimeSpan.FromSeconds(5)));
        fixture.Service.On(
            "GET /v1/account",
            async (_, cancellation) =>
            {
                await Task.Delay(Timeout.Infinite, cancellation);
                return FakeService.Json(Samples.Account());
            }
        );

        var unreachable = await Assert.ThrowsAsync<MarketplaceUnreachableException>(() => fixture.Client.Account.Get(Fixture.Cancellation));

        Assert.StartsWith("No answer within 5 s", unreachable.Message);
    }

    [Fact]
    public async Task CertificateThatIsNotTrusted_IsNotTakenForASiloThatIsDown()
    {
        Service.On(
            "GET /v1/account",
            (Received _) => throw new HttpRequestException(HttpRequestError.SecureConnectionError, "The chain is partial.")
        );

        var untrusted = await Assert.ThrowsAsync<MarketplaceUnreachableException>(() => _fixture.Client.Account.Get(Fixture.Cancellation));

        Assert.Contains("TrustedAuthorities", untrusted.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Is the silo running?", untrusted.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancellation_EndsAWaitForAnAnswer_AsCancellation()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Fixture.Cancellation);
        Service.On(
            "GET /v1/account",
            async (_, cancellation) =>
            {
                await cancel.CancelAsync();
                await Task.Delay(Timeout.Infinite, cancellation);
                return FakeService.Json(Samples.Account());
            }
        );

        var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _fixture.Client.Account.Get(cancel.Token));

        Assert.Equal(cancel.Token, cancelled.CancellationToken);
    }

    [Fact]
    public async Task AddressWhereNobodyListens_IsUnreachable()
    {
        // Bound, so that nobody else can take the port, but not listening.
        using var taken = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var url = new Uri($"http://127.0.0.1:{((IPEndPoint)taken.LocalEndPoint!).Port}");
        using var client = new MarketplaceClient(
            new MarketplaceClientOptions
            {
                Url = url,
                Key = "mk_x",
                Retries = 0,
            }
        );

        var unreachable = await Assert.ThrowsAsync<MarketplaceUnreachableException>(() => client.Account.Get(Fixture.Cancellation));

        Assert.Equal(url, unreachable.Url);
        Assert.StartsWith("Nothing answers there", unreachable.Message);
    }

    private sealed class EndlessStream(byte value) : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            buffer.Span.Fill(value);
            return ValueTask.FromResult(buffer.Length);
        }
    }
}
