using System.Numerics;
using System.Text.Json.Nodes;
using Marketplace.Testing;

namespace Marketplace.Chain.Tests;

/// <summary>What a real node says is taken, and its blocks, receipts, logs and reverts are as they should be.</summary>
public sealed class AnvilRpcTests(AnvilFixture anvil) : IClassFixture<AnvilFixture>, IDisposable
{
    /// <summary>Called with data it reverts with the same; without, it logs the number 42 under the topic 7.</summary>
    private const string Runtime = "3660115760" + "2a6000526007" + "60206000a100" + "5b366000600037" + "366000fd";

    /// <summary>Returns the code behind it.</summary>
    private const string Loader = "601c600c600039601c6000f3";

    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    private static readonly Bytes32 Topic = new([.. new byte[Bytes32.Size - 1], 7]);

    private readonly HttpMessageInvoker _invoker = RpcOptions.CreateInvoker();

    public void Dispose() => _invoker.Dispose();

    [Fact]
    public async Task HashesOfRealHeaders_AreProven()
    {
        var rpc = await Rpc();
        await anvil.Mine(5);

        var head = await rpc.GetHead(HeadKind.Latest, Cancel);
        var headers = await rpc.GetHeaders(head.Number - 4, 9, Cancel);

        Assert.Equal(5, headers.Count);
        Assert.All(headers, header => Assert.True(header.IsHashProven));
        Assert.Equal(head, headers[^1]);
        Assert.Equal(head, await rpc.FindHeader(BlockId.Of(head.Hash), Cancel));
        Assert.Null(await rpc.FindHeader(BlockId.Of(Topic), Cancel));
        Assert.NotNull(await rpc.GetHead(HeadKind.Safe, Cancel));
        Assert.NotNull(await rpc.GetHead(HeadKind.Finalized, Cancel));
    }

    /// <summary>A node of the tests knows all states, and leaves nothing behind though it is killed.</summary>
    [Fact]
    public async Task OldStates_AreKept_AndNoneOfThemOnDisk()
    {
        AnvilFixture.Require();
        var home = Directory.CreateTempSubdirectory("marketplace-anvil-");
        await using (var node = await AnvilNode.Start(home: home.FullName))
        {
            await node.Tell("anvil_setBalance", SampleTransactions.Sender.ToString(), "0x7");
            await node.Mine(2);
            await node.Tell("anvil_setBalance", SampleTransactions.Sender.ToString(), "0x8");
            await node.Mine(2_000);
            var rpc = new FailoverRpc(OptionsOf(node.Endpoint));

            Assert.Equal(7, await rpc.GetBalance(SampleTransactions.Sender, BlockId.Of(1), Cancel));
            Assert.Equal(8, await rpc.GetBalance(SampleTransactions.Sender, BlockId.Of(2_000), Cancel));
        }
        Assert.Empty(home.GetFileSystemInfos("*", SearchOption.AllDirectories));
        home.Delete(recursive: true);
    }

    [Theory]
    [InlineData(EvmTransactionKind.Legacy), InlineData(EvmTransactionKind.AccessList), InlineData(EvmTransactionKind.FeeMarket)]
    public async Task SignedTransfer_IsMined(EvmTransactionKind kind)
    {
        var rpc = await Rpc();
        var to = new EvmAddress([.. Enumerable.Repeat((byte)(0xa0 + (int)kind), EvmAddress.Size)]);
        var nonce = await rpc.GetPendingTransactionCount(SampleTransactions.Sender, Cancel);
        var transfer = SampleTransactions.Sign(nonce, kind, to);
        Assert.Null(await rpc.FindReceipt(transfer.Hash, Cancel));

        await rpc.Send(transfer, Cancel);
        await anvil.Mine();

        var receipt = (await rpc.FindReceipt(transfer.Hash, Cancel))!;
        Assert.Equal((true, 21_000UL), (receipt.Succeeded, receipt.GasUsed));
        Assert.InRange(receipt.EffectiveGasPrice, BigInteger.One, transfer.Transaction.GasPrice);
        var block = (await rpc.FindHeader(BlockId.Of(receipt.BlockNumber), Cancel))!;
        Assert.Equal(receipt.BlockHash, block.Hash);
        Assert.Equal(BigInteger.One, await rpc.GetBalance(to, BlockId.Of(block.Hash), Cancel));
        Assert.Equal(BigInteger.Zero, await rpc.GetBalance(to, BlockId.Of(block.Number - 1), Cancel));
        Assert.Equal(nonce + 1, await rpc.GetTransactionCount(SampleTransactions.Sender, BlockId.Of(block.Hash), Cancel));
    }

