using System.Net.WebSockets;
using System.Text;
using Marketplace.Api.Workers;
using Marketplace.Testing;
using Marketplace.Worker.Protocol;

namespace Marketplace.Tests.Worker;

/// <summary>Frames after the handshake: what a stranger on the way, or the other end, can send.</summary>
public sealed class ChannelTests : IDisposable
{
    private const string Heartbeat = """{"heartbeat":{"at":"2026-01-02T03:04:05+00:00"}}""";
    private const string Taken = """{"call":1,"taken":{"sequence":1}}""";

    private readonly SocketPair _pair = new();
    private readonly LinkKeys _keys = new([.. Enumerable.Repeat((byte)1, 32)], [.. Enumerable.Repeat((byte)2, 32)]);
    private readonly LinkChannel _market;

    public ChannelTests() => _market = LinkChannel.OfMarket(_pair.Market, _keys, new OneLinkMemory(), TimeProvider.System);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Frames_ArriveInBothDirectionsInTheirOrder()
    {
        using var worker = LinkChannel.OfWorker(_pair.Worker, _keys, new OneLinkMemory(), TimeProvider.System);

        for (var number = 1; number <= 3; number++)
        {
            await worker.Send(new LinkFrame { Call = number, Taken = new ReportTaken(number) }, Cancellation);
            await _market.Send(new LinkFrame { Call = number, Taken = new ReportTaken(-number) }, Cancellation);
            Assert.Equal(number, (await _market.Receive(Cancellation)).Frame.Taken?.Sequence);
            Assert.Equal(-number, (await worker.Receive(Cancellation)).Frame.Taken?.Sequence);
        }
    }

    /// <summary>Answers may be ready while the connection ends: a reader who has heard goodbye must hear nothing more.</summary>
    [Fact]
    public async Task Goodbye_IsTheLastFrame()
    {
        await _market.Send(new LinkFrame { Goodbye = new LinkGoodbye(LinkEnd.Replaced, "") }, Cancellation);

        var refused = await Assert.ThrowsAsync<LinkEndedException>(() =>
            _market.Send(new LinkFrame { Call = 1, Taken = new ReportTaken(1) }, Cancellation)
        );

        Assert.Equal(LinkEnd.Done, refused.Reason);
    }

    [Fact]
    public async Task RepeatedFrame_EndsTheConnection()
    {
        var frame = FrameSeal.Seal(_keys.ToMarket, 1, Encoding.UTF8.GetBytes(Heartbeat));
        await Send(frame);
        await _market.Receive(Cancellation);

        await Send(frame);

        await Ends(LinkEnd.BadSequence);
    }

    [Theory]
    [InlineData(0), InlineData(2), InlineData(-1), InlineData(long.MaxValue)]
    public async Task FirstFrameWithAnotherNumberThanOne_EndsTheConnection(long number)
    {
        await Send(FrameSeal.Seal(_keys.ToMarket, number, Encoding.UTF8.GetBytes(Heartbeat)));

        await Ends(number < 0 ? LinkEnd.BadSeal : LinkEnd.BadSequence);
    }

    [Fact]
    public async Task LeftOutFrame_EndsTheConnection()
    {
        await Send(FrameSeal.Seal(_keys.ToMarket, 1, Encoding.UTF8.GetBytes(Heartbeat)));
        await _market.Receive(Cancellation);

        await Send(FrameSeal.Seal(_keys.ToMarket, 3, Encoding.UTF8.GetBytes(Heartbeat)));

        await Ends(LinkEnd.BadSequence);
    }

    /// <summary>A frame that the market sent comes back to it.</summary>
    [Fact]
    public async Task ReflectedFrame_EndsTheConnection()
    {
        await Send(FrameSeal.Seal(_keys.ToWorker, 1, Encoding.UTF8.GetBytes(Heartbeat)));

        await Ends(LinkEnd.BadSeal);
    }

