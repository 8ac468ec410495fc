using System.Globalization;
using System.Text;
using Marketplace.Api.Workers;
using Marketplace.Crypto;

namespace Marketplace.Verify.FuzzNet;

/// <summary>
/// The two routes of a lease: blobs to it, outputs from it. Ids, lengths, contents, signatures and times that are not what they should be,
/// under a lease of one's own where there is one, and under leases of others.
/// </summary>
internal static class RouteCases
{
    private const string Unauthenticated = "http 401 unauthenticated";
    private const string Malformed = "http 400 malformed_request";
    private const string LeaseNotFound = "http 404 lease_not_found";
    private const string LimitExceeded = "http 400 limit_exceeded";

    private static readonly byte[] Content = Encoding.ASCII.GetBytes("an output of a fuzzing worker");
    private static readonly BlobId ContentId = IdDerivation.Blob(Content);

    /// <param name="Method">The request's method.</param>
    /// <param name="Path">The request's path.</param>
    /// <param name="Length">What it says that its body has; null: nothing.</param>
    /// <param name="Body">What it sends.</param>
    /// <param name="Headers">Others, each with its line's end.</param>
    private sealed record Request(string Method, string Path, string? Length, byte[] Body, string Headers);

    private static readonly string Largest = $"{long.MaxValue}-{long.MaxValue}";

    private static readonly (string Name, string[] Ends, Func<FuzzLane, Request, Request> Change)[] Cases =
    [
        ("as it is", [], (_, request) => request),
        ("lease of another", [LeaseNotFound], (lane, request) => request with { Path = Replaced(request.Path, 4, $"{lane.ForeignLease}") }),
        ("lease that never was", [LeaseNotFound], (_, request) => request with { Path = Replaced(request.Path, 4, "1-1") }),
        ("lease of the largest numbers", [LeaseNotFound], (_, request) => request with { Path = Replaced(request.Path, 4, Largest) }),
        ("lease that is none", [Malformed], (_, request) => request with { Path = Replaced(request.Path, 4, "abc") }),
        ("lease of no number", [Malformed, "http 404 not_found"], (_, request) => request with { Path = Replaced(request.Path, 4, "-") }),
        ("blob that is none", [Malformed, LeaseNotFound], (_, request) => request with { Path = Replaced(request.Path, 6, "blobzz") }),
        (
            "blob in capitals",
            [Malformed, LeaseNotFound],
            (_, request) =>
                request with
                {
                    Path = request.Path.ToUpperInvariant().Replace("/V1/WORKERS/LEASES/", "/v1/workers/leases/", StringComparison.Ordinal),
                }
        ),
        (
            "blob that is not there",
            ["http 404 blob_not_found", "http 422 blob_mismatch", LimitExceeded, LeaseNotFound],
            (_, request) => request with { Path = Replaced(request.Path, 6, "blob" + new string('7', 64)) }
        ),
        (
            "up a folder",
            [Malformed, "http 404 not_found"],
            (_, request) => request with { Path = Replaced(request.Path, 6, "..%2f..%2fkey") }
        ),
        ("by POST", ["http 405 not_found"], (_, request) => request with { Method = "POST" }),
        ("by DELETE", ["http 405 not_found"], (_, request) => request with { Method = "DELETE" }),
    ];

    private static readonly (string Name, string[] Ends, Func<FuzzLane, Request, Request> Change)[] Puts =
    [
        ("without a length", [Malformed, LeaseNotFound, "http 411 malformed_request"], (_, request) => request with { Length = null }),
        ("of a length below nothing", [Malformed], (_, request) => request with { Length = "-1" }),
        ("of two lengths", [Malformed], (_, request) => request with { Headers = request.Headers + "Content-Length: 3\r\n" }),
        (
            "of a length beyond numbers",
            [Malformed, "http 413 body_too_large"],
            (_, request) => request with { Length = "99999999999999999999" }
        ),
        ("too large", ["http 413 body_too_large", LeaseNotFound], (_, request) => request with { Length = "67108865", Body = [] }),
        (
            "other content",
            ["http 422 blob_mismatch", LeaseNotFound, LimitExceeded],
            (_, request) => request with { Body = [.. Content[..^1], (byte)'!'] }
        ),
        ("of another type", ["http 415 header_refused"], (_, request) => request with { Headers = "Content-Type: text/plain\r\n" }),
        ("of no type", ["http 415 header_refused"], (_, request) => request with { Headers = "" }),
        ("encoded", ["http 415 header_refused"], (_, request) => request with { Headers = request.Headers + "Content-Encoding: gzip\r\n" }),
        (
            "in chunks that are none",
            [Malformed, LeaseNotFound, "http 411 malformed_request"],
            (_, request) =>
                request with
                {
                    Length = null,
                    Headers = request.Headers + "Transfer-Encoding: chunked\r\n",
                    Body = "zz\r\n"u8.ToArray(),
                }
        ),
    ];

