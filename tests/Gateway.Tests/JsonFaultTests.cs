using System.Net;
using System.Text;
using System.Text.Json;
using Marketplace.Gateway;

namespace Marketplace.Tests.Gateway;

/// <summary>What is wrong with a body is said exactly: where, what was found, what is allowed.</summary>
public sealed class JsonFaultTests
{
    private const string Twice = "is there twice. Give it once: readers differ in which of the two counts.";

    private const string Start =
        """{"requestId":"a","program":"prog00000000000000000000000000000000000000000000000000000000000000aa","priceMax":"1",""";

    [Theory]
    [InlineData("""{"requestId":"a","requestId":"b"}""", "$.requestId", "the member 'requestId' " + Twice)]
    [InlineData(Start + """ "environment":{"A":"1","A":"2"}}""", "$.environment", "one of its members " + Twice)]
    [InlineData(
        Start + """ "memoryPagesMax":99999999999}""",
        "$.memoryPagesMax",
        "99999999999 is outside what is allowed here, 1 to 16384."
    )]
    [InlineData(
        Start + """ "fuelMax":99999999999999999999}""",
        "$.fuelMax",
        "99999999999999999999 is outside what is allowed here, 1 to 10000000000000."
    )]
    [InlineData(Start + """ "retriesMax":-99999999999}""", "$.retriesMax", "-99999999999 is outside what is allowed here, 0 to 10.")]
    [InlineData(Start + """ "fuelMax":1.5}""", "$.fuelMax", "expected a whole number without a point or an exponent, found 1.5.")]
    [InlineData(Start + """ "fuelMax":1e400}""", "$.fuelMax", "expected a whole number without a point or an exponent, found 1e400.")]
    [InlineData(Start + """ "fuelMax":"7"}""", "$.fuelMax", "expected a whole number, found a text.")]
    [InlineData("""{"requestId":7}""", "$.requestId", "expected a text, found a number.")]
    [InlineData("""{"requestId":["a"]}""", "$.requestId", "expected a text, found a list.")]
    [InlineData(Start + """ "arguments":"x"}""", "$.arguments", "expected a list, found another value.")]
    [InlineData(Start + """ "arguments":["x",{}]}""", "$.arguments[1]", "expected a text, found an object.")]
    [InlineData(
        Start + """ "environment":[]}""",
        "$.environment",
        "expected an object with one member for each name, found another value."
    )]
    [InlineData(Start + """ "environment":{"A":1}}""", "$.environment.A", "expected a text, found a number.")]
    [InlineData(
        Start + """ "input":"%%%"}""",
        "$.input",
        "the text is not base64 (RFC 4648, section 4), with its padding and without line breaks."
    )]
    [InlineData(Start + """ "input":false}""", "$.input", "expected bytes as a text in base64, found true or false.")]
    [InlineData("[]", "$", "expected an object, found another value.")]
    [InlineData(
        """{"requestId":"\ud800"}""",
        "$.requestId",
        @"the text has half a character: an escaped surrogate (\uD800 to \uDFFF) without its partner."
    )]
    [InlineData(Start + """ "hurry":true}""", "$.hurry", "there is no member 'hurry'; names are in camelCase and spelled exactly.")]
    [InlineData(Start + """ "inputText":"x"} {}""", "$", "'{' is invalid after a single JSON value. Expected end of data.")]
    [InlineData(Start + """ "arguments":[[[[[[[[[]]]]]]]]]}""", "$.arguments[0]", "expected a text, found a list.")]
    public async Task Fault_IsNamedWithItsPlace(string json, string path, string reason)
    {
        await using var gateway = await GatewayFixture.Start();

        var detail = await gateway.Client.PostJson(Routes.Jobs, json).Refused(HttpStatusCode.BadRequest, ErrorCode.MalformedRequest);

        Assert.StartsWith($"The body is not the JSON that this route takes: at {path}", detail, StringComparison.Ordinal);
        Assert.Contains(" (line 1, byte ", detail, StringComparison.Ordinal);
        Assert.EndsWith($"): {reason}", detail, StringComparison.Ordinal);
    }

    [Theory, InlineData("requestId"), InlineData("inputText")]
    public async Task BytesThatAreNotUtf8_AreNamed(string member)
    {
        await using var gateway = await GatewayFixture.Start();
        using var body = new ByteArrayContent([.. Encoding.ASCII.GetBytes($$"""{"{{member}}":"a"""), 0xFF, .. "\"}"u8]);
        body.Headers.ContentType = new("application/json");

        var detail = await gateway
            .Client.PostAsync(Routes.Jobs, body, TestContext.Current.CancellationToken)
            .Refused(HttpStatusCode.BadRequest, ErrorCode.MalformedRequest);

        Assert.Contains($"at $.{member} (", detail, StringComparison.Ordinal);
        Assert.EndsWith(
            "the text has bytes that are not UTF-8. Send text in UTF-8, and other bytes in base64 where the route takes them.",
            detail,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void DepthOverTheLimit_IsNamedWithTheLimit()
    {
        var options = new JsonSerializerOptions { MaxDepth = GatewayPolicy.JsonDepthMax };

        var fault = Assert.ThrowsAny<JsonException>(() => JsonSerializer.Deserialize<object>(new string('[', 9), options));

        Assert.EndsWith("the JSON nests deeper than the 8 levels that are allowed.", JsonFaults.Describe(fault), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WordThatIsNoScope_IsNamedWithThoseThatAre()
    {
        await using var gateway = await GatewayFixture.Start();

        var detail = await gateway
            .Client.PostJson(Routes.Keys, """{"name":"a","scopes":["root"]}""")
            .Refused(HttpStatusCode.BadRequest, ErrorCode.MalformedRequest);

        Assert.Contains("$.scopes[0]", detail, StringComparison.Ordinal);
        Assert.Contains("expected one of read, submit, deploy, admin", detail, StringComparison.Ordinal);
    }
}