    [Fact]
    public async Task EveryChangedByte_EndsTheConnection()
    {
        var frame = FrameSeal.Seal(_keys.ToMarket, 1, Encoding.UTF8.GetBytes(Heartbeat));

        for (var at = 0; at < frame.Length; at++)
        {
            var changed = frame.ToArray();
            changed[at] ^= 1;
            Assert.False(FrameSeal.TryOpen(_keys.ToMarket, changed, out _, out _), $"byte {at}");
        }
        Assert.True(FrameSeal.TryOpen(_keys.ToMarket, frame, out var number, out var jsonAt));
        Assert.Equal((1, Heartbeat), (number, Encoding.UTF8.GetString(frame[jsonAt..])));
        frame[^1] ^= 1;
        await Send(frame);
        await Ends(LinkEnd.BadSeal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("{}")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.1.{}")]
    public async Task TextThatIsNotSealed_EndsTheConnection(string text)
    {
        await Send(Encoding.UTF8.GetBytes(text));

        await Ends(LinkEnd.BadSeal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"call":1}""")]
    [InlineData("""{"heartbeat":null}""")]
    [InlineData("""{"taken":{"sequence":1},"heartbeat":{"at":"2026-01-02T03:04:05+00:00"}}""")]
    [InlineData("""{"taken":{"sequence":1},"taken":{"sequence":1}}""")]
    [InlineData("""{"taken":{"sequence":"1"}}""")]
    [InlineData("""{"taken":{}}""")]
    [InlineData("""{"taken":{"sequence":1},"other":1}""")]
    [InlineData("""{"taken":{"sequence":1}} """ + "x")]
    [InlineData("""{"list":[[[[[[[[[[]]]]]]]]]]}""")]
    public async Task SealedFrameThatIsMalformed_EndsTheConnection(string json)
    {
        await Send(FrameSeal.Seal(_keys.ToMarket, 1, Encoding.UTF8.GetBytes(json)));

        await Ends(LinkEnd.Malformed);
    }

    [Fact]
    public async Task BinaryMessage_EndsTheConnection()
    {
        await _pair.Worker.SendAsync(new byte[8], WebSocketMessageType.Binary, endOfMessage: true, Cancellation);

        await Ends(LinkEnd.Malformed);
    }

    /// <summary>An older worker understands a newer market.</summary>
    [Fact]
    public async Task UnknownMember_IsSkippedByAWorker()
    {
        using var worker = LinkChannel.OfWorker(_pair.Worker, _keys, new OneLinkMemory(), TimeProvider.System);
        var json = """{"taken":{"sequence":1,"more":1},"new":{}}"""u8;

        await _pair.Market.SendAsync(FrameSeal.Seal(_keys.ToWorker, 1, json), WebSocketMessageType.Text, endOfMessage: true, Cancellation);

        Assert.Equal(1, (await worker.Receive(Cancellation)).Frame.Taken?.Sequence);
    }

    [Theory, TestsBound(typeof(LinkPolicy), nameof(LinkPolicy.FrameBytesMax))]
    [InlineData(0), InlineData(1)]
    public async Task FrameOfTheLargestSize_IsTaken_AndNoLargerOne(int beyond)
    {
        var json = Encoding.UTF8.GetBytes(Taken.PadRight(LinkPolicy.FrameBytesMax + beyond));
        var sending = Send(FrameSeal.Seal(_keys.ToMarket, 1, json));

        if (beyond == 0)
        {
            Assert.Equal(LinkPolicy.FrameBytesMax, (await _market.Receive(Cancellation)).Bytes);
        }
        else
        {
            await Ends(LinkEnd.TooLarge);
        }
        await sending;
    }

    /// <summary>The memory of a message is asked for before it is there, and given back.</summary>
    [Fact]
    public async Task MessageWithoutRoomInMemory_EndsTheConnection()
    {
        using var pair = new SocketPair();
        var memory = new SmallMemory(2 * LinkPolicy.MessagePieceBytes);
        using var market = LinkChannel.OfMarket(pair.Market, _keys, memory, TimeProvider.System);
        var json = Encoding.UTF8.GetBytes(Taken.PadRight(4 * LinkPolicy.MessagePieceBytes));
        var sending = pair.Worker.SendAsync(
            FrameSeal.Seal(_keys.ToMarket, 1, json),
            WebSocketMessageType.Text,
            endOfMessage: true,
            Cancellation
        );

        var ended = await Assert.ThrowsAsync<LinkEndedException>(() => market.Receive(Cancellation));

        Assert.Equal(LinkEnd.Overloaded, ended.Reason);
        Assert.Equal(0, memory.Held);
        await sending;
    }

    [Fact, TestsBound(typeof(LinkPolicy), nameof(LinkPolicy.WindowFrames))]
    public async Task FramesBeyondTheWindow_EndTheConnection()
    {
        for (var number = 1; number <= LinkPolicy.WindowFrames; number++)
        {
            await Send(FrameSeal.Seal(_keys.ToMarket, number, Encoding.UTF8.GetBytes(Taken)));
            await _market.Receive(Cancellation);
        }

        await Send(FrameSeal.Seal(_keys.ToMarket, LinkPolicy.WindowFrames + 1, Encoding.UTF8.GetBytes(Taken)));

        await Ends(LinkEnd.OverCredit);
    }

    /// <summary>A sender waits until the other side is done with what it has, and then goes on.</summary>
    [Fact]
    public async Task Sender_WaitsForCredit()
    {
        using var worker = LinkChannel.OfWorker(_pair.Worker, _keys, new OneLinkMemory(), TimeProvider.System);
        var received = new List<ReceivedFrame>();
        for (var number = 1; number <= LinkPolicy.WindowFrames; number++)
        {
            await worker.Send(new LinkFrame { Taken = new ReportTaken(number) }, Cancellation);
            received.Add(await _market.Receive(Cancellation));
        }

        var waiting = worker.Send(new LinkFrame { Taken = new ReportTaken(0) }, Cancellation);
        Assert.False(waiting.IsCompleted);
        var credits = received.Select(_market.Done).OfType<LinkFrame>().ToArray();
        Assert.Equal(LinkPolicy.WindowFrames, credits.Sum(frame => frame.Credit!.Frames));
        await _market.Send(credits[0], Cancellation);
        await _market.Send(new LinkFrame { Heartbeat = new LinkHeartbeat(default) }, Cancellation);
        await worker.Receive(Cancellation);
        await waiting;

        Assert.Equal(0, (await _market.Receive(Cancellation)).Frame.Taken?.Sequence);
    }

    [Fact, TestsBound(typeof(LinkPolicy), nameof(LinkPolicy.WindowBytes))]
    public void Window_CountsFramesAndBytes()
    {
        var window = new CreditWindow();
        Assert.True(window.Take(LinkPolicy.WindowBytes, Cancellation).IsCompletedSuccessfully);
        using var gaveUp = new CancellationTokenSource();
        var cancelled = window.Take(1, gaveUp.Token);
        var next = window.Take(1, Cancellation);
        gaveUp.Cancel();
        Assert.False(next.IsCompleted);

        Assert.False(window.TryGrant(new LinkCredit(0, 1)));
        Assert.False(window.TryGrant(new LinkCredit(1, -1)));
        Assert.False(window.TryGrant(new LinkCredit(1, LinkPolicy.WindowBytes + 1L)));
        Assert.False(window.TryGrant(new LinkCredit(2, 0)));
        Assert.True(window.TryGrant(new LinkCredit(1, LinkPolicy.WindowBytes)));
    }

    [Theory]
    [InlineData("""{"credit":{"frames":1,"bytes":0}}""")]
    [InlineData("""{"credit":{"frames":0,"bytes":0}}""")]
    [InlineData("""{"credit":{"frames":-1,"bytes":1}}""")]
    public async Task CreditForWhatWasNotUsed_EndsTheConnection(string json)
    {
        await Send(FrameSeal.Seal(_keys.ToMarket, 1, Encoding.UTF8.GetBytes(json)));

        await Ends(LinkEnd.OverCredit);
    }

    [Fact, TestsBound(typeof(LinkPolicy), nameof(LinkPolicy.HeartbeatsBurst))]
    public async Task HeartbeatsWithoutAPause_EndTheConnection()
    {
        using var pair = new SocketPair();
        using var market = LinkChannel.OfMarket(pair.Market, _keys, new OneLinkMemory(), new ImpatientTime(TimeSpan.Zero));
        for (var number = 1; number <= LinkPolicy.HeartbeatsBurst + 1; number++)
        {
            await pair.Worker.SendAsync(
                FrameSeal.Seal(_keys.ToMarket, number, Encoding.UTF8.GetBytes(Heartbeat)),
                WebSocketMessageType.Text,
                endOfMessage: true,
                Cancellation
            );
            if (number <= LinkPolicy.HeartbeatsBurst)
            {
                await market.Receive(Cancellation);
            }
        }

        var ended = await Assert.ThrowsAsync<LinkEndedException>(() => market.Receive(Cancellation));

        Assert.Equal(LinkEnd.TooOften, ended.Reason);
    }

    [Fact]
    public async Task SilentSide_IsGivenUp()
    {
        using var pair = new SocketPair();
        using var market = LinkChannel.OfMarket(pair.Market, _keys, new OneLinkMemory(), new ImpatientTime(LinkPolicy.SilenceMax));

        var ended = await Assert.ThrowsAsync<LinkEndedException>(() => market.Receive(Cancellation));

        Assert.Equal(LinkEnd.Silent, ended.Reason);
    }

    [Fact]
    public async Task Goodbye_TellsTheOtherSideWhy()
    {
        using var worker = LinkChannel.OfWorker(_pair.Worker, _keys, new OneLinkMemory(), TimeProvider.System);

        var closing = _market.Close(LinkEnd.Replaced, "Another connection came.");
        var goodbye = (await worker.Receive(Cancellation)).Frame.Goodbye;
        var ended = await Assert.ThrowsAsync<LinkEndedException>(() => worker.Receive(Cancellation));
        worker.Dispose();
        await closing;

        Assert.Equal(new LinkGoodbye(LinkEnd.Replaced, "Another connection came."), goodbye);
        Assert.Equal((LinkEnd.Replaced, "Another connection came."), (ended.Reason, ended.Message));
    }

    public void Dispose()
    {
        _market.Dispose();
        _pair.Dispose();
    }

    private async Task Ends(LinkEnd reason)
    {
        var ended = await Assert.ThrowsAsync<LinkEndedException>(() => _market.Receive(Cancellation));
        Assert.Equal(reason, ended.Reason);
    }

    private Task Send(byte[] message) => _pair.Worker.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, Cancellation);

    private sealed class SmallMemory(int bytesMax) : ILinkMemory
    {
        public int Held { get; private set; }

        public bool TryTake(int bytes)
        {
            if (Held + bytes > bytesMax)
            {
                return false;
            }
            Held += bytes;
            return true;
        }

        public void Return(int bytes) => Held -= bytes;
    }
}