    private static readonly (string Name, string[] Ends, Func<FuzzLane, string, string> Change)[] Headers =
    [
        ("without a signature", [Unauthenticated], (_, _) => ""),
        ("with an API key", [Unauthenticated], (_, _) => "Bearer fuzz_fuzz"),
        ("with a bit of the signature", [Unauthenticated], (lane, header) => header[..^1] + (header[^1] == '0' ? '1' : '0')),
        ("with another number", [Unauthenticated], (_, header) => Numbered(header, "77777")),
        ("with a number below nothing", [Unauthenticated], (_, header) => Numbered(header, "-1")),
        ("with three parts", [Unauthenticated], (_, header) => header[..header.LastIndexOf('.')]),
        ("with a long signature", [Unauthenticated], (_, header) => header + new string('0', 1000)),
        (
            "with another's key",
            [Unauthenticated],
            (lane, header) =>
                header.Replace($"{lane.Worker.Id}", $"{Blake3.Hash(lane.Worker.Id.Value.ToArray())}", StringComparison.Ordinal)
        ),
    ];

    public static async Task Run(FuzzLane lane, CancellationToken cancellation)
    {
        // Its lease is told by the link.
        await lane.Link(cancellation);
        var isPut = lane.Chance.Next(2) == 0;
        var request = isPut
            ? new Request("PUT", Routes.LeaseOutput(lane.Worker.LeaseOrNone, ContentId), $"{Content.Length}", Content, OctetStream)
            : new Request("GET", Routes.LeaseBlob(lane.Worker.LeaseOrNone, lane.Worker.Module), null, [], RangeOf(lane));
        string[] good = isPut
            ? ["http 204", LeaseNotFound, LimitExceeded]
            : ["http 200", "http 206", "http 416 range_not_satisfiable", LeaseNotFound, LimitExceeded];
        var (name, ends, sent, header) = Change(lane, request, isPut);
        await Send(lane, $"{(isPut ? "output" : "blob")} {name}", ends.Length == 0 ? good : ends, sent, header, cancellation);
    }

    private static (string Name, string[] Ends, Request Request, Func<string, string> Header) Change(
        FuzzLane lane,
        Request request,
        bool isPut
    )
    {
        var drawn = lane.Chance.Next(Cases.Length + Headers.Length + 2 + (isPut ? Puts.Length : 0));
        if (drawn < Cases.Length)
        {
            var (name, ends, change) = Cases[drawn];
            return (name, ends, change(lane, request), header => header);
        }
        drawn -= Cases.Length;
        if (drawn < Headers.Length)
        {
            var (name, ends, change) = Headers[drawn];
            return (name, ends, request, header => change(lane, header));
        }
        drawn -= Headers.Length;
        if (drawn < 2)
        {
            return (
                "with a signature of another path",
                [Unauthenticated],
                request,
                _ => Authorize(lane, request with { Path = request.Path + "0" }, drawn)
            );
        }
        var (put, refusals, changed) = Puts[drawn - 2];
        return (put, refusals, changed(lane, request), header => header);
    }

    private static async Task Send(
        FuzzLane lane,
        string name,
        string[] ends,
        Request request,
        Func<string, string> header,
        CancellationToken cancellation
    )
    {
        var isLate = lane.Chance.Next(20) == 0;
        var authorization = header(Authorize(lane, request, isLate ? 3 : 0));
        var text =
            $"{request.Method} {request.Path} HTTP/1.1\r\nHost: {lane.Target.Url.Authority}\r\n{request.Headers}"
            + (authorization.Length > 0 ? $"Authorization: {authorization}\r\n" : "")
            + (request.Length is { } length ? $"Content-Length: {length}\r\n" : "")
            + "\r\n";
        using var raw = await RawSocket.Connect(lane.Target.Url, lane.Target.Address(), cancellation);
        await raw.Send((byte[])[.. Encoding.ASCII.GetBytes(text), .. request.Body], cancellation);
        var outcome = await UpgradeCases.Outcome(raw, cancellation);
        string[] allowed = isLate ? [.. ends, Unauthenticated] : ends;
        lane.Table.Add($"route {name}", outcome, allowed, () => text);
    }

    /// <param name="minutes">How far its date is off.</param>
    private static string Authorize(FuzzLane lane, Request request, int minutes)
    {
        var at = DateTimeOffset.UtcNow.AddMinutes(minutes);
        var parts = request.Path.Split('/');
        var lease = parts.Length > 4 && LeaseId.TryParse(parts[4], out var named) ? named : new LeaseId(1, 1);
        return lane.Worker.Authorize(request.Method, request.Path, lane.Worker.Run() with { Lease = lease }, at);
    }

    private const string OctetStream = "Content-Type: application/octet-stream\r\n";

    private static string RangeOf(FuzzLane lane) =>
        lane.Chance.Next(8) switch
        {
            0 => "Range: bytes=0-9\r\n",
            1 => "Range: bytes=-5\r\n",
            2 => "Range: bytes=99999999999-\r\n",
            3 => "Range: bytes=5-1\r\n",
            4 => string.Create(CultureInfo.InvariantCulture, $"Range: bytes={string.Join(',', Enumerable.Repeat("0-1", 200))}\r\n"),
            _ => "",
        };

    private static string Numbered(string header, string number)
    {
        var parts = header.Split('.');
        parts[1] = number;
        return string.Join('.', parts);
    }

    private static string Replaced(string path, int part, string text)
    {
        var parts = path.Split('/');
        parts[part] = text;
        return string.Join('/', parts);
    }
}
