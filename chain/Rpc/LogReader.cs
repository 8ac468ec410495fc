using System.Text.Json;

namespace Marketplace.Chain;

/// <summary>Reads logs and receipts, and holds them against what was asked.</summary>
internal static class LogReader
{
    /// <summary>The logs of <c>eth_getLogs</c>: all match, ascend, and agree on the hash of each block.</summary>
    /// <exception cref="AnswerException">They are malformed, or are not what the filter asked for.</exception>
    public static IReadOnlyList<EvmLog> Read(JsonElement json, LogFilter filter)
    {
        var logs = new List<EvmLog>();
        foreach (var item in Logs(json))
        {
            var log = ReadLog(item);
            Require(filter.Matches(log), log, "does not match the filter");
            Require(
                filter.BlockHash is { } hash
                    ? log.BlockHash == hash
                    : log.BlockNumber >= filter.FromBlock && log.BlockNumber <= filter.ToBlock,
                log,
                "is in another block than those asked for"
            );
            if (logs is [.., var before])
            {
                Require(
                    (log.BlockNumber, log.LogIndex).CompareTo((before.BlockNumber, before.LogIndex)) > 0
                        && (filter.BlockHash is null || log.BlockNumber == before.BlockNumber),
                    log,
                    "stands out of order"
                );
                Require(
                    (log.BlockNumber == before.BlockNumber) == (log.BlockHash == before.BlockHash),
                    log,
                    "is in a block of which another log says another hash"
                );
            }
            logs.Add(log);
        }
        return logs;
    }

    /// <exception cref="AnswerException">The receipt is malformed, another transaction's, or contradicts itself.</exception>
    public static TransactionReceipt? ReadReceipt(JsonElement json, Bytes32 transactionHash)
    {
        if (json.ValueKind == JsonValueKind.Null)
        {
            return null;
        }
        var status = json.Member("status").UInt64("status");
        var receipt = new TransactionReceipt
        {
            TransactionHash = json.Member("transactionHash").Word("transactionHash"),
            Succeeded = status == 1,
            BlockNumber = json.Member("blockNumber").UInt64("blockNumber"),
            BlockHash = json.Member("blockHash").Word("blockHash"),
            GasUsed = json.Member("gasUsed").UInt64("gasUsed"),
            EffectiveGasPrice = json.Member("effectiveGasPrice").Quantity("effectiveGasPrice"),
            Logs = [.. Logs(json.Member("logs")).Select(ReadLog)],
        };
        if (receipt.TransactionHash != transactionHash)
        {
            throw new AnswerException(RpcFault.WrongReceipt, $"The receipt is of 0x{receipt.TransactionHash}, not 0x{transactionHash}.");
        }
        if (status > 1 || (status == 0 && receipt.Logs.Count > 0))
        {
            throw new AnswerException(RpcFault.WrongReceipt, $"The receipt has the status {status} and {receipt.Logs.Count} logs.");
        }
        var index = json.Member("transactionIndex").UInt64("transactionIndex");
        var isOwn = receipt.Logs.All(log =>
            log.TransactionHash == transactionHash
            && log.TransactionIndex == index
            && log.BlockHash == receipt.BlockHash
            && log.BlockNumber == receipt.BlockNumber
        );
        var isInOrder = receipt.Logs.Zip(receipt.Logs.Skip(1), (one, next) => next.LogIndex - one.LogIndex).All(step => step == 1);
        return isOwn && isInOrder
            ? receipt
            : throw new AnswerException(RpcFault.WrongReceipt, "A log of the receipt is of another transaction or block, or out of order.");
    }

    /// <summary>Too many are no lie: the chain may have them.</summary>
    private static JsonElement.ArrayEnumerator Logs(JsonElement json) =>
        json.ValueKind == JsonValueKind.Array && json.GetArrayLength() > RpcPolicy.LogsMax
            ? throw new AnswerException(
                RpcFault.TooManyValues,
                $"There are {json.GetArrayLength()} logs; allowed are {RpcPolicy.LogsMax}. Ask for fewer blocks."
            )
            : json.Items("logs", RpcPolicy.LogsMax);

    private static EvmLog ReadLog(JsonElement json)
    {
        var log = new EvmLog
        {
            Address = json.Member("address").Address("address"),
            Topics = [.. json.Member("topics").Items("topics", RpcPolicy.TopicsMax).Select(topic => topic.Word("topics"))],
            Data = json.Member("data").Data("data", RpcPolicy.LogBytesMax),
            BlockNumber = json.Member("blockNumber").UInt64("blockNumber"),
            BlockHash = json.Member("blockHash").Word("blockHash"),
            TransactionHash = json.Member("transactionHash").Word("transactionHash"),
            TransactionIndex = json.Member("transactionIndex").UInt64("transactionIndex"),
            LogIndex = json.Member("logIndex").UInt64("logIndex"),
        };
        Require(json.Optional("removed") is not { } removed || removed.ValueKind == JsonValueKind.False, log, "was removed");
        return log;
    }

    private static void Require(bool isTrue, EvmLog log, string otherwise)
    {
        if (!isTrue)
        {
            throw new AnswerException(RpcFault.WrongLog, $"Log {log.LogIndex} of block {log.BlockNumber} {otherwise}.");
        }
    }
}
