using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Marketplace.Chain;
using Marketplace.Chain.Tests;

namespace Marketplace.Verify.HostileRpc;

/// <summary>What a node does to a call and its honest answer.</summary>
internal delegate void Twist(string method, JsonNode call, JsonObject answer);

/// <summary>
/// Stands before a real node. It passes on what it is asked and what is answered, until it is told a lie; then it changes a call before the
/// node hears it, the answer, or the whole exchange.
/// </summary>
internal sealed class LyingNode : IAsyncDisposable
{
    private readonly ScriptedNode _node = new();
    private readonly HttpClient _client = new();
    private readonly RpcEndpoint _real;
    private int _told;

    public LyingNode(RpcEndpoint real)
    {
        _real = real;
        _node.Honest = Answer;
    }

    public RpcEndpoint Endpoint => _node.Endpoint;

    /// <summary>Changes what the real node hears.</summary>
    public Action<string, JsonNode>? Rewrite { get; set; }

    /// <summary>Answers itself, so that the real node hears nothing; null: it does not.</summary>
    public Func<string, JsonNode, JsonNode?>? Own { get; set; }

    public Twist? Twist { get; set; }

    /// <summary>Called with each signed transaction that the client sends.</summary>
    public Action<SignedTransaction>? OnSent { get; set; }

    /// <summary>Exchanges in which the answer was not the real node's.</summary>
    public int Told => Volatile.Read(ref _told);

    /// <summary>Makes another text of the body.</summary>
    public void TwistText(Func<string, string> twist) =>
        _node.TwistText = text =>
        {
            var other = twist(text);
            Count(other != text);
            return other;
        };

    public void TwistBody(Func<JsonNode, JsonNode> twist) =>
        _node.TwistBody = body =>
        {
            var before = body.ToJsonString();
            var other = twist(body);
            Count(other.ToJsonString() != before);
            return other;
        };

    /// <summary>Writes the whole answer, from the status line on.</summary>
    public void Speak(Func<Stream, CancellationToken, Task> speak) =>
        _node.Speak = (to, cancellation) =>
        {
            Count(isLie: true);
            return speak(to, cancellation);
        };

    public void BeHonest()
    {
        (Rewrite, Own, Twist) = (null, null, null);
        (_node.TwistText, _node.TwistBody, _node.Speak) = (null, null, null);
    }

    public async ValueTask DisposeAsync()
    {
        await _node.DisposeAsync();
        _client.Dispose();
    }

    private async Task<JsonObject> Answer(JsonNode call)
    {
        var method = (string)call["method"]!;
        if (method == "eth_sendRawTransaction")
        {
            OnSent?.Invoke(SignedTransaction.Parse(Convert.FromHexString(((string)call["params"]![0]!).AsSpan(2))));
        }
        if (Own?.Invoke(method, call) is { } own)
        {
            Count(isLie: true);
            return new JsonObject
            {
                ["jsonrpc"] = "2.0",
                ["id"] = call["id"]!.DeepClone(),
                ["result"] = own,
            };
        }
        var heard = call.DeepClone();
        Rewrite?.Invoke(method, heard);
        Count(!JsonNode.DeepEquals(heard, call));
        using var response = await _client.PostAsJsonAsync(_real.Name, heard);
        var answer = (await response.Content.ReadFromJsonAsync<JsonObject>())!;
        var honest = answer.DeepClone();
        Twist?.Invoke(method, call, answer);
        Count(!JsonNode.DeepEquals(answer, honest));
        return answer;
    }

    private void Count(bool isLie)
    {
        if (isLie)
        {
            Interlocked.Increment(ref _told);
        }
    }
}
