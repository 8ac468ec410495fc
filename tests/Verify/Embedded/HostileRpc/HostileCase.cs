using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using Marketplace.Chain;
using Marketplace.Chain.Tests;
using Marketplace.Crypto;

namespace Marketplace.Verify.HostileRpc;

/// <summary>One kind of lie, told by one node of so many, or a reorganisation of the chain itself.</summary>
/// <param name="Name">As <c>--only</c> names it.</param>
/// <param name="Nodes">All that the market has; one of them lies.</param>
/// <param name="Tell">Begins the lie; null: the chain is reorganised.</param>
internal sealed record HostileCase(string Name, int Nodes, Action<LyingNode, HostileScene>? Tell)
{
    /// <summary>Of the reorganisation; 0: there is none.</summary>
    public int Depth { get; init; }

    /// <summary>Somebody must hear of it: false for what honest nodes may say, too.</summary>
    public bool MustAlarm { get; init; } = true;

    public bool IsMinority => Nodes > 1 && Depth == 0;
}

/// <summary>
/// The lies. Those that contradict themselves or the question are found out by the client, also where the market has one node alone; those
/// in right form are told by one of three.
/// </summary>
internal static class HostileCases
{
    private const int Quorum = 3;
    private const int DepthMax = 12;

    /// <summary>An answer of an endless body is cut far below it.</summary>
    private const int BombBytes = 64 * 1024 * 1024;

    private static readonly string Other = $"0x{new Bytes32(Keccak256.Hash("other"u8))}";

    /// <summary>Every case, with the shallowest reorganisations first.</summary>
    public static IReadOnlyList<HostileCase> All { get; } =
    [
        .. SelfContradictions.Concat(Alone).Select(lie => new HostileCase($"{lie.Key}, alone", 1, lie.Value)),
        .. SelfContradictions.Concat(RightForms).Select(lie => new HostileCase($"{lie.Key}, one of three", Quorum, lie.Value)),
        .. Silences.Select(lie => new HostileCase($"{lie.Key}, alone", 1, lie.Value) { MustAlarm = false }),
        .. Silences.Concat(Guesses).Select(lie => new HostileCase($"{lie.Key}, one of three", Quorum, lie.Value) { MustAlarm = false }),
        .. Enumerable
            .Range(1, DepthMax)
            .Select(depth => new HostileCase($"reorganisation of {depth}, alone", 1, Tell: null) { Depth = depth }),
        .. Enumerable
            .Range(1, DepthMax)
            .Select(depth => new HostileCase($"reorganisation of {depth}, three nodes", Quorum, Tell: null) { Depth = depth }),
    ];

