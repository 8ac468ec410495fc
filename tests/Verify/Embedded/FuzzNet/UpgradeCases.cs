using System.Text;

namespace Marketplace.Verify.FuzzNet;

/// <summary>Requests to the link's route that ask for no link, or for one in a way that nothing understands.</summary>
internal static class UpgradeCases
{
    private static readonly string Many = string.Join("\r\n", Enumerable.Range(0, 100).Select(number => $"X-{number}: 1"));

    private static readonly (string Name, string[] Ends, Func<string, string> Change)[] Cases =
    [
        ("without an upgrade", ["http 426 malformed_request"], request => Without(Without(request, "Upgrade"), "Connection")),
        ("without its key", ["http 426 malformed_request"], request => Without(request, "Sec-WebSocket-Key")),
        ("with a short key", ["http 426 malformed_request"], request => With(request, "Sec-WebSocket-Key", "AAAA")),
        ("with two keys", ["http 426 malformed_request"], request => Add(request, "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==")),
        ("of an older version", ["http 426 malformed_request"], request => With(request, "Sec-WebSocket-Version", "8")),
        ("to another protocol", ["http 426 malformed_request"], request => With(request, "Upgrade", "h2c")),
        (
            "with an extension",
            ["http 101"],
            request => Add(request, "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits")
        ),
        ("with a subprotocol", ["http 101"], request => Add(request, "Sec-WebSocket-Protocol: chat")),
        ("by POST", ["http 405 not_found"], request => request.Replace("GET ", "POST ", StringComparison.Ordinal)),
        ("by an unknown method", ["http 405 not_found"], request => request.Replace("GET ", "FUZZ ", StringComparison.Ordinal)),
        ("for another host", ["http 403 header_refused"], request => With(request, "Host", "evil.example")),
        ("for no host", ["http 400 malformed_request"], request => Without(request, "Host")),
        ("from another page", ["http 403 header_refused"], request => Add(request, "Origin: http://evil.example")),
        ("with a long header", ["http 431 limit_exceeded"], request => Add(request, "X-Long: " + new string('x', 40_000))),
        ("with many headers", ["http 431 limit_exceeded"], request => Add(request, Many)),
        (
            "with a long line",
            ["http 414 limit_exceeded"],
            request => request.Replace("connect ", $"connect?{new string('x', 9_000)} ", StringComparison.Ordinal)
        ),
        (
            "with a query",
            ["http 101", "http 400 malformed_request"],
            request => request.Replace("connect ", "connect?a=1 ", StringComparison.Ordinal)
        ),
        ("below the route", ["http 404 not_found"], request => request.Replace("connect ", "connect/x ", StringComparison.Ordinal)),
        ("with a zero byte", ["http 400 malformed_request"], request => Add(request, "X-Zero: a\0b")),
        ("with a line that is no header", ["http 400 malformed_request"], request => Add(request, "no header")),
        ("of no HTTP", ["http 400 malformed_request"], _ => "\u0016\u0003\u0001\u0002\u0000\u0001\r\n\r\n"),
        ("of HTTP 2", ["http 505 malformed_request", "http 400 malformed_request"], _ => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        ("of HTTP 9", ["http 505 malformed_request"], request => request.Replace("HTTP/1.1", "HTTP/9.9", StringComparison.Ordinal)),
    ];

    public static async Task Run(FuzzLane lane, CancellationToken cancellation)
    {
        var (name, ends, change) = Cases[lane.Chance.Next(Cases.Length)];
        using var raw = await RawSocket.Connect(lane.Target.Url, lane.Target.Address(), cancellation);
        await raw.Send(Encoding.Latin1.GetBytes(change(RawSocket.Upgrade(lane.Target.Url))), cancellation);
        lane.Table.Add($"upgrade {name}", await Outcome(raw, cancellation), ends, () => "");
    }

    /// <summary><c>http STATUS CODE</c>.</summary>
    public static async Task<string> Outcome(RawSocket raw, CancellationToken cancellation, bool hasBody = true)
    {
        try
        {
            return await raw.ReadAnswer(cancellation, hasBody) is not { } answer ? FuzzLink.Cut
                : answer.Code is { } code ? $"http {answer.Status} {FuzzLane.NameOf(code)}"
                : $"http {answer.Status}";
        }
        catch (OperationCanceledException)
        {
            return FuzzLink.Silence;
        }
    }

    private static string Without(string request, string header) =>
        string.Join("\r\n", request.Split("\r\n").Where(line => !line.StartsWith(header + ":", StringComparison.Ordinal)));

    private static string With(string request, string header, string value) =>
        string.Join(
            "\r\n",
            request.Split("\r\n").Select(line => line.StartsWith(header + ":", StringComparison.Ordinal) ? $"{header}: {value}" : line)
        );

    private static string Add(string request, string line) => $"{request[..^2]}{line}\r\n\r\n";
}
