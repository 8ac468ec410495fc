using System.Buffers;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Marketplace.Api.Workers;

namespace Marketplace.Worker.Protocol;

/// <summary>
/// Frames over a WebSocket, after the handshake: sealed, counted, within the credit that the other side granted. Both ends use it. Many may
/// send at a time, one receives. Whatever breaks a rule ends in a <see cref="LinkEndedException"/>, after which the owner closes.
/// </summary>
public sealed class LinkChannel : IDisposable
{
    private readonly WebSocket _socket;
    private readonly byte[] _sendKey;
    private readonly byte[] _receiveKey;
    private readonly JsonTypeInfo<LinkFrame> _form;
    private readonly ILinkMemory _memory;
    private readonly TimeProvider _time;
    private readonly CreditWindow _mine = new();
    private readonly GrantedWindow _theirs = new();
    private readonly HeartbeatRate _heartbeats;
    private readonly SemaphoreSlim _sending = new(1);
    private readonly CancellationTokenSource _silent = new();
    private readonly ITimer _silence;
    private long _sent;
    private long _received;
    private bool _isOver;

    private LinkChannel(
        WebSocket socket,
        byte[] sendKey,
        byte[] receiveKey,
        JsonTypeInfo<LinkFrame> form,
        ILinkMemory memory,
        TimeProvider time
    )
    {
        (_socket, _sendKey, _receiveKey, _form, _memory, _time) = (socket, sendKey, receiveKey, form, memory, time);
        _heartbeats = new HeartbeatRate(time);
        _silence = time.CreateTimer(_ => _silent.Cancel(), null, LinkPolicy.SilenceMax, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The market's end.</summary>
    public static LinkChannel OfMarket(WebSocket socket, LinkKeys keys, ILinkMemory memory, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(time);
        return new LinkChannel(socket, keys.ToWorker, keys.ToMarket, LinkJson.OfWorker<LinkFrame>(), memory, time);
    }

    /// <summary>The worker's end.</summary>
    public static LinkChannel OfWorker(WebSocket socket, LinkKeys keys, ILinkMemory memory, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(time);
        return new LinkChannel(socket, keys.ToMarket, keys.ToWorker, LinkJson.OfMarket<LinkFrame>(), memory, time);
    }

    /// <summary>Sends a frame as soon as there is credit for it. A frame that was cancelled before its turn was not sent.</summary>
    /// <exception cref="LinkEndedException">The connection is over, or the frame is larger than any may be: then it was not
    /// sent.</exception>
    public async Task Send(LinkFrame frame, CancellationToken cancellation)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(frame, _form);
        if (json.Length > LinkPolicy.FrameBytesMax)
        {
            throw new LinkEndedException(LinkEnd.TooLarge, $"A frame has {json.Length} bytes; allowed are {LinkPolicy.FrameBytesMax}.");
        }
        // A goodbye is short, and may say that there is no memory.
        var held = frame.Goodbye is null ? json.Length : 0;
        if (!_memory.TryTake(held))
        {
            throw new LinkEndedException(LinkEnd.Overloaded, "There is no memory for a message that waits for its reader.");
        }
        try
        {
            if (!LinkKinds.IsFree(frame))
            {
                await _mine.Take(json.Length, cancellation);
            }
            await SendInTurn(json, isLast: frame.Goodbye is not null, cancellation);
        }
        finally
        {
            _memory.Return(held);
        }
    }

    private async Task SendInTurn(byte[] json, bool isLast, CancellationToken cancellation)
    {
        await _sending.WaitAsync(cancellation);
        try
        {
            // Answers that were ready meanwhile come too late: a goodbye is the last frame.
            if (_isOver)
            {
                throw new LinkEndedException(LinkEnd.Done, "This side has said goodbye.");
            }
            _isOver = isLast;
            // Not the caller's token: half a message would be the end of the connection.
            using var deadline = new CancellationTokenSource(LinkPolicy.SendTimeMax, _time);
            await _socket.SendAsync(FrameSeal.Seal(_sendKey, ++_sent, json), WebSocketMessageType.Text, endOfMessage: true, deadline.Token);
        }
        catch (OperationCanceledException slow)
        {
            throw new LinkEndedException(LinkEnd.Slow, $"A frame was not taken within {LinkPolicy.SendTimeMax}.", slow);
        }
        catch (Exception lost) when (lost is WebSocketException or IOException or InvalidOperationException)
        {
            throw new LinkEndedException(LinkEnd.Silent, $"The connection is lost: {lost.Message}", lost);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>
    /// The next frame that is not credit. The owner says with <see cref="Done"/> when it is done with one that needed credit.
    /// </summary>
    /// <exception cref="LinkEndedException">The connection is over; the reason is what the other side said, or which rule it
    /// broke.</exception>
    public async Task<ReceivedFrame> Receive(CancellationToken cancellation)
    {
        while (true)
        {
            var received = await ReceiveAny(cancellation);
            if (received.Frame.Credit is not { } credit)
            {
                return received;
            }
            Done(received);
            if (!_mine.TryGrant(credit))
            {
                throw new LinkEndedException(LinkEnd.OverCredit, "A credit grants nothing, or more than was used.");
            }
        }
    }

    /// <summary>Gives the frame's memory back and, where it is time, grants the other side new credit.</summary>
    /// <returns>The credit frame to send; null where it is not time.</returns>
    public LinkFrame? Done(ReceivedFrame received)
    {
        ArgumentNullException.ThrowIfNull(received);
        _memory.Return(received.Held);
        return !LinkKinds.IsFree(received.Frame) && _theirs.Use(received.Bytes) is { } credit ? new LinkFrame { Credit = credit } : null;
    }

    /// <summary>Says goodbye and closes.</summary>
    public async Task Close(LinkEnd reason, string message)
    {
        using var deadline = new CancellationTokenSource(LinkPolicy.CloseTimeMax, _time);
        try
        {
            await Send(new LinkFrame { Goodbye = new LinkGoodbye(reason, message) }, deadline.Token).WaitAsync(deadline.Token);
        }
        catch (Exception lost) when (lost is LinkEndedException or OperationCanceledException)
        {
            // There is nobody who would read it.
        }
        await LinkClosing.Close(_socket, reason, message, _time);
    }

    public void Dispose()
    {
        _silence.Dispose();
        _socket.Abort();
        _socket.Dispose();
    }

    private async Task<ReceivedFrame> ReceiveAny(CancellationToken cancellation)
    {
        var message = new ReceivedMessage(_socket, _memory);
        try
        {
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _silent.Token);
            await message.Read(ended.Token);
            var frame = Open(message.Bytes, out var bytes);
            _silence.Change(LinkPolicy.SilenceMax, Timeout.InfiniteTimeSpan);
            return new ReceivedFrame(frame, bytes, message.Keep());
        }
        catch (OperationCanceledException silent) when (_silent.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw new LinkEndedException(LinkEnd.Silent, $"Nothing was heard for {LinkPolicy.SilenceMax}.", silent);
        }
        catch (Exception lost) when (lost is WebSocketException or IOException or InvalidOperationException or ObjectDisposedException)
        {
            throw new LinkEndedException(LinkEnd.Silent, $"The connection is lost: {lost.Message}", lost);
        }
        finally
        {
            message.Dispose();
        }
    }

    private LinkFrame Open(ReadOnlySpan<byte> message, out int bytes)
    {
        if (!FrameSeal.TryOpen(_receiveKey, message, out var number, out var jsonAt))
        {
            throw new LinkEndedException(LinkEnd.BadSeal, "A frame is not sealed with this connection's key.");
        }
        if (number != _received + 1)
        {
            throw new LinkEndedException(LinkEnd.BadSequence, $"Frame {number} came; expected is {_received + 1}.");
        }
        _received = number;
        bytes = message.Length - jsonAt;
        if (bytes > LinkPolicy.FrameBytesMax)
        {
            throw new LinkEndedException(LinkEnd.TooLarge, $"A frame has {bytes} bytes; allowed are {LinkPolicy.FrameBytesMax}.");
        }
        var frame = Parse(message[jsonAt..]);
        if (!LinkKinds.HasOne(frame))
        {
            throw new LinkEndedException(LinkEnd.Malformed, "A frame has no content, or more than one.");
        }
        if (!LinkKinds.IsFree(frame) && !_theirs.TryReceive(bytes))
        {
            throw new LinkEndedException(LinkEnd.OverCredit, "A frame came without credit for it.");
        }
        if (frame.Heartbeat is not null && !_heartbeats.TryTake())
        {
            throw new LinkEndedException(LinkEnd.TooOften, $"More than one heartbeat came in {LinkPolicy.HeartbeatPeriodMin}.");
        }
        return frame;
    }

    private LinkFrame Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, _form) ?? throw new LinkEndedException(LinkEnd.Malformed, "A frame is null.");
        }
        catch (JsonException malformed)
        {
            throw new LinkEndedException(LinkEnd.Malformed, $"A frame is malformed: {malformed.Message}", malformed);
        }
    }
}

