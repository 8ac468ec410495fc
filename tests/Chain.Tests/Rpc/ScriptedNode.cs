using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Marketplace.Chain.Tests;

/// <summary>
/// A node on a loopback port of its own that speaks HTTP over bare sockets, so that it can also speak it wrongly. It answers for a
/// <see cref="SampleChain"/> unless the test twists an answer, a body or the whole exchange. One exchange, one connection.
/// </summary>
internal sealed class ScriptedNode : IAsyncDisposable
{
    /// <summary>What a provider would put into a URL, and no message may show.</summary>
    public const string Secret = "sesame-0123456789abcdef";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _accepts;
    private int _requests;

    public ScriptedNode(SampleChain? chain = null)
    {
        Chain = chain ?? new SampleChain();
        _listener.Start();
        _accepts = Accept();
        Endpoint = RpcEndpoint.Parse(
            $"http://user:{Secret}@127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/v3/{Secret}?key={Secret}"
        );
    }

    public RpcEndpoint Endpoint { get; }

    public SampleChain Chain { get; set; }

    /// <summary>Answers a call in place of <see cref="Chain"/>; null: that one does.</summary>
    public Func<JsonNode, Task<JsonObject>>? Honest { get; set; }

    /// <summary>Changes the honest answer to one call of a request; the first parameter is the call's method.</summary>
    public Action<string, JsonObject>? TwistAnswer { get; set; }

    /// <summary>Makes another body of the honest answers; null: these.</summary>
    public Func<JsonNode, JsonNode>? TwistBody { get; set; }

    /// <summary>Makes another text of the body; null: the body's.</summary>
    public Func<string, string>? TwistText { get; set; }

    /// <summary>Waited for before an answer is made.</summary>
    public Task Hold { get; set; } = Task.CompletedTask;

    /// <summary>Writes the whole answer, from the status line on.</summary>
    public Func<Stream, CancellationToken, Task>? Speak { get; set; }

    /// <summary>The last request up to its body.</summary>
    public string LastHead { get; private set; } = "";

    public int Requests => Volatile.Read(ref _requests);

    /// <summary>The first request has come.</summary>
    public Task Asked => _asked.Task;

    public static byte[] Http(string body, string status = "200 OK", string headers = "content-type: application/json") =>
        Encoding.UTF8.GetBytes(
            $"HTTP/1.1 {status}\r\n{headers}\r\ncontent-length: {Encoding.UTF8.GetByteCount(body)}\r\nconnection: close\r\n\r\n{body}"
        );

    /// <summary>Takes no more connections.</summary>
    public void Close() => _listener.Stop();

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _accepts;
        _end.Dispose();
    }

    private async Task Accept()
    {
        var exchanges = new List<Task>();
        try
        {
            while (true)
            {
                exchanges.Add(Exchange(await _listener.AcceptTcpClientAsync(_end.Token)));
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException or InvalidOperationException)
        {
            await Task.WhenAll(exchanges);
        }
    }

    private async Task Exchange(TcpClient client)
    {
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                var request = JsonNode.Parse(await ReadBody(stream, _end.Token))!;
                Interlocked.Increment(ref _requests);
                var hold = Hold;
                _asked.TrySetResult();
                await hold;
                await (
                    Speak is { } speak ? speak(stream, _end.Token) : stream.WriteAsync(Http(await Answer(request)), _end.Token).AsTask()
                );
            }
            catch (Exception cut) when (cut is IOException or OperationCanceledException)
            {
                // The client went away, as it should from a liar.
                return;
            }
        }
    }

    private async Task<string> Answer(JsonNode request)
    {
        var answers = new List<JsonNode>();
        foreach (var call in request is JsonArray calls ? calls.ToArray() : [request])
        {
            var answer = Honest is { } honest ? await honest(call!) : Chain.Answer(call!);
            TwistAnswer?.Invoke((string)call!["method"]!, answer);
            answers.Add(answer);
        }
        JsonNode body = request is JsonArray ? new JsonArray([.. answers]) : answers.Single();
        var text = (TwistBody?.Invoke(body) ?? body).ToJsonString();
        return TwistText?.Invoke(text) ?? text;
    }

    private async Task<string> ReadBody(Stream stream, CancellationToken cancellation)
    {
        var bytes = new List<byte>();
        var piece = new byte[8192];
        while (true)
        {
            var read = await stream.ReadAsync(piece, cancellation);
            bytes.AddRange(read > 0 ? piece[..read] : throw new IOException("The client went away within its request."));
            var text = Encoding.UTF8.GetString([.. bytes]);
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end < 0)
            {
                continue;
            }
            var length = text[..end]
                .Split("\r\n")
                .Where(line => line.StartsWith("content-length:", StringComparison.OrdinalIgnoreCase))
                .Select(line => int.Parse(line[15..], System.Globalization.CultureInfo.InvariantCulture))
                .Single();
            if (text.Length >= end + 4 + length)
            {
                LastHead = text[..end];
                return text[(end + 4)..];
            }
        }
    }
}
