using System.Net.WebSockets;
using System.Security.Cryptography;
using Marketplace.Api.Workers;
using Marketplace.Crypto;
using Marketplace.Worker.Protocol;

namespace Marketplace.Tests.Worker;

/// <summary>What a man in the middle may try, and what either end may get wrong.</summary>
public sealed class HandshakeTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task BothEnds_KnowEachOtherAndHaveTheSameKeys()
    {
        using var pair = new SocketPair();
        using var worker = ProtocolSamples.Worker();
        using var market = ProtocolSamples.Market();
        using var mine = LinkEphemeral.Make(RandomNumberGenerator.Create());
        using var theirs = LinkEphemeral.Make(RandomNumberGenerator.Create());

        var accepting = LinkHandshake.Accept(pair.Market, market, theirs, Cancellation);
        var (workerKeys, key) = await LinkHandshake.Connect(pair.Worker, worker, market.PublicKey, mine, Cancellation);
        var (marketKeys, id) = await accepting;

        Assert.Equal((market.PublicKey, new WorkerId(worker.PublicKey)), (key, id));
        Assert.Equal(workerKeys.ToMarket, marketKeys.ToMarket);
        Assert.Equal(workerKeys.ToWorker, marketKeys.ToWorker);
        Assert.NotEqual(workerKeys.ToMarket, workerKeys.ToWorker);
    }

    public static TheoryData<string> Changes =>
        [
            "hello.versions",
            "hello.worker",
            "hello.nonce",
            "hello.ephemeral",
            "hello.market",
            "nonce",
            "ephemeral",
            "market",
            "swapped nonces",
        ];

    /// <summary>Who changes a message on its way has no connection that either end takes for the other's.</summary>
    [Theory, MemberData(nameof(Changes))]
    public void ChangedMessage_BreaksTheHandshake(string change)
    {
        using var worker = ProtocolSamples.Worker();
        using var market = ProtocolSamples.Market();
        using var mine = ProtocolSamples.WorkerEphemeral();
        using var theirs = ProtocolSamples.MarketEphemeral();
        using var middle = LinkEphemeral.Make(RandomNumberGenerator.Create());
        using var stranger = Ed25519KeyPair.Generate(RandomNumberGenerator.Create());
        var hello = LinkHandshake.Hello(new WorkerId(worker.PublicKey), null, mine);
        var (nonce, point) = (middle.Nonce.ToString(), LinkTranscript.PointOf(middle.Key));
        var seen = change switch
        {
            "hello.versions" => hello with { Versions = [LinkPolicy.Version, 3] },
            "hello.worker" => hello with { Worker = new WorkerId(stranger.PublicKey) },
            "hello.nonce" => hello with { Nonce = nonce },
            "hello.ephemeral" => hello with { Ephemeral = point },
            "hello.market" => hello with { Market = market.PublicKey.ToString() },
            _ => hello,
        };
        var challenge = LinkHandshake.Challenge(seen, market, theirs);
        var got = change switch
        {
            "nonce" => challenge with { Nonce = nonce },
            "ephemeral" => challenge with { Ephemeral = point },
            "market" => challenge with { Market = stranger.PublicKey.ToString() },
            "swapped nonces" => challenge with { Nonce = hello.Nonce },
            _ => challenge,
        };

        var ended = Assert.Throws<LinkEndedException>(() => LinkHandshake.Prove(hello, got, worker, null, mine));

        Assert.Equal(LinkEnd.OtherMarket, ended.Reason);
        // A worker that did not look would be refused by the market.
        var careless = worker.Sign(LinkTranscript.WorkerMessage(LinkTranscript.Hash(hello, got)));
        var refused = Assert.Throws<LinkEndedException>(() =>
            LinkHandshake.Check(seen, challenge, new LinkProof(Convert.ToHexStringLower(careless)), theirs)
        );
        Assert.Equal(LinkEnd.ProofRefused, refused.Reason);
    }

    [Fact]
    public void ProofOfAnotherConnection_IsRefused()
    {
        using var worker = ProtocolSamples.Worker();
        using var market = ProtocolSamples.Market();
        using var mine = ProtocolSamples.WorkerEphemeral();
        using var before = ProtocolSamples.MarketEphemeral();
        using var now = LinkEphemeral.Make(RandomNumberGenerator.Create());
        var hello = LinkHandshake.Hello(new WorkerId(worker.PublicKey), null, mine);
        var (proof, _) = LinkHandshake.Prove(hello, LinkHandshake.Challenge(hello, market, before), worker, null, mine);

        var ended = Assert.Throws<LinkEndedException>(() =>
            LinkHandshake.Check(hello, LinkHandshake.Challenge(hello, market, now), proof, now)
        );

        Assert.Equal(LinkEnd.ProofRefused, ended.Reason);
    }

    /// <summary>A market that passes a worker's messages on to another market gets a proof that names the wrong one.</summary>
    [Fact]
    public void ProofForOneMarket_IsOfNoUseAtAnother()
    {
        using var worker = ProtocolSamples.Worker();
        using var market = ProtocolSamples.Market();
        using var evil = new MarketIdentity(Ed25519KeyPair.Generate(RandomNumberGenerator.Create()));
        using var mine = ProtocolSamples.WorkerEphemeral();
        using var theirs = ProtocolSamples.MarketEphemeral();
        var hello = LinkHandshake.Hello(new WorkerId(worker.PublicKey), null, mine);
        var real = LinkHandshake.Challenge(hello, market, theirs);
        var relayed = LinkHandshake.Challenge(hello, evil, theirs);
        var (proof, _) = LinkHandshake.Prove(hello, relayed, worker, null, mine);

        var ended = Assert.Throws<LinkEndedException>(() => LinkHandshake.Check(hello, real, proof, theirs));

        Assert.Equal(LinkEnd.ProofRefused, ended.Reason);
    }

    [Fact]
    public void MarketWithAnotherKeyThanTheKnownOne_IsRefusedByItsWorker()
    {
        using var worker = ProtocolSamples.Worker();
        using var market = ProtocolSamples.Market();
        using var mine = ProtocolSamples.WorkerEphemeral();
        using var theirs = ProtocolSamples.MarketEphemeral();
        var hello = LinkHandshake.Hello(new WorkerId(worker.PublicKey), null, mine);
        var challenge = LinkHandshake.Challenge(hello, market, theirs);

        var ended = Assert.Throws<LinkEndedException>(() => LinkHandshake.Prove(hello, challenge, worker, worker.PublicKey, mine));

        Assert.Equal(LinkEnd.OtherMarket, ended.Reason);
        Assert.Contains(market.PublicKey.ToString(), ended.Message);
        Assert.Contains(worker.PublicKey.ToString(), ended.Message);
    }

    [Theory]
    [InlineData("""{"versions":[1],"worker":"W","nonce":"N","ephemeral":"E"}""", LinkEnd.VersionRefused)]
    [InlineData("""{"versions":[],"worker":"W","nonce":"N","ephemeral":"E"}""", LinkEnd.VersionRefused)]
    [InlineData("""{"versions":[3],"worker":"W","nonce":"N","ephemeral":"E","market":"N"}""", LinkEnd.OtherMarket)]
    [InlineData("""{"versions":[3],"worker":"W","nonce":"12","ephemeral":"E"}""", LinkEnd.Malformed)]
    [InlineData("""{"versions":[3],"worker":"W","nonce":"N","ephemeral":"N"}""", LinkEnd.Malformed)]
    [InlineData("""{"versions":[3],"worker":"W","nonce":"N","ephemeral":"E","other":1}""", LinkEnd.Malformed)]
    [InlineData("""{"versions":[3],"worker":"W","nonce":"N","nonce":"N","ephemeral":"E"}""", LinkEnd.Malformed)]
    [InlineData("""{"versions":[3],"worker":"W","nonce":"N"}""", LinkEnd.Malformed)]
    [InlineData("null", LinkEnd.Malformed)]
    [InlineData("{", LinkEnd.Malformed)]
    public async Task HelloThatBreaksARule_IsRefusedWithItsReason(string hello, LinkEnd reason)
    {
        using var pair = new SocketPair();
        using var market = ProtocolSamples.Market();
        using var theirs = ProtocolSamples.MarketEphemeral();
        using var mine = ProtocolSamples.WorkerEphemeral();
        var text = hello
            .Replace("\"W\"", $"\"{ProtocolSamples.WorkerId}\"", StringComparison.Ordinal)
            .Replace("\"N\"", $"\"{mine.Nonce}\"", StringComparison.Ordinal)
            .Replace("\"E\"", $"\"{LinkTranscript.PointOf(mine.Key)}\"", StringComparison.Ordinal);

        await SendText(pair.Worker, System.Text.Encoding.UTF8.GetBytes(text));
        var ended = await Assert.ThrowsAsync<LinkEndedException>(() => LinkHandshake.Accept(pair.Market, market, theirs, Cancellation));

        Assert.Equal(reason, ended.Reason);
    }

    [Fact]
    public async Task HelloOfMoreBytesThanAllowed_IsRefused()
    {
        using var pair = new SocketPair();
        using var market = ProtocolSamples.Market();
        using var theirs = ProtocolSamples.MarketEphemeral();

        var sending = SendText(pair.Worker, new byte[LinkPolicy.HandshakeBytesMax + 1]);
        var ended = await Assert.ThrowsAsync<LinkEndedException>(() => LinkHandshake.Accept(pair.Market, market, theirs, Cancellation));

        Assert.Equal(LinkEnd.TooLarge, ended.Reason);
        await sending;
    }

    [Fact]
    public void EphemeralKeyThatIsNoPointOfTheCurve_IsRefused()
    {
        using var mine = ProtocolSamples.WorkerEphemeral();

        var ended = Assert.Throws<LinkEndedException>(() =>
            LinkTranscript.Keys(mine.Key, "04" + new string('1', 2 * (LinkTranscript.PointSize - 1)), default)
        );

        Assert.Equal(LinkEnd.Malformed, ended.Reason);
    }

    [Fact]
    public async Task RefusalInAClosingMessage_IsTheReasonThatTheWorkerHears()
    {
        using var pair = new SocketPair();
        using var worker = ProtocolSamples.Worker();
        using var mine = ProtocolSamples.WorkerEphemeral();

        var connecting = LinkHandshake.Connect(pair.Worker, worker, null, mine, Cancellation);
        await pair.Market.CloseOutputAsync(WebSocketCloseStatus.PolicyViolation, "version_refused: Speak 9.", Cancellation);
        var ended = await Assert.ThrowsAsync<LinkEndedException>(() => connecting);

        Assert.Equal((LinkEnd.VersionRefused, "Speak 9."), (ended.Reason, ended.Message));
    }

    private static Task SendText(WebSocket socket, byte[] bytes) =>
        socket.SendAsync(bytes, WebSocketMessageType.Text, endOfMessage: true, Cancellation);
}