/// <summary>A frame that came in.</summary>
/// <param name="Frame">The frame.</param>
/// <param name="Bytes">Of its JSON: what it used of the credit.</param>
/// <param name="Held">What it took of the memory.</param>
public sealed record ReceivedFrame(LinkFrame Frame, int Bytes, int Held);

/// <summary>A message that is being read, into memory that grows with what comes and is asked for before it is there.</summary>
internal sealed class ReceivedMessage(WebSocket socket, ILinkMemory memory) : IDisposable
{
    private const int BytesMax = LinkPolicy.FrameBytesMax + FrameSeal.HeadSizeMax;

    private byte[] _buffer = [];
    private int _count;
    private int _held;

    public ReadOnlySpan<byte> Bytes => _buffer.AsSpan(0, _count);

    public async Task Read(CancellationToken cancellation)
    {
        while (true)
        {
            // Nothing is held for a connection that says nothing.
            var part = await socket.ReceiveAsync(_count == _buffer.Length ? Memory<byte>.Empty : _buffer.AsMemory(_count), cancellation);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                throw LinkClosing.Of(socket);
            }
            if (part.MessageType != WebSocketMessageType.Text)
            {
                throw new LinkEndedException(LinkEnd.Malformed, "A frame is binary; frames are texts.");
            }
            _count += part.Count;
            if (part.EndOfMessage)
            {
                return;
            }
            if (_count == _buffer.Length)
            {
                Grow();
            }
        }
    }

    /// <summary>The frame that was read takes the place of its text: its owner gives the memory back.</summary>
    public int Keep()
    {
        var held = _held;
        _held = 0;
        return held;
    }

    public void Dispose()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
        }
        memory.Return(_held);
        _held = 0;
    }

    private void Grow()
    {
        if (_count >= BytesMax)
        {
            throw new LinkEndedException(LinkEnd.TooLarge, $"A message has more than the {BytesMax} bytes that a frame may have.");
        }
        var size = _buffer.Length == 0 ? LinkPolicy.MessagePieceBytes : 2 * _buffer.Length;
        if (!memory.TryTake(size - _held))
        {
            throw new LinkEndedException(LinkEnd.Overloaded, "There is no memory for the message now.");
        }
        _held = size;
        var grown = ArrayPool<byte>.Shared.Rent(size);
        _buffer.AsSpan(0, _count).CopyTo(grown);
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }
        _buffer = grown;
    }
}