    /// <summary>What no honest node answers.</summary>
    private static Dictionary<string, Action<LyingNode, HostileScene>> SelfContradictions =>
        new()
        {
            ["wrong chain"] = Answers("eth_chainId", "0x1"),
            ["chain of 65 bits"] = Answers("eth_chainId", "0x10000000000007a69"),
            ["foreign id"] = Bodies(body => Each(body, answer => answer["id"] = 999_999)),
            ["id as a text"] = Bodies(body => Each(body, answer => answer["id"] = $"{answer["id"]}")),
            ["answer twice"] = Texts(text => text.StartsWith('[') ? $"[{text[1..^1]},{text[1..^1]}]" : $"[{text},{text}]"),
            ["no answer"] = Texts(_ => "[]"),
            ["another version"] = Bodies(body => Each(body, answer => answer["jsonrpc"] = "1.0")),
            ["result and error"] = Bodies(body =>
                Each(body, answer => answer["error"] = new JsonObject { ["code"] = 1, ["message"] = "x" })
            ),
            ["error with a secret"] = Bodies(body =>
                Each(body, Fail($"unknown user {ScriptedNode.Secret}, see /v3/{ScriptedNode.Secret}"))
            ),
            ["error of another form"] = Bodies(body => Each(body, answer => Fail(answer, JsonValue.Create("no")))),
            ["deep JSON"] = Texts(_ => new string('[', 100_000)),
            ["many values"] = Texts(_ => $"[{string.Concat(Enumerable.Repeat("1,", RpcPolicy.ValuesMax))}1]"),
            ["truncated JSON"] = Texts(text => text[..(text.Length / 2)]),
            ["half a character"] = Texts(_ => """[{"jsonrpc":"2.0","id":1,"result":"\ud800"}]"""),
            ["member named twice"] = Texts(text =>
                text.Replace("\"jsonrpc\":\"2.0\"", "\"jsonrpc\":\"2.0\",\"jsonrpc\":\"2.0\"", StringComparison.Ordinal)
            ),
            ["empty body"] = Texts(_ => ""),
            ["web page"] = Speaks(ScriptedNode.Http("<html>", headers: "content-type: text/html")),
            ["status 500 with a secret"] = Speaks(ScriptedNode.Http(ScriptedNode.Secret, "500 Internal Server Error")),
            ["wait a year"] = Speaks(ScriptedNode.Http("", "429 Too Many Requests", "retry-after: 31536000")),
            ["redirect"] = Speaks(ScriptedNode.Http("", "307 Temporary Redirect", "location: http://127.0.0.1:9/")),
            ["compressed bomb"] = Speaks(Bomb()),
            ["huge length"] = Speaks(
                Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99999999999\r\n\r\n[")
            ),
            ["endless body"] = Endless,
            ["endless head"] = EndlessHead,
            ["body that stops"] = Stalls("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n["),
            ["silence"] = Stalls(""),
            ["broken connection"] = Speaks(
                Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n[")
            ),
            ["no HTTP"] = Speaks(Encoding.ASCII.GetBytes("SSH-2.0-OpenSSH\r\n\r\n")),
            ["header with another time"] = Blocks(block => block["timestamp"] = "0x1"),
            ["header with another parent"] = Blocks(block => block["parentHash"] = Other),
            ["header under another hash"] = Blocks(block => block["hash"] = Other),
            ["header with a field of its own"] = Blocks(block =>
            {
                block["timestamp"] = "0x1";
                block["sequencerSays"] = "trust me";
            }),
            ["header of another block"] = (node, _) =>
                node.Rewrite = (method, call) =>
                {
                    if (method == "eth_getBlockByNumber" && (string)call["params"]![0]! is not "latest")
                    {
                        call["params"]![0] = "0x2";
                    }
                },
            ["nonce below zero"] = Answers("eth_getTransactionCount", "-0x1"),
            ["nonce of 65 bits"] = Answers("eth_getTransactionCount", "0x10000000000000000"),
            ["state that is no state"] = Answers("eth_call", "0x1234"),
            ["state of 16 MB"] = Answers("eth_call", $"0x{new string('f', 16_000_000)}"),
            ["call that reverts"] = Each("eth_call", (_, answer) => Revert(answer)),
            ["log of a contract of its own"] = Logs(log => log["address"] = $"0x{new string('1', 40)}"),
            ["log of another event"] = Logs(log => log["topics"]![0] = Other),
            ["log of a later block"] = Logs(log => log["blockNumber"] = "0xffffff"),
            ["log that was removed"] = Logs(log => log["removed"] = true),
            ["log twice"] = Each("eth_getLogs", (_, answer) => Repeat(answer)),
            ["receipt of another transaction"] = Receipts(receipt => receipt["transactionHash"] = Other),
            ["receipt of no status"] = Receipts(receipt => receipt["status"] = "0x2"),
            ["receipt of a failure with logs"] = Receipts(receipt => receipt["status"] = "0x0"),
            ["transaction under another hash"] = Answers("eth_sendRawTransaction", Other),
        };

    /// <summary>What only other nodes can find out.</summary>
    private static Dictionary<string, Action<LyingNode, HostileScene>> RightForms =>
        new()
        {
            ["deposit that is not there"] = Balances(words => words[0] = Amount(1_000_000_000)),
            ["deposit kept back"] = Balances(words => words[0] = Amount(0)),
            ["request that is not there"] = Balances(words => words[3] = Amount(77)),
            ["claim that is not there"] = Balances(words => words[2] = Amount(1_000_000)),
            ["logs left out"] = Each("eth_getLogs", (_, answer) => answer["result"] = new JsonArray()),
            ["log invented"] = (node, scene) => Each("eth_getLogs", (call, answer) => Invent(call, answer, scene))(node, scene),
            ["receipt lost"] = Each("eth_getTransactionReceipt", (_, answer) => answer["result"] = null),
            ["receipt of a failure"] = Receipts(receipt => (receipt["status"], receipt["logs"]) = ("0x0", new JsonArray())),
            ["receipt of a lost block"] = Receipts(receipt =>
            {
                receipt["blockHash"] = Other;
                foreach (var log in receipt["logs"]!.AsArray())
                {
                    log!["blockHash"] = Other;
                }
            }),
            ["head of twenty blocks ago"] = HeadOf(20),
            ["head of six blocks ago"] = HeadOf(6),
            ["chain of its own"] = Invents(ahead: 0),
            ["chain of its own, far ahead"] = Invents(ahead: 400),
            ["nonce too high"] = Answers("eth_getTransactionCount", "0xffff"),
            ["nonce too low"] = Answers("eth_getTransactionCount", "0x0"),
            ["state of an old block"] = (node, _) =>
                node.Rewrite = (method, call) =>
                {
                    if (method == "eth_call")
                    {
                        call["params"]![1] = "0x30";
                    }
                },
            ["no code"] = Answers("eth_getCode", "0x"),
        };

    /// <summary>What an honest node may say, and must only delay.</summary>
    private static Dictionary<string, Action<LyingNode, HostileScene>> Silences =>
        new()
        {
            ["transactions dropped"] = (node, _) =>
                node.Own = (method, call) =>
                    method == "eth_sendRawTransaction"
                        ? $"0x{SignedTransaction.Parse(Convert.FromHexString(((string)call["params"]![0]!).AsSpan(2))).Hash}"
                        : null,
            ["transactions known already"] = Refuses("already known"),
            ["transactions refused"] = Refuses("nonce too low"),
        };

    /// <summary>Each node guesses fees by itself, so others outvote one without a word.</summary>
    private static Dictionary<string, Action<LyingNode, HostileScene>> Guesses =>
        new()
        {
            ["fee of nothing"] = Answers("eth_maxPriorityFeePerGas", "0x0"),
            ["fee of 2^255"] = Answers("eth_maxPriorityFeePerGas", $"0x8{new string('0', 63)}"),
            ["fee beyond what may be offered"] = Answers("eth_maxPriorityFeePerGas", "0xffffffffffffff"),
        };

    /// <summary>What a market sees by itself that has one node.</summary>
    private static Dictionary<string, Action<LyingNode, HostileScene>> Alone =>
        new(Guesses.Where(guess => guess.Key != "fee of nothing")) { ["head of twenty blocks ago"] = HeadOf(20) };

    private static Action<LyingNode, HostileScene> Each(string method, Action<JsonNode, JsonObject> twist) =>
        (node, _) =>
            node.Twist = (asked, call, answer) =>
            {
                if (asked == method)
                {
                    twist(call, answer);
                }
            };

    /// <summary>Refuses transactions, of which the real node does not hear.</summary>
    private static Action<LyingNode, HostileScene> Refuses(string message) =>
        (node, scene) =>
        {
            Each("eth_sendRawTransaction", (_, answer) => Fail(message)(answer))(node, scene);
            node.Rewrite = (method, call) =>
            {
                if (method == "eth_sendRawTransaction")
                {
                    (call["method"], call["params"]) = ("eth_chainId", new JsonArray());
                }
            };
        };

    private static Action<LyingNode, HostileScene> Answers(string method, string result) =>
        Each(
            method,
            (_, answer) =>
            {
                answer.Remove("error");
                answer["result"] = result;
            }
        );

    private static Action<LyingNode, HostileScene> Bodies(Func<JsonNode, JsonNode> twist) => (node, _) => node.TwistBody(twist);

    private static Action<LyingNode, HostileScene> Texts(Func<string, string> twist) => (node, _) => node.TwistText(twist);

    private static Action<LyingNode, HostileScene> Speaks(byte[] answer) =>
        (node, _) => node.Speak((to, cancellation) => to.WriteAsync(answer, cancellation).AsTask());

    /// <summary>It writes that much, and waits until its client has gone.</summary>
    private static Action<LyingNode, HostileScene> Stalls(string begin) =>
        (node, scene) =>
            node.Speak(
                async (to, cancellation) =>
                {
                    await to.WriteAsync(Encoding.ASCII.GetBytes(begin), cancellation);
                    await to.FlushAsync(cancellation);
                    using (scene.Clock.Stall())
                    {
                        // The client's end is the end of its requests.
                        await to.CopyToAsync(Stream.Null, cancellation);
                    }
                }
            );

    private static void Endless(LyingNode node, HostileScene scene) =>
        node.Speak(
            async (to, cancellation) =>
            {
                await to.WriteAsync(
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n["u8.ToArray(),
                    cancellation
                );
                await Pour(to, Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("[],", 20_000))), cancellation);
            }
        );

    private static void EndlessHead(LyingNode node, HostileScene scene) =>
        node.Speak(
            async (to, cancellation) =>
            {
                await to.WriteAsync("HTTP/1.1 200 OK\r\n"u8.ToArray(), cancellation);
                await Pour(to, Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("x-more: of it\r\n", 4_000))), cancellation);
            }
        );

    /// <summary>Until the client goes, which ends as an error of the connection.</summary>
    private static async Task Pour(Stream to, byte[] piece, CancellationToken cancellation)
    {
        for (var poured = 0L; poured < 64L * BombBytes; poured += piece.Length)
        {
            await to.WriteAsync(piece, cancellation);
        }
    }

    private static byte[] Bomb()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            gzip.Write(new byte[BombBytes]);
        }
        var head =
            $"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: {packed.Length}\r\n\r\n";
        return [.. Encoding.ASCII.GetBytes(head), .. packed.ToArray()];
    }

    private static JsonNode Each(JsonNode body, Action<JsonObject> twist)
    {
        foreach (var answer in body is JsonArray answers ? answers.ToArray() : [body])
        {
            twist(answer!.AsObject());
        }
        return body;
    }

    private static Action<JsonObject> Fail(string message) =>
        answer => Fail(answer, new JsonObject { ["code"] = -32_000, ["message"] = message });

    private static void Fail(JsonObject answer, JsonNode error)
    {
        answer.Remove("result");
        answer["error"] = error;
    }

    private static void Revert(JsonObject answer) =>
        Fail(
            answer,
            new JsonObject
            {
                ["code"] = 3,
                ["message"] = "execution reverted",
                ["data"] = "0x",
            }
        );

    private static Action<LyingNode, HostileScene> Blocks(Action<JsonObject> twist) =>
        (node, _) =>
            node.Twist = (method, _, answer) =>
            {
                if (method is "eth_getBlockByNumber" or "eth_getBlockByHash" && answer["result"] is JsonObject block)
                {
                    twist(block);
                }
            };

    private static Action<LyingNode, HostileScene> Logs(Action<JsonObject> twist) =>
        Each(
            "eth_getLogs",
            (_, answer) =>
            {
                if (answer["result"] is JsonArray { Count: > 0 } logs)
                {
                    twist(logs[^1]!.AsObject());
                }
            }
        );

    private static Action<LyingNode, HostileScene> Receipts(Action<JsonObject> twist) =>
        Each(
            "eth_getTransactionReceipt",
            (_, answer) =>
            {
                if (answer["result"] is JsonObject receipt)
                {
                    twist(receipt);
                }
            }
        );

    private static void Repeat(JsonObject answer)
    {
        if (answer["result"] is JsonArray { Count: > 0 } logs)
        {
            logs.Add(logs[^1]!.DeepClone());
        }
    }

    /// <summary>A deposit for the worker, in a log as the escrow would write it.</summary>
    private static void Invent(JsonNode call, JsonObject answer, HostileScene scene)
    {
        var deposited = ContractBuild.Escrow.Abi.Event("Deposited").Signature.Topic;
        var owner = $"0x{HostileScene.Worker.ToWord()}";
        answer["result"]!
            .AsArray()
            .Insert(
                0,
                new JsonObject
                {
                    ["address"] = scene.Bench.Domain.Contract.ToString(),
                    ["topics"] = new JsonArray($"0x{deposited}", owner, owner),
                    ["data"] = $"0x{Amount(500)}{Amount(500)}",
                    ["blockNumber"] = call["params"]![0]!["fromBlock"]!.DeepClone(),
                    ["blockHash"] = Other,
                    ["transactionHash"] = Other,
                    ["transactionIndex"] = "0x0",
                    ["logIndex"] = "0x0",
                    ["removed"] = false,
                }
            );
    }

    /// <summary>Changes the words of the first account that is asked for.</summary>
    private static Action<LyingNode, HostileScene> Balances(Action<string[]> twist) =>
        Each(
            "eth_call",
            (call, answer) =>
            {
                var asked = ContractBuild.Escrow.Abi.Function("balanceOf").Signature.Selector;
                var data = (string?)call["params"]![0]!["input"] ?? (string?)call["params"]![0]!["data"] ?? "";
                if (data.Contains(Convert.ToHexStringLower(asked.ToArray()), StringComparison.Ordinal) && answer["result"] is { } result)
                {
                    // The list's place and length, the place of each, and of the first its length.
                    var text = ((string)result!)[2..];
                    var words = Enumerable.Range(0, text.Length / 64).Select(index => text.Substring(64 * index, 64)).ToArray();
                    var first = 2 + int.Parse(words[1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) + 1;
                    var balance = words[first..(first + 6)];
                    twist(balance);
                    balance.CopyTo(words, first);
                    answer["result"] = $"0x{string.Concat(words)}";
                }
            }
        );

    private static string Amount(ulong amount) => amount.ToString("x64", CultureInfo.InvariantCulture);

    private static Action<LyingNode, HostileScene> HeadOf(ulong blocksAgo) =>
        (node, scene) =>
        {
            var head = OutsideChain.Wait(() => scene.Bench.Chain.ReadHead(default)).Number;
            var stale = head > blocksAgo ? head - blocksAgo : 0;
            node.Rewrite = (method, call) =>
            {
                if (method == "eth_getBlockByNumber" && (string)call["params"]![0]! == "latest")
                {
                    call["params"]![0] = $"0x{stale:x}";
                }
            };
            node.Twist = (method, call, answer) =>
            {
                var asked = (string?)(call["params"]!.AsArray() is [JsonValue first, ..] ? first : null) ?? "";
                if (
                    method == "eth_getBlockByNumber"
                    && asked.StartsWith("0x", StringComparison.Ordinal)
                    && ulong.Parse(asked.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) > stale
                )
                {
                    answer["result"] = null;
                }
            };
        };

    /// <summary>Headers of blocks that are nowhere, each under its true hash.</summary>
    private static Action<LyingNode, HostileScene> Invents(ulong ahead) =>
        (node, scene) =>
        {
            var head = OutsideChain.Wait(() => scene.Bench.Chain.ReadHead(default)).Number;
            var invented = new SampleChain(head + ahead + 8);
            node.Own = (method, call) => method == "eth_getBlockByNumber" ? invented.Answer(call)["result"]?.DeepClone() : null;
        };
}
