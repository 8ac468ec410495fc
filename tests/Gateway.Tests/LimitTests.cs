using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Marketplace.Gateway;

namespace Marketplace.Tests.Gateway;

/// <summary>How much one address, one account, all together may ask for.</summary>
public sealed class LimitTests
{
    [Fact]
    public async Task RequestsOfAnAccount_AreBounded_AndOthersAreNotTouched()
    {
        await using var gateway = await GatewayFixture.Start(options =>
            (options.AccountRequestsPerSecond, options.AccountRequestsBurst) = (1, 3)
        );
        using var other = gateway.ClientOf(gateway.OtherKey);
        for (var request = 0; request < 3; request++)
        {
            (await gateway.Client.Get(Routes.Account)).EnsureSuccessStatusCode();
        }

        using var response = await UntilTooMany(gateway.Client, Routes.Account);

        Assert.InRange(response.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 3);
        await Task.FromResult(response).Refused(HttpStatusCode.TooManyRequests, ErrorCode.RateLimited);
        (await other.Get(Routes.Account)).EnsureSuccessStatusCode();
    }

    [Fact]
    public async Task RequestsOfAnAddress_AreBounded_AlsoWithWrongKeys()
    {
        await using var gateway = await GatewayFixture.Start(options =>
            (options.AddressRequestsPerSecond, options.AddressRequestsBurst) = (1, 3)
        );
        for (var request = 0; request < 3; request++)
        {
            using var guess = gateway.ClientOf(gateway.Key[..^8] + "0000000" + request);
            await guess.Get(Routes.Account).Refused(HttpStatusCode.Unauthorized, ErrorCode.Unauthenticated);
        }

        using var nobody = gateway.ClientOf(null);

        using var known = await UntilTooMany(nobody, Routes.Account);
        using var unknown = await UntilTooMany(nobody, "/nothing");
        await Task.FromResult(known).Refused(HttpStatusCode.TooManyRequests, ErrorCode.RateLimited);
        await Task.FromResult(unknown).Refused(HttpStatusCode.TooManyRequests, ErrorCode.RateLimited);
    }

    /// <summary>
    /// A busy machine may take a second for one request, which gives a token: so not the first must be refused, but one of many.
    /// </summary>
    private static async Task<HttpResponseMessage> UntilTooMany(HttpClient client, string path)
    {
        for (var request = 0; request < 1000; request++)
        {
            var answer = await client.Get(path);
            if (answer.StatusCode == HttpStatusCode.TooManyRequests)
            {
                return answer;
            }
            answer.Dispose();
        }
        throw new InvalidOperationException($"1,000 requests of {path} were answered.");
    }

    [Theory]
    [InlineData("10.0.0.1", "10.0.0.2", false), InlineData("10.0.0.1", "::ffff:10.0.0.1", true)]
    [InlineData("2001:db8::1", "2001:db8::ffff:1", true)]
    [InlineData("2001:db8::1", "2001:db8:0:1::1", false)]
    public void Networks_CountAsOneAddressEach(string left, string right, bool same) =>
        Assert.Equal(same, RateLimits.KeyOf(IPAddress.Parse(left)) == RateLimits.KeyOf(IPAddress.Parse(right)));

    [Fact]
    public async Task BodiesInMemory_AreBounded()
    {
        await using var gateway = await GatewayFixture.Start(options => options.MemoryBytesMax = GatewayPolicy.MemoryBytesMin);
        var gate = new TaskCompletionSource();
        gateway.Market.Gate = gate.Task;
        using var held = new StringContent(Batch(gateway, GatewayPolicy.BatchBodyBytesMax), new MediaTypeHeaderValue("application/json"));
        var holding = gateway.Client.PostAsync(Routes.JobsBatch, held, TestContext.Current.CancellationToken);
        await gateway.Market.UntilSubmitting();

        await gateway.Client.PostJson(Routes.Jobs, "{}").Refused(HttpStatusCode.ServiceUnavailable, ErrorCode.Unavailable);
        gate.SetResult();

        using var response = await holding;
        Assert.Single((await response.Read(ApiJson.Default.JobBatchResponse)).Results);
        await gateway.Client.PostJson(Routes.Jobs, "{}").Refused(HttpStatusCode.BadRequest, ErrorCode.MalformedRequest);
    }

    [Fact]
    public async Task TransfersOfAnAccount_AreBounded()
    {
        await using var gateway = await GatewayFixture.Start(options => options.AccountTransfersMax = 1);
        var begun = new TaskCompletionSource();
        var end = new TaskCompletionSource();
        using var upload = new HeldContent(begun, end.Task);
        var uploading = gateway.Client.PostAsync(Routes.Blobs, upload, TestContext.Current.CancellationToken);
        await begun.Task;
        await gateway.Market.Blobs.UntilPutting;

        await gateway.Client.Send(HttpMethod.Post, Routes.Blobs, [1]).Refused(HttpStatusCode.TooManyRequests, ErrorCode.RateLimited);
        end.SetResult();

        using var response = await uploading;
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        (await gateway.Client.Send(HttpMethod.Post, Routes.Blobs, [1])).EnsureSuccessStatusCode();
    }

    [Fact]
    public async Task ConnectionsOverTheLimit_AreClosed()
    {
        await using var gateway = await GatewayFixture.Start(options => options.ConnectionsMax = 1);
        (await gateway.Client.Get(Routes.HealthLive)).EnsureSuccessStatusCode();

        using var second = new TcpClient();
        await second.ConnectAsync(IPAddress.Loopback, gateway.Url.Port, TestContext.Current.CancellationToken);

        Assert.Equal(0, await ReadToEnd(second, "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    }

    [Theory]
    [InlineData("GET /health/live HTTP/1.1\r\n\r\n")]
    [InlineData("GET /health/live HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")]
    [InlineData("GET /health/live HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n")]
    [InlineData("GET /health/live HTTP/9.9\r\nHost: localhost\r\n\r\n")]
    [InlineData("POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n")]
    [InlineData("\0\0\0\0\r\n\r\n")]
    public async Task BrokenHttp_IsNeverServed(string request)
    {
        await using var gateway = await GatewayFixture.Start();
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, gateway.Url.Port, TestContext.Current.CancellationToken);
        await socket.GetStream().WriteAsync(Encoding.Latin1.GetBytes(request), TestContext.Current.CancellationToken);

        var line = await new StreamReader(socket.GetStream()).ReadLineAsync(TestContext.Current.CancellationToken);

        Assert.DoesNotContain("200", line ?? "", StringComparison.Ordinal);
    }

    private static string Batch(GatewayFixture gateway, int size)
    {
        var json = $$"""{"jobs":[{"requestId":"a","program":"{{gateway.Program}}","priceMax":"1"}]}""";
        return json.PadRight(size);
    }

    private static async Task<int> ReadToEnd(TcpClient client, string request)
    {
        try
        {
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request), TestContext.Current.CancellationToken);
            return await client.GetStream().ReadAsync(new byte[1], TestContext.Current.CancellationToken);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>A body whose first byte is sent at once and whose end waits.</summary>
    private sealed class HeldContent : HttpContent
    {
        private readonly TaskCompletionSource _begun;
        private readonly Task _end;

        public HeldContent(TaskCompletionSource begun, Task end)
        {
            (_begun, _end) = (begun, end);
            Headers.ContentType = new("application/octet-stream");
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(new byte[] { 1 });
            await stream.FlushAsync();
            _begun.SetResult();
            await _end;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
