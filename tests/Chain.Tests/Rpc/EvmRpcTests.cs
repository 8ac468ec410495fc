namespace Marketplace.Chain.Tests;

/// <summary>What both ways of asking have in common.</summary>
public sealed class EvmRpcTests
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1), InlineData(3)]
    public async Task Answers_AreReadWhole(int nodes)
    {
        await using var rig = new RpcRig(nodes);
        IEvmRpc rpc = nodes == 1 ? new FailoverRpc(rig.Options) : new QuorumRpc(rig.Options, quorum: null);
        var chain = rig.Node.Chain;

        var head = await rpc.GetHead(HeadKind.Latest, Cancel);
        Assert.Equal((20UL, chain.HashOf(20), chain.HashOf(19)), (head.Number, head.Hash, head.ParentHash));
        Assert.Equal((1_700_000_240UL, 7, true), (head.Timestamp, head.BaseFeePerGas, head.IsHashProven));
        Assert.Equal(18UL, (await rpc.GetHead(HeadKind.Finalized, Cancel)).Number);
        Assert.Equal([18UL, 19, 20], (await rpc.GetHeaders(18, 9, Cancel)).Select(header => header.Number));
        Assert.Null(await rpc.FindHeader(BlockId.Of(21), Cancel));
        Assert.Null(await rpc.FindReceipt(default, Cancel));

        var receipt = (await rpc.FindReceipt(SampleChain.TransactionHash, Cancel))!;
        Assert.Equal((true, 5UL, chain.HashOf(5)), (receipt.Succeeded, receipt.BlockNumber, receipt.BlockHash));
        Assert.Equal((21_000UL, 1_000_000_000), (receipt.GasUsed, receipt.EffectiveGasPrice));
        var logs = await rpc.GetLogs(SampleChain.Filter, Cancel);
        Assert.Equal([(5UL, 0UL), (5, 1), (7, 4)], logs.Select(log => (log.BlockNumber, log.LogIndex)));
        Assert.Equal([SampleChain.Topic, SampleChain.Contract.ToWord()], logs[0].Topics);
        Assert.Equal([1], logs[0].Data);

        var block = BlockId.Of(head.Hash);
        Assert.Equal([0x2a], await rpc.Call(new EvmCall { To = SampleChain.Contract }, block, Cancel));
        Assert.Equal(21_000UL, await rpc.EstimateGas(new EvmCall { To = SampleChain.Contract }, block, Cancel));
        Assert.Equal([0x60, 0x01], await rpc.GetCode(SampleChain.Contract, block, Cancel));
        Assert.Equal(100, await rpc.GetBalance(SampleChain.Contract, block, Cancel));
        Assert.Equal(7UL, await rpc.GetTransactionCount(SampleChain.Contract, block, Cancel));
        Assert.Equal(7UL, await rpc.GetPendingTransactionCount(SampleChain.Contract, Cancel));
        Assert.Equal(1_000_000_000, await rpc.GetPriorityFee(Cancel));
        var fees = await rpc.GetFeeHistory(10, 2, [50, 90], Cancel);
        Assert.Equal((9UL, 8), (fees.OldestBlock, fees.BaseFeesPerGas[^1]));
        Assert.Equal([1, 2], fees.PriorityFeesPerGas[0]);
        Assert.Empty(rig.Faults);
    }
}
