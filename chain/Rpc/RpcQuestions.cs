using System.Numerics;
using System.Text.Json;

namespace Marketplace.Chain;

/// <summary>The questions that this system has, each with its limits and its checks.</summary>
internal static class RpcQuestions
{
    /// <summary>Code, messages and hashes beside the JSON-RPC envelope.</summary>
    private const int EnvelopeBytes = 1024;

    public static readonly JsonRpcCall ChainId = new("eth_chainId", _ => { }, RpcPolicy.WordAnswerBytesMax);

    public static RpcQuestion<BlockHeader> Head(HeadKind kind, HeaderHashCheck check) =>
        One(
            HeaderCall("eth_getBlockByNumber", JsonNamingPolicy.CamelCase.ConvertName(kind.ToString())),
            answer =>
                answer.Result is { ValueKind: not JsonValueKind.Null } block
                    ? HeaderReader.Read(block, check)
                    : throw new AnswerException(RpcFault.NoHead, $"The node has no {kind} block."),
            RpcForms.Of
        );

    public static RpcQuestion<BlockHeader?> Header(BlockId block, HeaderHashCheck check) =>
        One(
            block.Hash is { } hash
                ? HeaderCall("eth_getBlockByHash", $"0x{hash}")
                : HeaderCall("eth_getBlockByNumber", RpcParams.Quantity(block.Number)),
            answer => ReadHeader(answer, block, check),
            RpcForms.Of
        );

    public static RpcQuestion<IReadOnlyList<BlockHeader>> Headers(ulong first, int count, HeaderHashCheck check)
    {
        RequireBetween(count, RpcPolicy.HeadersMax, "headers");
        var blocks = Enumerable.Range(0, count).Select(index => BlockId.Of(checked(first + (ulong)index))).ToArray();
        return new RpcQuestion<IReadOnlyList<BlockHeader>>(
            [.. blocks.Select(block => HeaderCall("eth_getBlockByNumber", RpcParams.Quantity(block.Number)))],
            answers =>
            {
                var headers = answers.Zip(blocks, (answer, block) => ReadHeader(answer, block, check)).ToArray();
                var known = headers.TakeWhile(header => header is not null).Select(header => header!).ToArray();
                var isWhole =
                    headers[known.Length..].All(header => header is null)
                    && known.Zip(known.Skip(1), (one, next) => next.ParentHash == one.Hash).All(follows => follows);
                return isWhole
                    ? known
                    : throw new AnswerException(RpcFault.BrokenHeaders, $"The headers from {first} on do not follow each other.");
            },
            headers => RpcForms.Digest($"{headers.Count} headers", list => headers.ToList().ForEach(header => RpcForms.Write(list, header)))
        );
    }

    public static RpcQuestion<TransactionReceipt?> Receipt(Bytes32 transactionHash) =>
        One(
            new JsonRpcCall("eth_getTransactionReceipt", json => json.WriteStringValue($"0x{transactionHash}"), RpcPolicy.AnswerBytesMax),
            answer => LogReader.ReadReceipt(answer.Result, transactionHash),
            receipt =>
                receipt is null
                    ? RpcForms.None
                    : RpcForms.Digest($"receipt in block {receipt.BlockNumber}", list => RpcForms.Write(list, receipt))
        );

    public static RpcQuestion<IReadOnlyList<EvmLog>> Logs(LogFilter filter)
    {
        filter.RequireSound();
        return One(
            new JsonRpcCall("eth_getLogs", json => RpcParams.Write(json, filter), RpcPolicy.AnswerBytesMax),
            answer => LogReader.Read(answer.Result, filter),
            logs => RpcForms.Digest($"{logs.Count} logs", list => RpcForms.Write(list, logs))
        );
    }

    public static RpcQuestion<byte[]> Call(EvmCall call, BlockId block)
    {
        RequireSound(call);
        return One(
            new JsonRpcCall("eth_call", json => RpcParams.Write(json, call, block), EnvelopeBytes + (2 * RpcPolicy.CallBytesMax)),
            answer => answer.ResultOfCall.Data("eth_call", RpcPolicy.CallBytesMax),
            RpcForms.Of
        );
    }

