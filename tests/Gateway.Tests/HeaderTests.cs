using System.Net;
using System.Net.Http.Headers;

namespace Marketplace.Tests.Gateway;

/// <summary>Names that a request is sent to and from, and what its body claims to be.</summary>
public sealed class HeaderTests
{
    [Theory]
    [InlineData("evil.example"), InlineData("127.0.0.1.evil.example"), InlineData("localhost.evil.example"), InlineData("192.168.1.7")]
    [InlineData("0.0.0.0"), InlineData("[::2]"), InlineData("xn--localhost-abc")]
    public async Task ForeignHost_IsRefusedOnEveryRoute(string host)
    {
        await using var gateway = await GatewayFixture.Start();

        foreach (var route in new[] { Routes.Account, Routes.HealthLive, Routes.OpenApi, "/nothing" })
        {
            var request = new HttpRequestMessage(HttpMethod.Get, route);
            request.Headers.Host = host;
            await gateway
                .Client.SendAsync(request, TestContext.Current.CancellationToken)
                .Refused(HttpStatusCode.Forbidden, ErrorCode.HeaderRefused);
        }
    }

    [Theory]
    [InlineData("localhost"), InlineData("LOCALHOST:1"), InlineData("127.0.0.1:9"), InlineData("127.8.9.1"), InlineData("[::1]:8080")]
    [InlineData("market.example.org")]
    public async Task OwnHost_IsServed(string host)
    {
        await using var gateway = await GatewayFixture.Start(options => options.AllowedHosts = ["Market.Example.org"]);
        var request = new HttpRequestMessage(HttpMethod.Get, Routes.Account);
        request.Headers.Host = host;

        using var response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("http://evil.example"), InlineData("null"), InlineData("https://127.0.0.1"), InlineData("http://127.0.0.1:1")]
    [InlineData("")]
    public async Task ForeignOrigin_IsRefused(string origin)
    {
        await using var gateway = await GatewayFixture.Start();

        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Post, HttpMethod.Options })
        {
            var request = new HttpRequestMessage(method, Routes.Jobs);
            request.Headers.TryAddWithoutValidation("Origin", origin);
            using var response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
            Assert.DoesNotContain(response.Headers, header => header.Key.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase));
        }
    }

    [Fact]
    public async Task OwnOrigin_IsServed()
    {
        await using var gateway = await GatewayFixture.Start();
        var request = new HttpRequestMessage(HttpMethod.Get, Routes.Account);
        request.Headers.Add("Origin", gateway.Url.GetLeftPart(UriPartial.Authority));

        using var response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData(Routes.Jobs, null), InlineData(Routes.Jobs, "text/plain"), InlineData(Routes.Jobs, "application/x-www-form-urlencoded")]
    [InlineData(Routes.Jobs, "application/json; charset=utf-16"), InlineData(Routes.Jobs, "application/octet-stream")]
    [InlineData(Routes.Blobs, null)]
    [InlineData(Routes.Blobs, "application/json"), InlineData(Routes.Blobs, "multipart/form-data; boundary=x")]
    public async Task WrongContentType_IsRefused(string route, string? type)
    {
        await using var gateway = await GatewayFixture.Start();
        using var body = new ByteArrayContent("{}"u8.ToArray());
        body.Headers.ContentType = type is null ? null : MediaTypeHeaderValue.Parse(type);

        await gateway
            .Client.PostAsync(route, body, TestContext.Current.CancellationToken)
            .Refused(HttpStatusCode.UnsupportedMediaType, ErrorCode.HeaderRefused);
    }

    [Theory]
    [InlineData("gzip"), InlineData("identity"), InlineData("br")]
    public async Task ContentEncoding_IsRefused(string encoding)
    {
        await using var gateway = await GatewayFixture.Start();
        using var body = new ByteArrayContent([1, 2, 3]);
        body.Headers.ContentType = new("application/octet-stream");
        body.Headers.ContentEncoding.Add(encoding);

        await gateway
            .Client.PostAsync(Routes.Blobs, body, TestContext.Current.CancellationToken)
            .Refused(HttpStatusCode.UnsupportedMediaType, ErrorCode.HeaderRefused);
    }

    [Fact]
    public async Task BodyWhereNoneIsTaken_IsRefused()
    {
        await using var gateway = await GatewayFixture.Start();
        var id = await gateway.Submit();

        await gateway.Client.PostJson(Routes.JobCancel(id), "{}").Refused(HttpStatusCode.BadRequest, ErrorCode.MalformedRequest);

        Assert.Equal(Marketplace.GrainInterfaces.JobStatus.Pending, gateway.Market.Jobs[id].View.Status);
    }

    [Fact]
    public async Task EveryAnswer_IsHardened_AndNamesNoServer()
    {
        await using var gateway = await GatewayFixture.Start();

        foreach (var route in new[] { Routes.Account, "/nothing", Routes.HealthLive })
        {
            using var response = await gateway.Client.Get(route);
            Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
            Assert.Contains("default-src 'none'", response.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
            Assert.Equal("same-origin", response.Headers.GetValues("Cross-Origin-Opener-Policy").Single());
            Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
            Assert.Empty(response.Headers.Server);
        }
    }

    [Fact]
    public async Task TooManyHeaders_AreRefused()
    {
        await using var gateway = await GatewayFixture.Start();
        var request = new HttpRequestMessage(HttpMethod.Get, Routes.HealthLive);
        for (var number = 0; number < 100; number++)
        {
            request.Headers.Add($"X-Number-{number}", "1");
        }

        using var response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.RequestHeaderFieldsTooLarge, response.StatusCode);
    }
}
