using System.Text.Json.Nodes;

namespace Marketplace.Chain.Tests;

/// <summary>Three endpoints of which two must agree, unless a test says otherwise.</summary>
public sealed class QuorumRpcTests
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    private static readonly EvmCall Sample = new() { To = SampleChain.Contract };

    [Fact]
    public async Task Liar_IsOutvotedReportedAndPutAside()
    {
        await using var rig = new RpcRig(nodes: 3);
        var rpc = Quorum(rig);
        Says(rig.Nodes[0], "eth_getBalance", "0x65");

        Assert.Equal(100, await GetBalance(rpc));
        Assert.Equal(100, await GetBalance(rpc));

        var fault = Assert.Single(rig.Faults);
        Assert.Equal((RpcFault.Disagrees, rig.Nodes[0].Endpoint.Name), (fault.Fault, fault.Endpoint));
        Assert.Equal((1, 2, 2), (rig.Nodes[0].Requests, rig.Nodes[1].Requests, rig.Nodes[2].Requests));
    }

    /// <summary>That its answers have the right form does not clear it; that it agrees does.</summary>
    [Fact]
    public async Task Liar_IsPutAsideForLongerEachTime()
    {
        await using var rig = new RpcRig(nodes: 3);
        var rpc = Quorum(rig);
        Says(rig.Nodes[0], "eth_getBalance", "0x65");
        for (var lie = 0; lie < 3; lie++)
        {
            await GetBalance(rpc);
            var most = RpcPolicy.LimitAside * (1 << lie);
            Assert.InRange(rig.Asides[lie], most / 2, most);
            rig.Time.Advance(most);
        }

        rig.Nodes[0].TwistAnswer = null;
        await GetBalance(rpc);
        Says(rig.Nodes[0], "eth_getBalance", "0x65");
        rig.Time.Advance(TimeSpan.FromSeconds(1));
        await GetBalance(rpc);
        Assert.InRange(rig.Asides[3], RpcPolicy.LimitAside / 2, RpcPolicy.LimitAside);
    }

    [Fact]
    public async Task AllDifferent_IsADisagreementThatNamesThem()
    {
        await using var rig = new RpcRig(nodes: 3);
        for (var node = 0; node < 3; node++)
        {
            Says(rig.Nodes[node], "eth_getBalance", $"0x{node + 1}");
        }

        var refused = await Assert.ThrowsAsync<RpcDisagreementException>(() => GetBalance(Quorum(rig)));

        Assert.Equal(RpcFault.NoAgreement, refused.Fault);
        Assert.Equal(
            rig.Nodes.Select((node, index) => new RpcSaying(node.Endpoint.Name, $"{index + 1}")).ToHashSet(),
            [.. refused.Sayings]
        );
        Assert.All(rig.Nodes, node => Assert.Equal(RpcPolicy.AttemptsMax, node.Requests));
        Assert.DoesNotContain(ScriptedNode.Secret, refused.ToString());
    }

    [Fact]
    public async Task TwoAnswersWithEnoughVoicesEach_AreADisagreement()
    {
        await using var rig = new RpcRig(nodes: 2);
        Says(rig.Nodes[0], "eth_getBalance", "0x65");
        await Assert.ThrowsAsync<RpcDisagreementException>(() => GetBalance(new QuorumRpc(rig.Options, quorum: 1)));
    }

    /// <summary>Both were asked while one had not seen the reorganisation yet.</summary>
    [Fact]
    public async Task PassingDisagreement_IsAskedAgain()
    {
        await using var rig = new RpcRig(nodes: 2);
        var settled = rig.Nodes[1].Chain;
        rig.Nodes[1].Chain = new SampleChain(forkAt: 19);
        rig.Nodes[1].TwistBody = body =>
        {
            rig.Nodes[1].Chain = settled;
            return body;
        };

        var header = await Quorum(rig).FindHeader(BlockId.Of(20), Cancel);

        Assert.Equal(settled.HashOf(20), header!.Hash);
        Assert.Equal(2, rig.Nodes[0].Requests);
    }

    /// <summary>Heads of three honest nodes, or of two and of one that lies, and the block that two have reached.</summary>
    [Theory]
    [InlineData(20, 20, 20, 20), InlineData(22, 20, 19, 20), InlineData(20, 20, 900, 20), InlineData(20, 21, 2, 20)]
    public async Task Head_IsWhatTheQuorumReached(ulong one, ulong two, ulong three, ulong reached)
    {
        await using var rig = new RpcRig(nodes: 3);
        foreach (var (node, head) in rig.Nodes.Zip((ulong[])[one, two, three]))
        {
            node.Chain = new SampleChain(head);
        }

        var header = await Quorum(rig).GetHead(HeadKind.Latest, Cancel);

        Assert.Equal((reached, new SampleChain().HashOf(reached)), (header.Number, header.Hash));
        var far = rig.Faults.Where(fault => fault.Endpoint == rig.Nodes[2].Endpoint.Name).Select(fault => fault.Fault).Distinct();
        Assert.Equal(
            three switch
            {
                900 => [RpcFault.Ahead],
                < 20 => [RpcFault.Behind],
                _ => [],
            },
            far
        );
    }

    [Fact]
    public async Task HeadOfAFork_IsOutvoted()
    {
        await using var rig = new RpcRig(nodes: 3);
        rig.Nodes[0].Chain = new SampleChain(forkAt: 12);

        var header = await Quorum(rig).GetHead(HeadKind.Latest, Cancel);

        Assert.Equal(rig.Nodes[1].Chain.HashOf(20), header.Hash);
        Assert.Equal((RpcFault.Disagrees, rig.Nodes[0].Endpoint.Name), (rig.Faults[0].Fault, rig.Faults[0].Endpoint));
    }

    /// <summary>A receipt that only one has is invented, or quicker than the others: it does not count, and is no crime.</summary>
    [Fact]
    public async Task ReceiptOfOne_DoesNotCount()
    {
        await using var rig = new RpcRig(nodes: 3);
        Says(rig.Nodes[1], "eth_getTransactionReceipt", null);
        Says(rig.Nodes[2], "eth_getTransactionReceipt", null);
        var rpc = Quorum(rig);

        Assert.Null(await rpc.FindReceipt(SampleChain.TransactionHash, Cancel));
        Assert.Null(await rpc.FindReceipt(SampleChain.TransactionHash, Cancel));

        Assert.Equal([RpcFault.Ahead, RpcFault.Ahead], rig.Faults.Select(fault => fault.Fault));
        Assert.Equal(2, rig.Nodes[0].Requests);
    }

    [Fact]
    public async Task LostReceipt_IsFoundByTheOthers()
    {
        await using var rig = new RpcRig(nodes: 3);
        Says(rig.Nodes[0], "eth_getTransactionReceipt", null);
        Assert.NotNull(await Quorum(rig).FindReceipt(SampleChain.TransactionHash, Cancel));
        Assert.Equal((RpcFault.Behind, rig.Nodes[0].Endpoint.Name), (rig.Faults[0].Fault, rig.Faults[0].Endpoint));
    }

    [Fact]
    public async Task HiddenLog_IsFoundByTheOthers()
    {
        await using var rig = new RpcRig(nodes: 3);
        rig.Nodes[0].TwistAnswer = (method, answer) => Edit(method == "eth_getLogs", answer, logs => logs.AsArray().RemoveAt(0));
        Assert.Equal(3, (await Quorum(rig).GetLogs(SampleChain.Filter, Cancel)).Count);
        Assert.Equal(RpcFault.Disagrees, Assert.Single(rig.Faults).Fault);
    }

    [Fact]
    public async Task EndpointOfAnotherChain_HasNoVoice()
    {
        await using var rig = new RpcRig(nodes: 3);
        Says(rig.Nodes[0], "eth_chainId", "0x1");
        Assert.Equal(100, await GetBalance(Quorum(rig)));
        Assert.Equal((RpcFault.WrongChain, rig.Nodes[0].Endpoint.Name), (rig.Faults[0].Fault, rig.Faults[0].Endpoint));
    }

    [Fact]
    public async Task TooFewEndpoints_AreADisagreementAtOnce()
    {
        await using var rig = new RpcRig(nodes: 3);
        Says(rig.Nodes[0], "eth_chainId", "0x1");
        Says(rig.Nodes[1], "eth_chainId", "0x1");
        var rpc = Quorum(rig);

        var refused = await Assert.ThrowsAsync<RpcDisagreementException>(() => GetBalance(rpc));
        Assert.Equal(3, refused.Sayings.Count);
        Assert.Equal((1, 1, 1), (rig.Nodes[0].Requests, rig.Nodes[1].Requests, rig.Nodes[2].Requests));

        rig.Nodes[0].TwistAnswer = null;
        rig.Time.Advance(RpcPolicy.LieAside);
        Assert.Equal(100, await GetBalance(rpc));
    }

    /// <summary>The silent have a second after enough agreed.</summary>
    [Fact]
    public async Task SilentEndpoint_DoesNotHoldUpTheOthers()
    {
        await using var rig = new RpcRig(nodes: 3);
        rig.Nodes[0].Speak = (_, cancel) => Task.Delay(Timeout.Infinite, cancel);
        var late = rig.Time.Armed(RpcPolicy.StragglerTimeMax);

        var asked = GetBalance(Quorum(rig));
        await late;
        rig.Time.Advance(RpcPolicy.StragglerTimeMax);

        Assert.Equal(100, await asked);
        var fault = Assert.Single(rig.Faults);
        Assert.Equal((RpcFault.TimedOut, rig.Nodes[0].Endpoint.Name), (fault.Fault, fault.Endpoint));
    }

    [Fact]
    public async Task Revert_IsAVoice()
    {
        await using var rig = new RpcRig(nodes: 3);
        rig.Nodes[0].TwistBody = body => FailoverRpcTests.Refuse(body, 3, "execution reverted", "0x01");
        rig.Nodes[1].TwistBody = body => FailoverRpcTests.Refuse(body, 3, "execution reverted: in other words", "0x01");

        var reverted = await Assert.ThrowsAsync<EvmRevertException>(() => Quorum(rig).Call(Sample, BlockId.Of(5), Cancel));
        Assert.Equal([1], reverted.RevertData.ToArray());
        await Assert.ThrowsAsync<EvmRevertException>(() => Quorum(rig).EstimateGas(Sample, BlockId.Of(5), Cancel));
        Assert.All(rig.Faults, fault => Assert.Equal((RpcFault.Disagrees, rig.Nodes[2].Endpoint.Name), (fault.Fault, fault.Endpoint)));
    }

    [Fact]
    public async Task ErrorOfEnough_IsTheirError()
    {
        await using var rig = new RpcRig(nodes: 3);
        rig.Nodes[0].TwistBody = body => FailoverRpcTests.Refuse(body, -32000, "header not found");
        rig.Nodes[1].TwistBody = body => FailoverRpcTests.Refuse(body, -32001, "unknown block");
        await Assert.ThrowsAsync<RpcErrorException>(() => GetBalance(Quorum(rig)));
    }

    /// <summary>One that lies can move a guess no further than to an honest node's.</summary>
    [Theory]
    [InlineData("0x1"), InlineData("0xffffffffff")]
    public async Task Guess_IsNeverTheLiars(string lie)
    {
        await using var rig = new RpcRig(nodes: 3);
        rig.Nodes[0].TwistAnswer = (method, answer) => Edit(answer, method != "eth_chainId" ? lie : null);
        var rpc = Quorum(rig);

        Assert.Equal(21_000UL, await rpc.EstimateGas(Sample, BlockId.Of(5), Cancel));
        Assert.Equal(1_000_000_000, await rpc.GetPriorityFee(Cancel));
        Assert.Equal(7UL, await rpc.GetPendingTransactionCount(SampleChain.Contract, Cancel));
    }

    [Fact]
    public async Task Send_GoesToAllAndOneIsEnough()
    {
        await using var rig = new RpcRig(nodes: 3);
        rig.Nodes[0].TwistBody = body => FailoverRpcTests.Refuse(body, -32000, "txpool is full");
        rig.Nodes[1].Close();

        await Quorum(rig).Send(SampleTransactions.Sign(nonce: 7), Cancel);

        Assert.Equal((1, 1), (rig.Nodes[0].Requests, rig.Nodes[2].Requests));
        Assert.Equal(new HashSet<RpcFault> { RpcFault.NodeError, RpcFault.Unreachable }, [.. rig.Faults.Select(fault => fault.Fault)]);
    }

    [Fact]
    public async Task SendThatEnoughRefuse_IsRefused()
    {
        await using var rig = new RpcRig(nodes: 3);
        rig.Nodes[0].Close();
        rig.Nodes[1].TwistBody = body => FailoverRpcTests.Refuse(body, -32000, "insufficient funds");
        rig.Nodes[2].TwistBody = body => FailoverRpcTests.Refuse(body, -32000, "insufficient funds");
        await Assert.ThrowsAsync<RpcErrorException>(() => Quorum(rig).Send(SampleTransactions.Sign(nonce: 7), Cancel));
    }

    private static QuorumRpc Quorum(RpcRig rig) => new(rig.Options, quorum: null);

    private static Task<System.Numerics.BigInteger> GetBalance(IEvmRpc rpc) => rpc.GetBalance(SampleChain.Contract, BlockId.Of(5), Cancel);

    private static void Says(ScriptedNode node, string method, string? result) =>
        node.TwistAnswer = (asked, answer) => answer["result"] = asked == method ? result : answer["result"]?.DeepClone();

    private static void Edit(JsonObject answer, string? result) => answer["result"] = result ?? answer["result"]!.DeepClone();

    private static void Edit(bool applies, JsonObject answer, Action<JsonNode> edit)
    {
        if (applies)
        {
            edit(answer["result"]!);
        }
    }
}
