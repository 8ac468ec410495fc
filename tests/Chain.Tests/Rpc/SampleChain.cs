using System.Numerics;
using System.Text.Json.Nodes;
using Marketplace.Crypto;

namespace Marketplace.Chain.Tests;

/// <summary>An honest node's answers about a small chain whose headers have true hashes.</summary>
internal sealed class SampleChain
{
    public const ulong ChainId = 31337;

    private readonly List<JsonObject> _blocks = [];

    /// <param name="head">Number of the newest block.</param>
    /// <param name="forkAt">From this block on the chain is another one.</param>
    public SampleChain(ulong head = 20, ulong forkAt = ulong.MaxValue)
    {
        for (var number = 0UL; number <= head; number++)
        {
            var parent = number == 0 ? $"0x{default(Bytes32)}" : (string)_blocks[^1]["hash"]!;
            _blocks.Add(Block(number, parent, number >= forkAt ? "0xf0" : "0x"));
        }
    }

    public static EvmAddress Contract { get; } = EvmAddress.Parse("0x00000000000000000000000000000000000c0de1");

    public static Bytes32 Topic { get; } = new(Keccak256.Hash("Paid(address,uint256)"u8));

    /// <summary>Of the one transaction, which is in block 5.</summary>
    public static Bytes32 TransactionHash { get; } = new(Keccak256.Hash("transaction"u8));

    public static LogFilter Filter { get; } =
        new()
        {
            FromBlock = 3,
            ToBlock = 9,
            Addresses = [Contract],
            Topics =
            [
                [Topic],
            ],
        };

    public ulong Head => (ulong)_blocks.Count - 1;

    public Bytes32 HashOf(ulong number) => Bytes32.Parse(((string)_blocks[(int)number]["hash"]!).AsSpan(2));

    public JsonObject BlockOf(ulong number) => (JsonObject)_blocks[(int)number].DeepClone();

    /// <summary>The answer to one call.</summary>
    public JsonObject Answer(JsonNode call)
    {
        var parameters = call["params"]!.AsArray();
        JsonNode? result = (string)call["method"]! switch
        {
            "eth_chainId" => "0x7a69",
            "eth_getBlockByNumber" => ByNumber((string)parameters[0]!),
            "eth_getBlockByHash" => _blocks.Find(block => (string)block["hash"]! == (string)parameters[0]!)?.DeepClone(),
            "eth_getTransactionReceipt" => (string)parameters[0]! == $"0x{TransactionHash}" ? Receipt() : null,
            "eth_getLogs" when parameters[0]!["blockHash"] is not null => new JsonArray(Log(5, 0), Log(5, 1)),
            "eth_getLogs" => new JsonArray(Log(5, 0), Log(5, 1), Log(7, 4)),
            "eth_call" => "0x2a",
            "eth_estimateGas" => "0x5208",
            "eth_getCode" => "0x6001",
            "eth_getBalance" => "0x64",
            "eth_getTransactionCount" => "0x7",
            "eth_maxPriorityFeePerGas" => "0x3b9aca00",
            "eth_feeHistory" => new JsonObject
            {
                ["oldestBlock"] = "0x9",
                ["baseFeePerGas"] = new JsonArray("0x7", "0x7", "0x8"),
                ["gasUsedRatio"] = new JsonArray(0.5, 0.25),
                ["reward"] = new JsonArray(new JsonArray("0x1", "0x2"), new JsonArray("0x1", "0x1")),
            },
            "eth_sendRawTransaction" => $"0x{SignedTransaction.Parse(Convert.FromHexString(((string)parameters[0]!)[2..])).Hash}",
            var method => throw new InvalidOperationException($"The sample chain has no answer to {method}."),
        };
        return new JsonObject
        {
            ["jsonrpc"] = "2.0",
            ["id"] = call["id"]!.DeepClone(),
            ["result"] = result,
        };
    }

    public JsonObject Log(ulong block, ulong index) =>
        new()
        {
            ["address"] = Contract.ToString(),
            ["topics"] = new JsonArray($"0x{Topic}", $"0x{Contract.ToWord()}"),
            ["data"] = "0x01",
            ["blockNumber"] = $"0x{block:x}",
            ["blockHash"] = $"0x{HashOf(block)}",
            ["transactionHash"] = $"0x{TransactionHash}",
            ["transactionIndex"] = "0x0",
            ["logIndex"] = $"0x{index:x}",
            ["removed"] = false,
        };

    private JsonNode? ByNumber(string block) =>
        block switch
        {
            "latest" => BlockOf(Head),
            "safe" => BlockOf(Head - 1),
            "finalized" => BlockOf(Head - 2),
            _ => Convert.ToUInt64(block, 16) is var number && number <= Head ? BlockOf(number) : null,
        };

    private JsonObject Receipt() =>
        new()
        {
            ["transactionHash"] = $"0x{TransactionHash}",
            ["transactionIndex"] = "0x0",
            ["status"] = "0x1",
            ["blockNumber"] = "0x5",
            ["blockHash"] = $"0x{HashOf(5)}",
            ["gasUsed"] = "0x5208",
            ["effectiveGasPrice"] = "0x3b9aca00",
            ["logs"] = new JsonArray(Log(5, 0), Log(5, 1)),
        };

    private static JsonObject Block(ulong number, string parentHash, string extraData)
    {
        var empty = $"0x{default(Bytes32)}";
        var block = new JsonObject
        {
            ["parentHash"] = parentHash,
            ["sha3Uncles"] = empty,
            ["miner"] = Contract.ToString(),
            ["stateRoot"] = empty,
            ["transactionsRoot"] = empty,
            ["receiptsRoot"] = empty,
            ["logsBloom"] = "0x" + new string('0', 512),
            ["difficulty"] = "0x0",
            ["number"] = $"0x{number:x}",
            ["gasLimit"] = "0x1c9c380",
            ["gasUsed"] = "0x0",
            ["timestamp"] = $"0x{1_700_000_000 + (12 * number):x}",
            ["extraData"] = extraData,
            ["mixHash"] = empty,
            ["nonce"] = "0x0000000000000000",
            ["baseFeePerGas"] = "0x7",
        };
        var rlp = new RlpWriter().WriteList(list =>
        {
            foreach (var (name, value) in block)
            {
                var hex = ((string)value!)[2..];
                if (name is "difficulty" or "number" or "gasLimit" or "gasUsed" or "timestamp" or "baseFeePerGas")
                {
                    list.Write(BigInteger.Parse("0" + hex, System.Globalization.NumberStyles.HexNumber));
                }
                else
                {
                    list.Write(Convert.FromHexString(hex));
                }
            }
        });
        block["hash"] = "0x" + Convert.ToHexStringLower(Keccak256.Hash(rlp.Written));
        block["transactions"] = new JsonArray(empty);
        return block;
    }
}