    [Fact]
    public async Task Contract_LogsAndReverts()
    {
        var rpc = await Rpc();
        var nonce = await rpc.GetPendingTransactionCount(SampleTransactions.Sender, Cancel);
        var contract = ContractAddresses.OfCreate(SampleTransactions.Sender, nonce);
        var deployment = SampleTransactions.Sign(nonce, initCode: Convert.FromHexString(Loader + Runtime));
        await rpc.Send(deployment, Cancel);
        await anvil.Mine();
        Assert.True((await rpc.FindReceipt(deployment.Hash, Cancel))!.Succeeded);

        var call = await SendTo(rpc, contract);
        var at = BlockId.Of(call.BlockHash);
        Assert.Equal(Runtime, Convert.ToHexStringLower(await rpc.GetCode(contract, at, Cancel)));
        Assert.Empty(await rpc.GetCode(SampleChain.Contract, at, Cancel));

        var log = Assert.Single(call.Logs);
        Assert.Equal((contract, 42), (log.Address, new BigInteger(log.Data, isUnsigned: true, isBigEndian: true)));
        Assert.Equal([Topic], log.Topics);
        var filter = new LogFilter
        {
            FromBlock = call.BlockNumber - 1,
            ToBlock = call.BlockNumber,
            Addresses = [contract],
        };
        foreach (
            var narrower in (LogFilter[])
                [
                    filter,
                    filter with
                    {
                        Topics =
                        [
                            [Topic],
                        ],
                    },
                    filter with
                    {
                        BlockHash = call.BlockHash,
                    },
                ]
        )
        {
            Assert.Equal(log.TransactionHash, Assert.Single(await rpc.GetLogs(narrower, Cancel)).TransactionHash);
        }
        Assert.Empty(
            await rpc.GetLogs(
                filter with
                {
                    Topics =
                    [
                        [default],
                    ],
                },
                Cancel
            )
        );

        var bad = new EvmCall
        {
            To = contract,
            From = SampleTransactions.Sender,
            Data = new byte[] { 1, 2, 3 },
        };
        Assert.Empty(await rpc.Call(bad with { Data = default }, at, Cancel));
        Assert.InRange(await rpc.EstimateGas(bad with { Data = default }, at, Cancel), 21_001UL, 30_000UL);
        Assert.Equal([1, 2, 3], (await Assert.ThrowsAsync<EvmRevertException>(() => rpc.Call(bad, at, Cancel))).RevertData.ToArray());
        await Assert.ThrowsAsync<EvmRevertException>(() => rpc.EstimateGas(bad, at, Cancel));
    }

    /// <summary>Another block has the number of the one with the transaction, and every read shows that this one is gone.</summary>
    [Theory]
    [InlineData(1), InlineData(5), InlineData(12)]
    public async Task Reorganisation_IsSeen(int depth)
    {
        var rpc = await Rpc();
        await anvil.Mine(16);
        var receipt = await SendTo(rpc, SampleChain.Contract);
        if (depth > 1)
        {
            await anvil.Mine(depth - 1);
        }
        var head = await rpc.GetHead(HeadKind.Latest, Cancel);

        await anvil.Tell("anvil_reorg", depth, new JsonArray());

        var now = (await rpc.FindHeader(BlockId.Of(receipt.BlockNumber), Cancel))!;
        Assert.NotEqual(receipt.BlockHash, now.Hash);
        Assert.NotEqual(receipt.BlockHash, (await rpc.FindReceipt(receipt.TransactionHash, Cancel))?.BlockHash);
        Assert.Null(await rpc.FindHeader(BlockId.Of(receipt.BlockHash), Cancel));
        await Assert.ThrowsAsync<RpcErrorException>(() => rpc.GetBalance(SampleChain.Contract, BlockId.Of(receipt.BlockHash), Cancel));
        var headers = await rpc.GetHeaders(receipt.BlockNumber - 1, depth + 1, Cancel);
        Assert.Equal((depth + 1, head.Number), (headers.Count, headers[^1].Number));
        Assert.NotEqual(head.Hash, headers[^1].Hash);
    }

