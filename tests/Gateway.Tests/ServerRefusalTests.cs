using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Marketplace.Tests.Gateway;

/// <summary>What the server itself refuses, before any route is known, is a problem like every other.</summary>
public sealed class ServerRefusalTests
{
    public static TheoryData<string, string, int, ErrorCode> Refused =>
        new()
        {
            { "no request line", "nonsense\r\n\r\n", 400, ErrorCode.MalformedRequest },
            { "zeros", "\0\0\0\0\r\n\r\n", 400, ErrorCode.MalformedRequest },
            {
                "two lengths",
                "GET /health/live HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
                400,
                ErrorCode.MalformedRequest
            },
            { "a header without a name", "GET /health/live HTTP/1.1\r\nHost: localhost\r\n: x\r\n\r\n", 400, ErrorCode.MalformedRequest },
            { "no host", "GET /health/live HTTP/1.1\r\n\r\n", 400, ErrorCode.MalformedRequest },
            { "a foreign version", "GET /health/live HTTP/9.9\r\nHost: localhost\r\n\r\n", 505, ErrorCode.MalformedRequest },
            { "a long line", $"GET /{new string('x', 5000)} HTTP/1.1\r\nHost: localhost\r\n\r\n", 414, ErrorCode.LimitExceeded },
            { "large headers", $"GET / HTTP/1.1\r\nHost: localhost\r\nX: {new string('x', 17_000)}\r\n\r\n", 431, ErrorCode.LimitExceeded },
            {
                "many headers",
                $"GET / HTTP/1.1\r\nHost: localhost\r\n{string.Concat(Enumerable.Repeat("X: x\r\n", 70))}\r\n",
                431,
                ErrorCode.LimitExceeded
            },
        };

    [Theory, MemberData(nameof(Refused))]
    public async Task RequestThatIsNone_IsRefusedWithAProblem(string what, string request, int status, ErrorCode code)
    {
        await using var gateway = await GatewayFixture.Start();

        var (head, problem) = await Send(gateway.Url.Port, request);

        Assert.True(head.StartsWith($"HTTP/1.1 {status} ", StringComparison.Ordinal), $"{what}: {head}");
        Assert.Contains("\r\nContent-Type: application/problem+json", head, StringComparison.Ordinal);
        Assert.Contains("\r\nConnection: close", head, StringComparison.Ordinal);
        Assert.Contains("\r\nX-Content-Type-Options: nosniff", head, StringComparison.Ordinal);
        Assert.Equal((status, code), (problem.Status, problem.Code));
        Assert.NotEmpty(problem.Detail);
        Assert.Empty(gateway.LogLines);
    }

    [Fact]
    public async Task HeadThatIsRefused_IsAnsweredWithoutTheBody()
    {
        await using var gateway = await GatewayFixture.Start();

        var answer = await Answer(gateway.Url.Port, $"HEAD / HTTP/1.1\r\nHost: localhost\r\nX: {new string('x', 17_000)}\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 431 ", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TooMuch_IsNamedWithItsLimit()
    {
        await using var gateway = await GatewayFixture.Start();

        var (_, line) = await Send(gateway.Url.Port, $"GET /{new string('x', 5000)} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        var (_, headers) = await Send(gateway.Url.Port, $"GET / HTTP/1.1\r\nHost: localhost\r\nX: {new string('x', 17_000)}\r\n\r\n");

        Assert.Contains("4,096 bytes", line.Detail, StringComparison.Ordinal);
        Assert.Contains("64 headers, together 16,384 bytes", headers.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MethodThatARouteHasNot_IsRefusedWithThoseThatItHas()
    {
        await using var gateway = await GatewayFixture.Start();

        using var response = await gateway.Client.Send(HttpMethod.Delete, Routes.Jobs);

        Assert.Equal(["GET", "POST"], response.Content.Headers.Allow.Order());
        await Task.FromResult(response).Refused(HttpStatusCode.MethodNotAllowed, ErrorCode.NotFound);
    }

    [Fact]
    public async Task BrokenChunk_IsRefusedWithAProblem()
    {
        await using var gateway = await GatewayFixture.Start();
        var request =
            $"POST {Routes.Jobs} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {gateway.Key}\r\nContent-Type: application/json\r\n"
            + "Transfer-Encoding: chunked\r\n\r\nnonsense\r\n";

        var (head, problem) = await Send(gateway.Url.Port, request);

        Assert.StartsWith("HTTP/1.1 400 ", head, StringComparison.Ordinal);
        Assert.Equal(ErrorCode.MalformedRequest, problem.Code);
    }

    private static async Task<(string Head, Problem Problem)> Send(int port, string request)
    {
        var answer = await Answer(port, request);
        var headEnds = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 2;
        var (begin, end) = (answer.IndexOf('{', headEnds), answer.LastIndexOf('}'));
        Assert.True(begin >= 0 && end > begin, $"The answer has no body: {answer}");
        return (answer[..headEnds], JsonSerializer.Deserialize(answer[begin..(end + 1)], ApiJson.Default.Problem)!);
    }

    /// <summary>All that comes: the server closes the connection after its refusal.</summary>
    private static async Task<string> Answer(int port, string request)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
        var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request), TestContext.Current.CancellationToken);
        return await new StreamReader(stream, Encoding.UTF8).ReadToEndAsync(TestContext.Current.CancellationToken);
    }
}
