using System.Text.Json.Nodes;

namespace Marketplace.Chain.Tests;

public sealed class FailoverRpcTests
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    [Fact]
    public async Task NextEndpoint_IsAskedWhereOneLies()
    {
        await using var rig = new RpcRig(nodes: 2);
        var rpc = new FailoverRpc(rig.Options);
        rig.Node.TwistAnswer = (_, answer) => answer["result"] = "0x1";

        Assert.Equal(100, await rpc.GetBalance(SampleChain.Contract, BlockId.Of(5), Cancel));
        Assert.Equal(100, await rpc.GetBalance(SampleChain.Contract, BlockId.Of(5), Cancel));

        Assert.Equal((1, 2), (rig.Nodes[0].Requests, rig.Nodes[1].Requests));
        Assert.Equal(RpcFault.WrongChain, Assert.Single(rig.Faults).Fault);
    }

    [Fact]
    public async Task NodesError_IsAskedOfEveryEndpointOnce()
    {
        await using var rig = new RpcRig(nodes: 2);
        foreach (var node in rig.Nodes)
        {
            node.TwistBody = body => Refuse(body, -32000, "header not found");
        }

        var refused = await Assert.ThrowsAsync<RpcErrorException>(() =>
            new FailoverRpc(rig.Options).GetBalance(SampleChain.Contract, BlockId.Of(5), Cancel)
        );

        Assert.Equal((RpcFault.NodeError, -32000, "header not found"), (refused.Fault, refused.Code, refused.Said));
        Assert.Equal((1, 1), (rig.Nodes[0].Requests, rig.Nodes[1].Requests));
    }

    /// <summary>Counted one by one, so many faults would put the node aside for half an hour.</summary>
    [Fact]
    public async Task FaultsOfOneMoment_CountAsOne()
    {
        const int Together = 12;
        await using var rig = new RpcRig();
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var asked = 0;
        rig.Node.Speak = async (to, cancel) =>
        {
            if (Interlocked.Increment(ref asked) == Together)
            {
                rig.Node.Speak = null;
                all.SetResult();
            }
            await all.Task;
            await to.WriteAsync(ScriptedNode.Http("", "503 Service Unavailable"), cancel);
        };
        var rpc = new FailoverRpc(rig.Options);

        await Task.WhenAll(Enumerable.Range(0, Together).Select(_ => rpc.GetPriorityFee(Cancel)));

        Assert.Equal(Together, rig.Faults.Count);
    }

    [Fact]
    public async Task Chain_IsAskedForAtFirstAfterFaultsAndAfterAWhile()
    {
        await using var rig = new RpcRig();
        var batches = 0;
        rig.Node.TwistBody = body =>
        {
            batches += body is JsonArray ? 1 : 0;
            return body;
        };
        var rpc = new FailoverRpc(rig.Options);

        await rpc.GetPriorityFee(Cancel);
        await rpc.GetPriorityFee(Cancel);
        Assert.Equal(1, batches);

        rig.Time.Advance(RpcPolicy.ChainCheckAge + TimeSpan.FromTicks(1));
        await rpc.GetPriorityFee(Cancel);
        Assert.Equal(2, batches);

        rig.Node.Speak = (_, _) =>
        {
            rig.Node.Speak = null;
            return Task.CompletedTask;
        };
        await rpc.GetPriorityFee(Cancel);
        Assert.Equal(3, batches);
    }

    [Theory]
    [InlineData(3, "execution reverted: no", "0x08c379a0", "08c379a0"), InlineData(3, "no", null, "")]
    [InlineData(-32015, "VM execution error.", "Reverted 0x08c379a0", "08c379a0"), InlineData(-32000, "Execution reverted", "0x", "")]
    public async Task Revert_HasItsData(int code, string message, string? data, string expected)
    {
        await using var rig = new RpcRig();
        rig.Node.TwistBody = body => Refuse(body, code, message, data);
        var call = new EvmCall { To = SampleChain.Contract };
        var rpc = new FailoverRpc(rig.Options);

        var reverted = await Assert.ThrowsAsync<EvmRevertException>(() => rpc.Call(call, BlockId.Of(5), Cancel));
        Assert.Equal((expected, 1), (Convert.ToHexStringLower(reverted.RevertData.Span), rig.Node.Requests));
        await Assert.ThrowsAsync<EvmRevertException>(() => rpc.EstimateGas(call, BlockId.Of(5), Cancel));
        // What is no call cannot revert.
        await Assert.ThrowsAsync<RpcErrorException>(() => rpc.GetBalance(SampleChain.Contract, BlockId.Of(5), Cancel));
    }

    [Theory]
    [InlineData("already known"), InlineData("AlreadyKnown"), InlineData("Known transaction"), InlineData("transaction already imported")]
    [InlineData("nonce too low: next nonce 8, tx nonce 7"), InlineData("OldNonce")]
    public async Task RepeatedSend_IsTold(string words)
    {
        await using var rig = new RpcRig();
        rig.Node.TwistBody = body => Refuse(body, -32000, words);
        await new FailoverRpc(rig.Options).Send(SampleTransactions.Sign(nonce: 7), Cancel);
    }

    [Theory]
    [InlineData("insufficient funds for gas * price + value"), InlineData("replacement transaction underpriced")]
    public async Task RefusedSend_IsRefused(string words)
    {
        await using var rig = new RpcRig();
        rig.Node.TwistBody = body => Refuse(body, -32000, words);
        await Assert.ThrowsAsync<RpcErrorException>(() => new FailoverRpc(rig.Options).Send(SampleTransactions.Sign(nonce: 7), Cancel));
    }

    /// <summary>The first answer is lost on its way; the transaction is sent again as the same bytes.</summary>
    [Fact]
    public async Task SendWithoutAnAnswer_IsRepeated()
    {
        await using var rig = new RpcRig();
        rig.Node.Speak = (to, cancel) =>
        {
            rig.Node.Speak = null;
            return Task.CompletedTask;
        };
        await new FailoverRpc(rig.Options).Send(SampleTransactions.Sign(nonce: 7), Cancel);
        Assert.Equal(2, rig.Node.Requests);
    }

    [Fact]
    public async Task TransactionOfAnotherChain_IsNotSent()
    {
        await using var rig = new RpcRig();
        var rpc = new FailoverRpc(rig.Options);
        await Assert.ThrowsAsync<ArgumentException>(() => rpc.Send(SampleTransactions.Sign(nonce: 7, chain: 1), Cancel));
        await Assert.ThrowsAsync<ArgumentException>(() =>
            rpc.Send(SampleTransactions.Sign(nonce: 7, EvmTransactionKind.Legacy, chain: null), Cancel)
        );
        Assert.Equal(0, rig.Node.Requests);
    }

    /// <summary>Nodes of OP Stack chains and of Arbitrum say more of a block than is hashed.</summary>
    [Theory]
    [InlineData("l1BlockNumber", "sendCount", "sendRoot"), InlineData("l1BatchNumber", "l1BatchTimestamp", "blobSchedule")]
    public async Task HeaderThatProvesItself_MayHaveMoreMembers(params string[] members)
    {
        await using var rig = new RpcRig();
        rig.Node.TwistAnswer = (method, answer) =>
        {
            foreach (var member in method == "eth_chainId" ? [] : members)
            {
                answer["result"]![member] = "0x1";
            }
        };

        Assert.True((await new FailoverRpc(rig.Options).GetHead(HeadKind.Latest, Cancel)).IsHashProven);
    }

    [Fact]
    public async Task UnknownHeaderFields_AreTakenWhereTheOperatorSaysSo()
    {
        await using var rig = new RpcRig();
        rig.Node.TwistAnswer = (method, answer) =>
        {
            if (method != "eth_chainId")
            {
                answer["result"]!["timestamp"] = "0x1";
                answer["result"]!["slotNumber"] = "0x1";
            }
        };
        var options = rig.Options with { HeaderHashes = HeaderHashCheck.UnlessFieldsAreUnknown };
        Assert.False((await new FailoverRpc(options).GetHead(HeadKind.Latest, Cancel)).IsHashProven);
    }

    public static TheoryData<string, Func<IEvmRpc, Task>> Unsound() =>
        new()
        {
            { "no headers", rpc => rpc.GetHeaders(1, 0, Cancel) },
            { "too many headers", rpc => rpc.GetHeaders(1, RpcPolicy.HeadersMax + 1, Cancel) },
            { "too many fees", rpc => rpc.GetFeeHistory(1, RpcPolicy.FeeBlocksMax + 1, [], Cancel) },
            { "percentiles that fall", rpc => rpc.GetFeeHistory(1, 1, [2, 1], Cancel) },
            { "a percentile beyond all", rpc => rpc.GetFeeHistory(1, 1, [101], Cancel) },
            { "too many percentiles", rpc => rpc.GetFeeHistory(1, 1, [.. Enumerable.Range(0, RpcPolicy.FeePercentilesMax + 1)], Cancel) },
            { "a range backwards", rpc => rpc.GetLogs(SampleChain.Filter with { FromBlock = 10 }, Cancel) },
            { "a long range", rpc => rpc.GetLogs(SampleChain.Filter with { FromBlock = 0, ToBlock = RpcPolicy.LogBlocksMax }, Cancel) },
            { "logs of any contract", rpc => rpc.GetLogs(SampleChain.Filter with { Addresses = [] }, Cancel) },
            {
                "five topics",
                rpc =>
                    rpc.GetLogs(
                        SampleChain.Filter with
                        {
                            Topics =
                            [
                                [],
                                [],
                                [],
                                [],
                                [],
                            ],
                        },
                        Cancel
                    )
            },
            { "long data", rpc => rpc.Call(new EvmCall { To = null, Data = new byte[RpcPolicy.CallBytesMax + 1] }, BlockId.Of(1), Cancel) },
            { "a negative value", rpc => rpc.Call(new EvmCall { To = null, Value = -1 }, BlockId.Of(1), Cancel) },
        };

    [Theory, MemberData(nameof(Unsound))]
    public async Task UnsoundQuestion_IsNotAsked(string what, Func<IEvmRpc, Task> ask)
    {
        await using var rig = new RpcRig();
        var refused = await Record.ExceptionAsync(() => ask(new FailoverRpc(rig.Options)));
        Assert.True(refused is ArgumentException, $"{what}: {refused}");
        Assert.Equal(0, rig.Node.Requests);
    }

    internal static JsonNode Refuse(JsonNode body, int code, string message, string? data = null)
    {
        var answer = (body is JsonArray batch ? batch[^1]! : body).AsObject();
        answer.Remove("result");
        answer["error"] = new JsonObject { ["code"] = code, ["message"] = message };
        if (data is not null)
        {
            answer["error"]!["data"] = data;
        }
        return body;
    }
}