    /// <summary>The second is told as well, and only its receipt, which never comes, says that it did not count.</summary>
    [Fact]
    public async Task SecondTransactionOfANonce_HasNoReceipt()
    {
        var rpc = await Rpc();
        var nonce = await rpc.GetPendingTransactionCount(SampleTransactions.Sender, Cancel);
        var first = SampleTransactions.Sign(nonce);
        var second = SampleTransactions.Sign(nonce, to: SampleTransactions.Sender);

        await rpc.Send(first, Cancel);
        await anvil.Mine();
        await rpc.Send(first, Cancel);
        await rpc.Send(second, Cancel);
        await anvil.Mine();

        Assert.NotNull(await rpc.FindReceipt(first.Hash, Cancel));
        Assert.Null(await rpc.FindReceipt(second.Hash, Cancel));
    }

    [Fact]
    public async Task WaitingTransaction_IsCountedButHasNoReceipt()
    {
        var rpc = await Rpc();
        var head = await rpc.GetHead(HeadKind.Latest, Cancel);
        var nonce = await rpc.GetTransactionCount(SampleTransactions.Sender, BlockId.Of(head.Hash), Cancel);
        var transfer = SampleTransactions.Sign(nonce);

        await rpc.Send(transfer, Cancel);
        await rpc.Send(transfer, Cancel);

        Assert.Equal(nonce + 1, await rpc.GetPendingTransactionCount(SampleTransactions.Sender, Cancel));
        Assert.Null(await rpc.FindReceipt(transfer.Hash, Cancel));
        await anvil.Mine();
        Assert.NotNull(await rpc.FindReceipt(transfer.Hash, Cancel));
    }

    [Fact]
    public async Task Fees_AreRead()
    {
        var rpc = await Rpc();
        await anvil.Mine(3);
        var head = await rpc.GetHead(HeadKind.Latest, Cancel);

        var fees = await rpc.GetFeeHistory(head.Number, 2, [10, 50], Cancel);

        Assert.Equal((head.Number - 1, head.BaseFeePerGas), (fees.OldestBlock, fees.BaseFeesPerGas[1]));
        Assert.Equal((3, 2), (fees.BaseFeesPerGas.Count, fees.PriorityFeesPerGas.Count));
        Assert.InRange(await rpc.GetPriorityFee(Cancel), BigInteger.Zero, BigInteger.Pow(10, 12));
    }

    [Fact]
    public async Task RealNodeOfAnotherChain_IsRefused()
    {
        var rpc = new FailoverRpc(await Options() with { ChainId = 1 });
        var refused = await Assert.ThrowsAsync<RpcException>(() => rpc.GetHead(HeadKind.Latest, Cancel));
        Assert.Equal(RpcFault.WrongChain, refused.Fault);
    }

    private async Task<TransactionReceipt> SendTo(IEvmRpc rpc, EvmAddress to)
    {
        var nonce = await rpc.GetPendingTransactionCount(SampleTransactions.Sender, Cancel);
        var transaction = SampleTransactions.Sign(nonce, to: to);
        await rpc.Send(transaction, Cancel);
        await anvil.Mine();
        return (await rpc.FindReceipt(transaction.Hash, Cancel))!;
    }

    private async Task<IEvmRpc> Rpc() => new FailoverRpc(await Options());

    private async Task<RpcOptions> Options() => OptionsOf(await anvil.Endpoint());

    private RpcOptions OptionsOf(RpcEndpoint endpoint) =>
        new()
        {
            ChainId = SampleChain.ChainId,
            Endpoints = [endpoint],
            Invoker = _invoker,
            TimeProvider = TimeProvider.System,
            Chance = new Random(1),
        };
}