    public static RpcQuestion<ulong> Gas(EvmCall call, BlockId block)
    {
        RequireSound(call);
        // A revert's data come with it.
        return One(
            new JsonRpcCall("eth_estimateGas", json => RpcParams.Write(json, call, block), EnvelopeBytes + (2 * RpcPolicy.CallBytesMax)),
            answer => answer.ResultOfCall.UInt64("eth_estimateGas"),
            RpcForms.Of
        );
    }

    public static RpcQuestion<byte[]> Code(EvmAddress address, BlockId block) =>
        One(
            OfAccount("eth_getCode", address, json => RpcParams.Write(json, block), EnvelopeBytes + (2 * RpcPolicy.CodeBytesMax)),
            answer => answer.Result.Data("eth_getCode", RpcPolicy.CodeBytesMax),
            RpcForms.Of
        );

    public static RpcQuestion<BigInteger> Balance(EvmAddress address, BlockId block) =>
        One(
            OfAccount("eth_getBalance", address, json => RpcParams.Write(json, block), RpcPolicy.WordAnswerBytesMax),
            answer => answer.Result.Quantity("eth_getBalance"),
            RpcForms.Of
        );

    /// <param name="block">Null: behind the transactions that wait.</param>
    public static RpcQuestion<ulong> TransactionCount(EvmAddress address, BlockId? block) =>
        One(
            OfAccount(
                "eth_getTransactionCount",
                address,
                json =>
                {
                    if (block is { } named)
                    {
                        RpcParams.Write(json, named);
                    }
                    else
                    {
                        json.WriteStringValue("pending");
                    }
                },
                RpcPolicy.WordAnswerBytesMax
            ),
            answer => answer.Result.UInt64("eth_getTransactionCount"),
            RpcForms.Of
        );

    public static RpcQuestion<BigInteger> PriorityFee() =>
        One(
            new JsonRpcCall("eth_maxPriorityFeePerGas", _ => { }, RpcPolicy.WordAnswerBytesMax),
            answer => answer.Result.Quantity("eth_maxPriorityFeePerGas"),
            RpcForms.Of
        );

    public static RpcQuestion<FeeHistory> Fees(ulong newest, int count, IReadOnlyList<int> percentiles)
    {
        RequireBetween(count, RpcPolicy.FeeBlocksMax, "blocks");
        var isAscending = percentiles.Zip(percentiles.Skip(1), (one, next) => one < next).All(ascends => ascends);
        if (percentiles.Count > RpcPolicy.FeePercentilesMax || !isAscending || percentiles.Any(percentile => percentile is < 0 or > 100))
        {
            throw new ArgumentException($"Percentiles are at most {RpcPolicy.FeePercentilesMax} ascending numbers from 0 to 100.");
        }
        void WriteParams(Utf8JsonWriter json)
        {
            json.WriteStringValue(RpcParams.Quantity((ulong)count));
            json.WriteStringValue(RpcParams.Quantity(newest));
            json.WriteStartArray();
            percentiles.ToList().ForEach(percentile => json.WriteNumberValue(percentile));
            json.WriteEndArray();
        }
        return One(
            new JsonRpcCall("eth_feeHistory", WriteParams, RpcPolicy.FeesAnswerBytesMax),
            answer => ReadFees(answer.Result, newest, count, percentiles.Count),
            fees => RpcForms.Digest($"fees from block {fees.OldestBlock}", list => RpcForms.Write(list, fees))
        );
    }

    /// <summary>The answer is true where the node took the transaction now, false where it knew it, or says so.</summary>
    public static RpcQuestion<bool> Send(SignedTransaction transaction) =>
        One(
            new JsonRpcCall(
                "eth_sendRawTransaction",
                json => json.WriteStringValue(transaction.Bytes.Span.ToHex()),
                RpcPolicy.WordAnswerBytesMax
            ),
            answer =>
            {
                try
                {
                    var hash = answer.Result.Word("eth_sendRawTransaction");
                    return hash == transaction.Hash
                        ? true
                        : throw new AnswerException(RpcFault.WrongTransaction, $"The node took 0x{hash}, not 0x{transaction.Hash}.");
                }
                catch (RpcErrorException refused) when (IsKnown(refused.Said))
                {
                    return false;
                }
            },
            taken => taken ? "taken" : "known"
        );

