using System.Net.Http.Headers;
using System.Net.Mime;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Marketplace.Chain;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Marketplace.Verify.Settlements;

/// <summary>
/// The chain's node as the silo sees it: passes each question on to the real one. The silo may be killed when a question has come and the
/// node has not heard of it, and when the node has answered and the silo has not heard of that.
/// </summary>
internal sealed class ChainGate : IAsyncDisposable
{
    private const int MulticallHead = 2 * 32;
    private const int RefusedCode = -32000;

    private static readonly byte[] Multicall = Selector(ContractBuild.Escrow, "multicall");
    private static readonly (byte[] Selector, string Name)[] Functions =
    [
        (Selector(ContractBuild.Escrow, "balanceOf"), ChainSteps.Balances),
        (Selector(ContractBuild.Escrow, "lastSettlement"), ChainSteps.Books),
        (Selector(ContractBuild.StakeRegistry, "weightOf"), ChainSteps.Weights),
    ];

    private readonly HttpClient _client = new();
    private readonly Uri _node;
    private readonly Strike _strike;
    private readonly WebApplication _server;

    private ChainGate(Uri node, Strike strike)
    {
        (_node, _strike) = (node, strike);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _server = builder.Build();
        _server.Run(Answer);
    }

    /// <summary>Where it listens.</summary>
    public string Url => _server.Urls.Single();

    /// <summary>Transactions are refused: none comes into a block.</summary>
    public bool RefusesTransactions { get; set; }

    /// <summary>How many transactions were refused.</summary>
    public int Refused { get; private set; }

    public static async Task<ChainGate> Start(Uri node, Strike strike)
    {
        var gate = new ChainGate(node, strike);
        await gate._server.StartAsync();
        return gate;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _client.Dispose();
    }

    private async Task Answer(HttpContext http)
    {
        using var read = new MemoryStream();
        await http.Request.Body.CopyToAsync(read, http.RequestAborted);
        var body = read.ToArray();
        var steps = StepsOf(body);
        if (SeeAll(steps, ChainSteps.Asked))
        {
            http.Abort();
            return;
        }
        var answer = RefusesTransactions && steps.Contains(ChainSteps.Send) ? RefusalOf(body) : await Ask(body);
        if (SeeAll(steps, ChainSteps.Answered))
        {
            http.Abort();
            return;
        }
        http.Response.ContentType = MediaTypeNames.Application.Json;
        await http.Response.Body.WriteAsync(answer, http.RequestAborted);
    }

    private byte[] RefusalOf(byte[] body)
    {
        Refused++;
        var call = JsonNode.Parse(body)!;
        var answer = new JsonObject
        {
            ["jsonrpc"] = "2.0",
            ["id"] = call["id"]!.DeepClone(),
            ["error"] = new JsonObject { ["code"] = RefusedCode, ["message"] = "no transactions now" },
        };
        return JsonSerializer.SerializeToUtf8Bytes(answer);
    }

    private async Task<byte[]> Ask(byte[] body)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue(MediaTypeNames.Application.Json);
        // Not given up when the silo is gone: the node shall have heard of it.
        using var response = await _client.PostAsync(_node, content);
        return await response.Content.ReadAsByteArrayAsync();
    }

    private bool SeeAll(IReadOnlyList<string> steps, string how)
    {
        var isStruck = false;
        foreach (var step in steps)
        {
            isStruck |= _strike.See($"{step} {how}");
        }
        return isStruck;
    }

    private static List<string> StepsOf(byte[] body)
    {
        using var document = JsonDocument.Parse(body);
        var root = document.RootElement;
        JsonElement[] calls = root.ValueKind == JsonValueKind.Array ? [.. root.EnumerateArray()] : [root];
        return [.. calls.Select(StepOf).OfType<string>()];
    }

    /// <returns>Null: a question that is no step of its own.</returns>
    private static string? StepOf(JsonElement call) =>
        call.GetProperty("method").GetString() switch
        {
            "eth_getBlockByNumber" when call.GetProperty("params")[0].GetString() == "latest" => ChainSteps.Head,
            "eth_getBlockByNumber" => ChainSteps.Block,
            "eth_getLogs" => ChainSteps.Events,
            "eth_getTransactionCount" => ChainSteps.Nonce,
            "eth_maxPriorityFeePerGas" => ChainSteps.Fee,
            "eth_sendRawTransaction" => ChainSteps.Send,
            "eth_getTransactionReceipt" => ChainSteps.Inclusion,
            "eth_call" => FunctionOf(call.GetProperty("params")[0]),
            _ => null,
        };

    private static string? FunctionOf(JsonElement call)
    {
        var member = call.TryGetProperty("data", out var given) ? given : call.GetProperty("input");
        ReadOnlySpan<byte> data = Convert.FromHexString(member.GetString().AsSpan(2));
        if (data.StartsWith(Multicall))
        {
            // bytes[]: where it is, how many, where each is from there on, and each with its length.
            var items = data[(Multicall.Length + MulticallHead)..];
            var first = (int)new BigInteger(items[..32], isUnsigned: true, isBigEndian: true);
            data = items[(first + 32)..];
        }
        foreach (var (selector, name) in Functions)
        {
            if (data.StartsWith(selector))
            {
                return name;
            }
        }
        return null;
    }

    private static byte[] Selector(ContractBuild contract, string function) => contract.Abi.Function(function).Signature.Selector;
}
