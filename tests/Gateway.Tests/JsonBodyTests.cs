using System.Net;
using Marketplace.Gateway;

namespace Marketplace.Tests.Gateway;

/// <summary>Bodies that are not the JSON that a route takes: each is refused with the place, and nothing happens.</summary>
public sealed class JsonBodyTests
{
    private const string Program = "prog00000000000000000000000000000000000000000000000000000000000000aa";

    [Theory]
    [InlineData("", "needs a body")]
    [InlineData("{", "$")]
    [InlineData("null", "null where a value is needed, at $")]
    [InlineData("[]", "expected an object, found another value")]
    [InlineData("{} {}", "$")]
    [InlineData("{'requestId':'a'}", "invalid start of a property name")]
    [InlineData("""{"requestId":"a","program":"P"}""", "these members are missing: 'priceMax'")]
    [InlineData("""{"requestId":"a","program":"P","priceMax":"1","hurry":true}""", "there is no member 'hurry'")]
    [InlineData("""{"RequestId":"a","program":"P","priceMax":"1"}""", "there is no member 'RequestId'")]
    [InlineData("""{"requestId":"a","requestId":"b","program":"P","priceMax":"1"}""", "requestId")]
    [InlineData("""{"requestId":null,"program":"P","priceMax":"1"}""", "null is not allowed here")]
    [InlineData("""{"requestId":7,"program":"P","priceMax":"1"}""", "at $.requestId (line 1, byte")]
    [InlineData(
        """{"requestId":"a","program":"prog00","priceMax":"1"}""",
        "'prog00' is not a program id: expected 'prog' and 64 hexadecimal digits."
    )]
    [InlineData("""{"requestId":"a","program":"P","priceMax":"-1"}""", "Expected an amount")]
    [InlineData("""{"requestId":"a","program":"P","priceMax":1.5}""", "Expected an amount")]
    [InlineData("""{"requestId":"a","program":"P","priceMax":"9","assurance":"quorum:1/3"}""", "not more than half")]
    [InlineData("""{"requestId":"a","program":"P","priceMax":"9","assurance":"audit:10.0%"}""", "committee:N, N from 3 to 16.")]
    [InlineData("""{"requestId":"a","program":"P","priceMax":"9","assurance":5}""", "Expected an assurance")]
    [InlineData("""{"requestId":"a","program":"P","priceMax":"340282366920938463463374607431768211456"}""", "Expected an amount")]
    [InlineData("""{"requestId":"a","program":"P","priceMax":"1","fuelMax":"7"}""", "at $.fuelMax")]
    [InlineData("""{"requestId":"a","program":"P","priceMax":"1","fuelMax":1e400}""", "at $.fuelMax")]
    [InlineData("""{"requestId":"a","program":"P","priceMax":"1","memoryPagesMax":99999999999}""", "at $.memoryPagesMax")]
    [InlineData("""{"requestId":"a","program":"P","priceMax":"1","input":"%%%"}""", "at $.input")]
    [InlineData(
        """{"requestId":"a","program":"P","priceMax":"1","input":"AA==","inputText":"x"}""",
        "more than one of input, inputText and inputBlob"
    )]
    [InlineData("""{"requestId":"a","program":"P","priceMax":"1","arguments":["x",null]}""", "$.arguments[1]")]
    [InlineData("""{"requestId":"\ud800","program":"P","priceMax":"1"}""", "$")]
    [InlineData("""{"requestId":"a","program":"P","priceMax":"1","arguments":[[[[[[[[[[]]]]]]]]]]}""", "$.arguments")]
    public async Task BadJob_IsRefusedWithThePlace(string json, string message)
    {
        await using var gateway = await GatewayFixture.Start();
        json = json.Replace("\"P\"", $"\"{Program}\"", StringComparison.Ordinal);

        var detail = await gateway.Client.PostJson(Routes.Jobs, json).Refused(HttpStatusCode.BadRequest, ErrorCode.MalformedRequest);

        Assert.Contains(message, detail, StringComparison.Ordinal);
        Assert.DoesNotContain("Marketplace.", detail, StringComparison.Ordinal);
        Assert.Empty(gateway.Market.Jobs);
    }