    /// <summary>
    /// Words of nodes that know the transaction, or that have seen another one take its nonce, or the same. There are no codes for it.
    /// </summary>
    private static bool IsKnown(string said)
    {
        var words = said.Replace(" ", "", StringComparison.Ordinal).ToLowerInvariant();
        return words.Contains("alreadyknown", StringComparison.Ordinal)
            || words.Contains("alreadyimported", StringComparison.Ordinal)
            || words.Contains("knowntransaction", StringComparison.Ordinal)
            || words.Contains("noncetoolow", StringComparison.Ordinal)
            || words.Contains("oldnonce", StringComparison.Ordinal);
    }

    private static BlockHeader? ReadHeader(JsonRpcAnswer answer, BlockId block, HeaderHashCheck check)
    {
        if (answer.Result.ValueKind == JsonValueKind.Null)
        {
            return null;
        }
        var header = HeaderReader.Read(answer.Result, check);
        return (block.Hash is { } hash ? header.Hash == hash : header.Number == block.Number)
            ? header
            : throw new AnswerException(RpcFault.WrongBlock, $"The header is of block {header.Number}, 0x{header.Hash}, not of {block}.");
    }

    private static FeeHistory ReadFees(JsonElement json, ulong newest, int count, int percentiles)
    {
        var oldest = json.Member("oldestBlock").UInt64("oldestBlock");
        var baseFees = json.Member("baseFeePerGas")
            .Items("baseFeePerGas", count + 1)
            .Select(fee => fee.Quantity("baseFeePerGas"))
            .ToArray();
        IReadOnlyList<BigInteger>[] priorityFees =
            percentiles == 0
                ? []
                :
                [
                    .. json.Member("reward")
                        .Items("reward", count)
                        .Select(fees => fees.Items("reward", percentiles).Select(fee => fee.Quantity("reward")).ToArray()),
                ];
        var isWhole =
            baseFees.Length > 1
            && oldest <= newest
            && oldest + (ulong)baseFees.Length - 2 == newest
            && (percentiles == 0 || priorityFees.Length == baseFees.Length - 1)
            && priorityFees.All(fees =>
                fees.Count == percentiles && fees.Zip(fees.Skip(1), (one, next) => one <= next).All(ascends => ascends)
            );
        return isWhole
            ? new FeeHistory(oldest, baseFees, priorityFees)
            : throw new AnswerException(
                RpcFault.WrongFees,
                $"The fees are not of at most {count} blocks up to {newest}, or do not ascend."
            );
    }

    private static RpcQuestion<T> One<T>(JsonRpcCall call, Func<JsonRpcAnswer, T> read, Func<T, string> form) =>
        new([call], answers => read(answers[0]), form);

    private static JsonRpcCall HeaderCall(string method, string block) =>
        new(
            method,
            json =>
            {
                json.WriteStringValue(block);
                json.WriteBooleanValue(false);
            },
            RpcPolicy.HeaderAnswerBytesMax
        );

    private static JsonRpcCall OfAccount(string method, EvmAddress address, Action<Utf8JsonWriter> writeBlock, int answerBytesMax) =>
        new(
            method,
            json =>
            {
                json.WriteStringValue(address.ToString());
                writeBlock(json);
            },
            answerBytesMax
        );

    private static void RequireSound(EvmCall call)
    {
        if (call.Data.Length > RpcPolicy.CallBytesMax)
        {
            throw new ArgumentException($"The call has {call.Data.Length} bytes of data; allowed are {RpcPolicy.CallBytesMax}.");
        }
        if (call.Value.Sign < 0 || call.Value.GetByteCount(isUnsigned: true) > Bytes32.Size)
        {
            throw new ArgumentException($"The value {call.Value} is no number from 0 to 2^256 - 1.");
        }
    }

    private static void RequireBetween(int count, int countMax, string what)
    {
        if (count < 1 || count > countMax)
        {
            throw new ArgumentException($"{count} {what} are asked for; allowed are 1 to {countMax}.");
        }
    }
}
