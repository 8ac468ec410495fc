using System.Globalization;
using System.Numerics;
using Marketplace.Crypto;

namespace Marketplace.Chain;

/// <summary>Short texts of answers, by which those of several nodes are compared: equal for equal answers only.</summary>
internal static class RpcForms
{
    /// <summary>Of a block or a receipt that the node does not have.</summary>
    public const string None = "none";

    private const int DigestBytes = 16;

    public static string Of(ulong number) => number.ToString(CultureInfo.InvariantCulture);

    public static string Of(BigInteger number) => number.ToString(CultureInfo.InvariantCulture);

    public static string Of(byte[] bytes) => Digest($"{bytes.Length} bytes", list => list.Write(bytes));

    public static string Of(BlockHeader? header) =>
        header is null ? None : Digest($"block {header.Number} 0x{header.Hash}", list => Write(list, header));

    public static string Of(EvmRevertException revert) =>
        Digest($"reverted with {revert.RevertData.Length} bytes", list => list.Write(revert.RevertData.Span));

    /// <summary>What it is, and a hash of all of it.</summary>
    public static string Digest(string what, Action<RlpWriter> write) =>
        $"{what} ({Convert.ToHexStringLower(Keccak256.Hash(new RlpWriter().WriteList(write).Written).AsSpan(..DigestBytes))})";

    public static void Write(RlpWriter list, BlockHeader header) =>
        list.Write(header.Number)
            .Write(header.Hash)
            .Write(header.ParentHash)
            .Write(header.Timestamp)
            .WriteList(fee => fee.Write(header.BaseFeePerGas ?? BigInteger.Zero).Write(header.BaseFeePerGas is null ? 0 : 1));

    public static void Write(RlpWriter list, TransactionReceipt receipt)
    {
        list.Write(receipt.TransactionHash).Write(receipt.Succeeded ? 1 : 0).Write(receipt.BlockNumber).Write(receipt.BlockHash);
        list.Write(receipt.GasUsed).Write(receipt.EffectiveGasPrice).WriteList(logs => Write(logs, receipt.Logs));
    }

    public static void Write(RlpWriter list, IReadOnlyList<EvmLog> logs)
    {
        foreach (var log in logs)
        {
            list.Write(log.Address).WriteList(topics => log.Topics.ToList().ForEach(topic => topics.Write(topic))).Write(log.Data);
            list.Write(log.BlockNumber).Write(log.BlockHash).Write(log.TransactionHash).Write(log.TransactionIndex).Write(log.LogIndex);
        }
    }

    public static void Write(RlpWriter list, FeeHistory fees)
    {
        list.Write(fees.OldestBlock).WriteList(each => fees.BaseFeesPerGas.ToList().ForEach(fee => each.Write(fee)));
        foreach (var block in fees.PriorityFeesPerGas)
        {
            list.WriteList(each => block.ToList().ForEach(fee => each.Write(fee)));
        }
    }
}