    [Theory]
    [InlineData("""{"jobs":[null]}""", "null where a value is needed, at $.jobs[0]")]
    [InlineData("""{"jobs":null}""", "null is not allowed here")]
    [InlineData(
        """{"jobs":[{"requestId":"a","program":"P","priceMax":"1"},{"requestId":"a","program":"x","priceMax":"1"}]}""",
        "at $.jobs[1].program"
    )]
    [InlineData(
        """{"jobs":[{"requestId":"a","program":"P","priceMax":"1","input":"","inputText":""}]}""",
        "The job at $.jobs[0] has more than one"
    )]
    [InlineData("""{"jobs":[{"requestId":"a","program":"P","priceMax":"1","arguments":[null]}]}""", "$.jobs[0].arguments[0]")]
    public async Task BadBatch_IsRefusedWithThePlace(string json, string message)
    {
        await using var gateway = await GatewayFixture.Start();

        var detail = await gateway
            .Client.PostJson(Routes.JobsBatch, json.Replace("\"P\"", $"\"{Program}\"", StringComparison.Ordinal))
            .Refused(HttpStatusCode.BadRequest, ErrorCode.MalformedRequest);

        Assert.Contains(message, detail, StringComparison.Ordinal);
        Assert.Empty(gateway.Market.Jobs);
    }

    [Fact]
    public async Task InvalidUtf8_IsRefused()
    {
        await using var gateway = await GatewayFixture.Start();
        using var body = new ByteArrayContent([.. "{\"requestId\":\""u8, 0xFF, 0xC0, .. "\"}"u8]);
        body.Headers.ContentType = new("application/json");

        await gateway
            .Client.PostAsync(Routes.Jobs, body, TestContext.Current.CancellationToken)
            .Refused(HttpStatusCode.BadRequest, ErrorCode.MalformedRequest);
    }

    [Fact]
    public async Task DeepNesting_IsRefusedBeforeItCosts()
    {
        await using var gateway = await GatewayFixture.Start();

        await gateway.Client.PostJson(Routes.Jobs, new string('[', 100_000)).Refused(HttpStatusCode.BadRequest, ErrorCode.MalformedRequest);
    }

    [Fact]
    public async Task HostileMemberName_ComesBackEscapedAndShort()
    {
        await using var gateway = await GatewayFixture.Start();
        var name = "<script>alert(1)</script>\\u202e\\u001b[31m" + new string('x', 10_000);

        using var response = await gateway.Client.PostJson(Routes.Jobs, $$"""{"{{name}}":1}""");

        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.DoesNotContain('<', text);
        Assert.All(text, character => Assert.InRange(character, ' ', '~'));
        Assert.InRange(text.Length, 1, 2000);
    }

    [Theory]
    [InlineData(Routes.Jobs, GatewayPolicy.JobBodyBytesMax, true), InlineData(Routes.Jobs, GatewayPolicy.JobBodyBytesMax, false)]
    [InlineData(Routes.JobsGet, GatewayPolicy.IdsBodyBytesMax, true), InlineData(Routes.Programs, GatewayPolicy.SmallBodyBytesMax, false)]
    [InlineData(Routes.Keys, GatewayPolicy.SmallBodyBytesMax, true), InlineData(Routes.JobsBatch, GatewayPolicy.BatchBodyBytesMax, true)]
    public async Task BodyOverTheLimit_IsRefused_AndOneAtTheLimitIsRead(string route, int limit, bool withLength)
    {
        await using var gateway = await GatewayFixture.Start();

        // At the limit it is read, and refused only for what it is. Without a length the server counts the framing of the chunks as well.
        await Send(gateway, route, withLength ? limit : limit - 1024, withLength)
            .Refused(HttpStatusCode.BadRequest, ErrorCode.MalformedRequest);
        var detail = await Send(gateway, route, limit + 1, withLength)
            .Refused(HttpStatusCode.RequestEntityTooLarge, ErrorCode.BodyTooLarge);

        Assert.Contains($"{limit:N0} bytes", detail, StringComparison.Ordinal);
    }

    private static Task<HttpResponseMessage> Send(GatewayFixture gateway, string route, int size, bool withLength)
    {
        var bytes = new byte[size];
        Array.Fill(bytes, (byte)' ');
        HttpContent content = withLength ? new ByteArrayContent(bytes) : new StreamContent(new UnsizedStream(bytes));
        content.Headers.ContentType = new("application/json");
        var request = new HttpRequestMessage(HttpMethod.Post, route) { Content = content };
        request.Headers.TransferEncodingChunked = !withLength;
        return gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private sealed class UnsizedStream(byte[] bytes) : MemoryStream(bytes, writable: false)
    {
        public override bool CanSeek => false;
    }
}
