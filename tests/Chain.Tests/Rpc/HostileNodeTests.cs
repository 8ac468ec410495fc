using System.Globalization;
using System.Text.Json.Nodes;

namespace Marketplace.Chain.Tests;

/// <summary>
/// Every lie ends as the one fault that names it, by the node's host, and the node is put aside. None is asked again where asking again
/// cannot help.
/// </summary>
public sealed class HostileNodeTests
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    private static readonly Dictionary<string, Lie> Lies = new()
    {
        ["wrong chain id"] = Answers(RpcFault.WrongChain, GetHead, "eth_chainId", "0x1"),
        ["chain id of 65 bits"] = Answers(RpcFault.MalformedValue, GetHead, "eth_chainId", "0x10000000000007a69"),
        ["foreign id"] = Twists(RpcFault.ForeignId, GetHead, body => body[1]!["id"] = 999_999),
        ["id as a string"] = Twists(RpcFault.ForeignId, GetHead, body => body[1]!["id"] = body[1]!["id"]!.ToString()),
        ["huge id"] = Bodies(RpcFault.ForeignId, GetHead, $$"""[{"jsonrpc":"2.0","id":{{new string('9', 9999)}},"result":null}]"""),
        ["doubled id"] = Twists(RpcFault.DoubledId, GetHead, body => body.AsArray().Add(body[1]!.DeepClone())),
        ["missing id"] = Twists(RpcFault.MissingId, GetHead, body => body.AsArray().RemoveAt(1)),
        ["one answer to a batch"] = Bodies(RpcFault.NoAnswer, GetHead, """{"jsonrpc":"2.0","id":1,"result":"0x7a69"}"""),
        ["another version"] = Twists(RpcFault.NoAnswer, GetHead, body => body[1]!["jsonrpc"] = "1.0"),
        ["result and error"] = Twists(RpcFault.NoAnswer, GetHead, body => body[1]!["error"] = new JsonObject()),
        ["error without a code"] = Bodies(RpcFault.MalformedError, GetHead, """{"jsonrpc":"2.0","id":null,"error":{"message":"no"}}"""),
        ["error as a text"] = Bodies(RpcFault.MalformedError, GetHead, """{"jsonrpc":"2.0","id":null,"error":"no"}"""),
        ["error of another kind"] = Bodies(
            RpcFault.MalformedError,
            GetHead,
            """{"jsonrpc":"2.0","id":null,"error":{"code":1e9,"message":1}}"""
        ),
        ["revert with half a byte"] = Errors(RpcFault.MalformedError, Call, """{"code":3,"message":"execution reverted","data":"0x1"}"""),
        ["member named twice"] = Bodies(RpcFault.NotJson, GetHead, """[{"jsonrpc":"2.0","id":1,"id":2,"result":"0x7a69"}]"""),
        ["deep JSON"] = Bodies(RpcFault.TooDeep, GetHead, new string('[', 100_000)),
        ["one level too many"] = Bodies(RpcFault.TooDeep, GetHead, Nested(RpcPolicy.DepthMax + 1)),
        ["all levels, and nothing in them"] = Bodies(RpcFault.NoAnswer, GetHead, Nested(RpcPolicy.DepthMax)),
        ["million values"] = Bodies(RpcFault.TooManyValues, GetHead, $"[{string.Concat(Enumerable.Repeat("1,", RpcPolicy.ValuesMax))}1]"),
        ["half a surrogate pair"] = Bodies(RpcFault.NotJson, GetHead, """[{"jsonrpc":"2.0","id":1,"result":"\ud800"}]"""),
        ["truncated JSON"] = Bodies(RpcFault.NotJson, GetHead, """[{"jsonrpc":"2.0","id":1,"result":"0x7a"""),
        ["no body"] = Bodies(RpcFault.NotJson, GetHead, ""),
        ["HTML"] = Speaks(RpcFault.NotJson, GetHead, ScriptedNode.Http("<html>", headers: "content-type: text/html")),
        ["no content type"] = Speaks(RpcFault.NotJson, GetHead, ScriptedNode.Http("[]", headers: "x: y")),
        ["compressed unasked"] = Speaks(
            RpcFault.Encoded,
            GetHead,
            ScriptedNode.Http("[]", headers: "content-type: application/json\r\ncontent-encoding: gzip")
        ),
        ["redirect to another host"] = Speaks(
            RpcFault.Redirected,
            GetHead,
            ScriptedNode.Http("", "307 Temporary Redirect", "location: http://192.0.2.1/")
        ),
        ["quantity with a leading zero"] = Answers(RpcFault.MalformedValue, GetBalance, "eth_getBalance", "0x064"),
        ["empty quantity"] = Answers(RpcFault.MalformedValue, GetBalance, "eth_getBalance", "0x"),
        ["quantity of 257 bits"] = Answers(RpcFault.MalformedValue, GetBalance, "eth_getBalance", "0x1" + new string('0', 64)),
        ["quantity as a number"] = Answers(RpcFault.MalformedValue, GetBalance, "eth_getBalance", 100),
        ["quantity with a sign"] = Answers(RpcFault.MalformedValue, GetBalance, "eth_getBalance", "0x-1"),
        ["quantity without 0x"] = Answers(RpcFault.MalformedValue, GetBalance, "eth_getBalance", "64"),
        ["null for a balance"] = Answers(RpcFault.MalformedValue, GetBalance, "eth_getBalance", null),
        ["nonce of 65 bits"] = Answers(RpcFault.MalformedValue, GetCount, "eth_getTransactionCount", "0x10000000000000000"),
        ["odd digits"] = Answers(RpcFault.MalformedValue, Call, "eth_call", "0x123"),
        ["data that is no hex"] = Answers(RpcFault.MalformedValue, Call, "eth_call", "0xzz"),
        ["header under a wrong hash"] = Of(
            "eth_getBlockByHash",
            RpcFault.WrongHeaderHash,
            HeaderByHash,
            block => block["timestamp"] = "0x1"
        ),
        ["header of another hash"] = Answers(
            RpcFault.WrongBlock,
            HeaderByHash,
            "eth_getBlockByHash",
            new SampleChain(forkAt: 5).BlockOf(5)
        ),
        ["header number wrong"] = Answers(RpcFault.WrongBlock, HeaderByNumber, "eth_getBlockByNumber", new SampleChain().BlockOf(6)),
        ["header without a root"] = Of(
            "eth_getBlockByHash",
            RpcFault.MalformedValue,
            HeaderByHash,
            block => block.AsObject().Remove("stateRoot")
        ),
        ["header with a short bloom"] = Of(
            "eth_getBlockByHash",
            RpcFault.MalformedValue,
            HeaderByHash,
            block => block["logsBloom"] = "0x00"
        ),
        ["header with fields of its own"] = Of(
            "eth_getBlockByHash",
            RpcFault.UnknownHeaderFields,
            HeaderByHash,
            block =>
            {
                block["timestamp"] = "0x1";
                block["sequencerSays"] = "trust me";
            }
        ),
        ["no head"] = Answers(RpcFault.NoHead, GetHead, "eth_getBlockByNumber", null),
        ["reorganisation within a batch"] = Speaks(RpcFault.BrokenHeaders, GetHeaders, node => node.TwistBody = Reorganise),
        ["hole among headers"] = Twists(RpcFault.BrokenHeaders, GetHeaders, body => body[2]!["result"] = null),
        ["receipt of another transaction"] = Of(
            "eth_getTransactionReceipt",
            RpcFault.WrongReceipt,
            FindReceipt,
            receipt => receipt["transactionHash"] = Word(1)
        ),
        ["receipt without status"] = Of(
            "eth_getTransactionReceipt",
            RpcFault.MalformedValue,
            FindReceipt,
            receipt => receipt.AsObject().Remove("status")
        ),
        ["receipt of status 2"] = Of("eth_getTransactionReceipt", RpcFault.WrongReceipt, FindReceipt, receipt => receipt["status"] = "0x2"),
        ["logs of a failure"] = Of("eth_getTransactionReceipt", RpcFault.WrongReceipt, FindReceipt, receipt => receipt["status"] = "0x0"),
        ["receipt without a block"] = Of(
            "eth_getTransactionReceipt",
            RpcFault.MalformedValue,
            FindReceipt,
            receipt => receipt["blockHash"] = null
        ),
        ["log of another block in a receipt"] = Of(
            "eth_getTransactionReceipt",
            RpcFault.WrongReceipt,
            FindReceipt,
            receipt => receipt["logs"]![1]!["blockHash"] = Word(1)
        ),
        ["log left out of a receipt"] = Of(
            "eth_getTransactionReceipt",
            RpcFault.WrongReceipt,
            FindReceipt,
            receipt => receipt["logs"]![1]!["logIndex"] = "0x2"
        ),
        ["log of another address"] = Logs(log => log["address"] = EvmAddress.Parse("0x" + new string('1', 40)).ToString()),
        ["log of another topic"] = Logs(log => log["topics"]![0] = Word(1)),
        ["log without topics"] = Logs(log => log["topics"] = new JsonArray()),
        ["log before the range"] = Logs(log => log["blockNumber"] = "0x2"),
        ["log behind the range"] = Logs(log => log["blockNumber"] = "0xa"),
        ["logs out of order"] = Of(
            "eth_getLogs",
            RpcFault.WrongLog,
            GetLogs,
            logs =>
            {
                logs[2]!["blockNumber"] = "0x4";
                logs[2]!["blockHash"] = Word(4);
            }
        ),
        ["removed log"] = Logs(log => log["removed"] = true),
        ["log twice"] = Logs(log => log["logIndex"] = "0x0"),
        ["two hashes of one block"] = Logs(log => log["blockHash"] = Word(1)),
        ["log of another block than the hash"] = Answers(
            RpcFault.WrongLog,
            LogsByHash,
            "eth_getLogs",
            new JsonArray(new SampleChain().Log(7, 4))
        ),
        ["log with five topics"] = Of(
            "eth_getLogs",
            RpcFault.MalformedValue,
            GetLogs,
            logs => logs[0]!["topics"] = new JsonArray(Word(1), Word(1), Word(1), Word(1), Word(1))
        ),
        ["fees of other blocks"] = Of("eth_feeHistory", RpcFault.WrongFees, GetFees, fees => fees["oldestBlock"] = "0x8"),
        ["fees that fall"] = Of("eth_feeHistory", RpcFault.WrongFees, GetFees, fees => fees["reward"]![0]![0] = "0x3"),
        ["transaction under another hash"] = Answers(RpcFault.WrongTransaction, Send, "eth_sendRawTransaction", Word(1)),
    };

    public static TheoryData<string> Names() => [.. Lies.Keys];

    [Theory, MemberData(nameof(Names))]
    public async Task Lie_EndsAsItsFault(string name)
    {
        var lie = Lies[name];
        await using var rig = new RpcRig();
        lie.Tell(rig.Node);

        var refused = await Assert.ThrowsAnyAsync<RpcException>(() => lie.Ask(new FailoverRpc(rig.Options)));

        Assert.Equal((lie.Fault, rig.Node.Endpoint.Name), (refused.Fault, refused.Endpoint));
        Assert.Equal(MayPass(lie.Fault) ? RpcPolicy.AttemptsMax : 1, rig.Node.Requests);
        AssertKeepsSecrets(rig, refused);
    }

    /// <summary>Without the lie every question is answered, or a lie would be refused for nothing that it says.</summary>
    [Theory, MemberData(nameof(Names))]
    public async Task Honesty_IsTaken(string name)
    {
        await using var rig = new RpcRig();
        await Lies[name].Ask(new FailoverRpc(rig.Options));
        Assert.Empty(rig.Faults);
    }

    [Fact]
    public async Task Liar_IsLeftAloneForAWhile()
    {
        await using var rig = new RpcRig();
        var rpc = new FailoverRpc(rig.Options);
        Lies["wrong chain id"].Tell(rig.Node);
        await Assert.ThrowsAsync<RpcException>(() => GetHead(rpc));
        rig.Node.TwistAnswer = null;

        var aside = await Assert.ThrowsAsync<RpcException>(() => GetHead(rpc));
        Assert.Equal((RpcFault.PutAside, 1), (aside.Fault, rig.Node.Requests));
        Assert.InRange(aside.RetryAfter!.Value, RpcPolicy.PauseMax, RpcPolicy.LieAside);

        rig.Time.Advance(RpcPolicy.LieAside);
        await GetHead(rpc);
    }

    /// <summary>An answer that was asked for before the lie comes after it.</summary>
    [Fact]
    public async Task Liar_IsNotRedeemedByAnEarlierRequest()
    {
        await using var rig = new RpcRig();
        var rpc = new FailoverRpc(rig.Options);
        var hold = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        rig.Node.Hold = hold.Task;
        var early = GetHead(rpc);
        await rig.Node.Asked;

        rig.Node.Hold = Task.CompletedTask;
        Lies["wrong chain id"].Tell(rig.Node);
        await Assert.ThrowsAsync<RpcException>(() => GetHead(rpc));
        rig.Node.TwistAnswer = null;
        hold.SetResult();
        await early;

        Assert.Equal(RpcFault.PutAside, (await Assert.ThrowsAsync<RpcException>(() => GetHead(rpc))).Fault);
    }

    [Fact]
    public async Task BadGateway_IsAskedAgainEachTimeLater()
    {
        await using var rig = new RpcRig();
        Task Speak(Stream to, CancellationToken cancel) =>
            to.WriteAsync(ScriptedNode.Http("<html>502</html>", "502 Bad Gateway"), cancel).AsTask();
        rig.Node.Speak = Speak;
        var rpc = new FailoverRpc(rig.Options);

        var refused = await Assert.ThrowsAsync<RpcException>(() => GetHead(rpc));

        Assert.Equal((RpcFault.HttpStatus, RpcPolicy.AttemptsMax), (refused.Fault, rig.Node.Requests));
        for (var attempt = 0; attempt < RpcPolicy.AttemptsMax; attempt++)
        {
            var most = RpcPolicy.FailureAside * (1 << attempt);
            Assert.InRange(rig.Asides[attempt], most / 2, most);
        }
        AssertKeepsSecrets(rig, refused);

        rig.Node.Speak = null;
        await GetHead(rpc);
        rig.Node.Speak = Speak;
        rig.Time.Advance(TimeSpan.FromSeconds(1));
        await Assert.ThrowsAsync<RpcException>(() => GetHead(rpc));
        Assert.InRange(rig.Asides[RpcPolicy.AttemptsMax], RpcPolicy.FailureAside / 2, RpcPolicy.FailureAside);
    }

    [Fact]
    public async Task BrokenConnection_IsAskedAgain()
    {
        await using var rig = new RpcRig();
        rig.Node.Speak = (to, cancel) =>
            to.WriteAsync("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n["u8.ToArray(), cancel).AsTask();

        var refused = await Assert.ThrowsAsync<RpcException>(() => GetHead(new FailoverRpc(rig.Options)));

        Assert.Equal((RpcFault.Unreachable, RpcPolicy.AttemptsMax), (refused.Fault, rig.Node.Requests));
        AssertKeepsSecrets(rig, refused);
    }

    [Fact]
    public async Task NoNode_IsUnreachable()
    {
        await using var rig = new RpcRig();
        rig.Node.Close();
        var refused = await Assert.ThrowsAsync<RpcException>(() => GetHead(new FailoverRpc(rig.Options)));
        Assert.Equal((RpcFault.Unreachable, rig.Node.Endpoint.Name), (refused.Fault, refused.Endpoint));
        AssertKeepsSecrets(rig, refused);
    }

    /// <summary>The handler that <see cref="RpcOptions.CreateInvoker"/> makes never goes there; another is found out.</summary>
    [Theory]
    [InlineData(false), InlineData(true)]
    public async Task Redirect_IsNotFollowed(bool operatorsHandlerFollows)
    {
        await using var rig = new RpcRig(nodes: 2);
        var other = $"http://{rig.Nodes[1].Endpoint.Name["http://".Length..]}/";
        rig.Node.Speak = (to, cancel) =>
            to.WriteAsync(ScriptedNode.Http("", "307 Temporary Redirect", $"location: {other}"), cancel).AsTask();
        using var invoker = operatorsHandlerFollows
            ? new HttpMessageInvoker(new SocketsHttpHandler { AllowAutoRedirect = true })
            : RpcOptions.CreateInvoker();

        var options = rig.Options with { Invoker = invoker, Endpoints = [rig.Node.Endpoint] };
        var refused = await Assert.ThrowsAsync<RpcException>(() => GetHead(new FailoverRpc(options)));

        Assert.Equal((RpcFault.Redirected, rig.Node.Endpoint.Name), (refused.Fault, refused.Endpoint));
        Assert.Equal(operatorsHandlerFollows ? 1 : 0, rig.Nodes[1].Requests);
    }

    [Fact]
    public async Task RetryAfterAYear_IsBelievedForHalfAnHour()
    {
        await using var rig = new RpcRig();
        rig.Node.Speak = (to, cancel) =>
            to.WriteAsync(ScriptedNode.Http("", "429 Too Many Requests", "retry-after: 31536000"), cancel).AsTask();
        var rpc = new FailoverRpc(rig.Options);

        var refused = await Assert.ThrowsAsync<RpcException>(() => GetHead(rpc));
        Assert.Equal((RpcFault.RateLimited, TimeSpan.FromDays(365), 1), (refused.Fault, refused.RetryAfter, rig.Node.Requests));
        Assert.Equal(RpcFault.PutAside, (await Assert.ThrowsAsync<RpcException>(() => GetHead(rpc))).Fault);

        rig.Node.Speak = null;
        rig.Time.Advance(RpcPolicy.AsideMax / 2);
        Assert.Equal(RpcFault.PutAside, (await Assert.ThrowsAsync<RpcException>(() => GetHead(rpc))).Fault);
        rig.Time.Advance(RpcPolicy.AsideMax / 2);
        await GetHead(rpc);
    }

    [Fact]
    public async Task Silence_EndsAtTheTimeLimit()
    {
        await using var rig = new RpcRig();
        rig.Node.Speak = (_, cancel) => Task.Delay(Timeout.Infinite, cancel);
        var options = rig.Options;
        var rpc = new FailoverRpc(options);

        var asked = GetHead(rpc);
        for (var attempt = 1; attempt <= RpcPolicy.AttemptsMax; attempt++)
        {
            var next = rig.Time.Armed(options.RequestTimeMax);
            await rig.Node.Asked;
            rig.Time.Advance(options.RequestTimeMax);
            await Task.WhenAny(next, asked);
        }

        var refused = await Assert.ThrowsAsync<RpcException>(() => asked);
        Assert.Equal(RpcFault.TimedOut, refused.Fault);
        Assert.Equal(RpcPolicy.AttemptsMax, rig.Faults.Count);
        AssertKeepsSecrets(rig, refused);
    }

    /// <summary>Each byte comes in time; all of them do not. The node itself moves the clock.</summary>
    [Fact]
    public async Task DrippingBody_EndsAtTheTimeLimit()
    {
        await using var rig = new RpcRig();
        rig.Node.Speak = async (to, cancel) =>
        {
            await to.WriteAsync("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9999\r\n\r\n"u8.ToArray(), cancel);
            for (var seconds = 0; seconds <= rig.Options.RequestTimeMax.TotalSeconds; seconds++)
            {
                await to.WriteAsync("["u8.ToArray(), cancel);
                rig.Time.Advance(TimeSpan.FromSeconds(1));
            }
            await Task.Delay(Timeout.Infinite, cancel);
        };

        var refused = await Assert.ThrowsAsync<RpcException>(() => GetHead(new FailoverRpc(rig.Options)));

        Assert.Equal(RpcFault.TimedOut, refused.Fault);
    }

    [Fact]
    public async Task Caller_MayCancel()
    {
        await using var rig = new RpcRig();
        rig.Node.Speak = (_, cancel) => Task.Delay(Timeout.Infinite, cancel);
        using var caller = new CancellationTokenSource();

        var asked = new FailoverRpc(rig.Options).GetHead(HeadKind.Latest, caller.Token);
        await rig.Node.Asked;
        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        Assert.Empty(rig.Faults);
    }

    /// <summary>What an honest node may do, too, is asked again.</summary>
    private static bool MayPass(RpcFault fault) =>
        fault is RpcFault.NotJson or RpcFault.NoHead or RpcFault.BrokenHeaders or RpcFault.TooManyValues;

    private static void AssertKeepsSecrets(RpcRig rig, RpcException refused)
    {
        Assert.NotEmpty(rig.Faults);
        foreach (var fault in rig.Faults.Append(refused))
        {
            Assert.StartsWith(rig.Node.Endpoint.Name, fault.Message);
            Assert.DoesNotContain(ScriptedNode.Secret, fault.ToString());
        }
    }

    private static Task GetHead(IEvmRpc rpc) => rpc.GetHead(HeadKind.Latest, Cancel);

    private static Task GetBalance(IEvmRpc rpc) => rpc.GetBalance(SampleChain.Contract, BlockId.Of(5), Cancel);

    private static Task GetCount(IEvmRpc rpc) => rpc.GetPendingTransactionCount(SampleChain.Contract, Cancel);

    private static Task Call(IEvmRpc rpc) => rpc.Call(new EvmCall { To = SampleChain.Contract }, BlockId.Of(5), Cancel);

    private static Task HeaderByNumber(IEvmRpc rpc) => rpc.FindHeader(BlockId.Of(5), Cancel);

    private static Task HeaderByHash(IEvmRpc rpc) => rpc.FindHeader(BlockId.Of(new SampleChain().HashOf(5)), Cancel);

    private static Task GetHeaders(IEvmRpc rpc) => rpc.GetHeaders(3, 4, Cancel);

    private static Task FindReceipt(IEvmRpc rpc) => rpc.FindReceipt(SampleChain.TransactionHash, Cancel);

    private static Task GetLogs(IEvmRpc rpc) => rpc.GetLogs(SampleChain.Filter, Cancel);

    private static Task LogsByHash(IEvmRpc rpc) => rpc.GetLogs(SampleChain.Filter with { BlockHash = new SampleChain().HashOf(5) }, Cancel);

    private static Task GetFees(IEvmRpc rpc) => rpc.GetFeeHistory(10, 2, [50, 90], Cancel);

    private static Task Send(IEvmRpc rpc) => rpc.Send(SampleTransactions.Sign(nonce: 7), Cancel);

    /// <summary>The headers from the fourth answer on are those of another chain; before it is the answer on the chain's number.</summary>
    private static JsonNode Reorganise(JsonNode body)
    {
        var other = new SampleChain(forkAt: 4);
        foreach (var answer in body.AsArray().Skip(3))
        {
            answer!["result"] = other.BlockOf(ulong.Parse(((string)answer["result"]!["number"]!)[2..], NumberStyles.HexNumber, null));
        }
        return body;
    }

    private static string Nested(int levels) => new string('[', levels) + new string(']', levels);

    private static string Word(byte last) => $"0x{last.ToString("x64", CultureInfo.InvariantCulture)}";

    private static Lie Answers(RpcFault fault, Func<IEvmRpc, Task> ask, string method, JsonNode? result) =>
        Speaks(fault, ask, node => node.TwistAnswer = (asked, answer) => Replace(asked == method, answer, result));

    private static void Replace(bool applies, JsonObject answer, JsonNode? result)
    {
        if (applies)
        {
            answer["result"] = result?.DeepClone();
        }
    }

    private static Lie Of(string method, RpcFault fault, Func<IEvmRpc, Task> ask, Action<JsonNode> twist)
    {
        void Twist(string asked, JsonObject answer)
        {
            if (asked == method)
            {
                twist(answer["result"]!);
            }
        }
        return Speaks(fault, ask, node => node.TwistAnswer = Twist);
    }

    private static Lie Logs(Action<JsonNode> twist) => Of("eth_getLogs", RpcFault.WrongLog, GetLogs, logs => twist(logs[1]!));

    private static Lie Errors(RpcFault fault, Func<IEvmRpc, Task> ask, string error) =>
        Twists(
            fault,
            ask,
            body =>
            {
                body[1]!.AsObject().Remove("result");
                body[1]!["error"] = JsonNode.Parse(error);
            }
        );

    private static Lie Twists(RpcFault fault, Func<IEvmRpc, Task> ask, Action<JsonNode> twist)
    {
        JsonNode Twist(JsonNode body)
        {
            twist(body);
            return body;
        }
        return Speaks(fault, ask, node => node.TwistBody = Twist);
    }

    private static Lie Bodies(RpcFault fault, Func<IEvmRpc, Task> ask, string body) => Speaks(fault, ask, ScriptedNode.Http(body));

    private static Lie Speaks(RpcFault fault, Func<IEvmRpc, Task> ask, byte[] http) =>
        Speaks(fault, ask, node => node.Speak = (to, cancel) => to.WriteAsync(http, cancel).AsTask());

    private static Lie Speaks(RpcFault fault, Func<IEvmRpc, Task> ask, Action<ScriptedNode> tell) => new(fault, ask, tell);

    private sealed record Lie(RpcFault Fault, Func<IEvmRpc, Task> Ask, Action<ScriptedNode> Tell);
}
