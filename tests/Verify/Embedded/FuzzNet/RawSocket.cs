using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Marketplace.Verify.FuzzNet;

/// <summary>
/// A connection to the silo whose every byte the check chooses: HTTP requests, and frames of a WebSocket (RFC 6455, 5.2) that need not be
/// ones. A client library would refuse to send most of what is tried here.
/// </summary>
internal sealed class RawSocket : IDisposable
{
    public const byte Continuation = 0;
    public const byte Text = 1;
    public const byte Binary = 2;
    public const byte Closing = 8;
    public const byte Ping = 9;
    public const byte Pong = 10;

    private const int SmallBuffer = 4096;
    private const byte Final = 0x80;
    private const byte MaskBit = 0x80;
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[16 * 1024];
    private int _at;
    private int _count;

    /// <param name="url">The silo.</param>
    /// <param name="from">An address of loopback: limits count by address, and each has its own ports.</param>
    /// <param name="readsLittle">The system keeps as little as it can of what is not read, so that it soon fills up.</param>
    public static async Task<RawSocket> Connect(Uri url, IPAddress from, CancellationToken cancellation, bool readsLittle = false)
    {
        var raw = new RawSocket();
        try
        {
            if (readsLittle)
            {
                raw._socket.ReceiveBufferSize = SmallBuffer;
            }
            raw._socket.Bind(new IPEndPoint(from, 0));
            await raw._socket.ConnectAsync(IPAddress.Loopback, url.Port, cancellation);
            return raw;
        }
        catch
        {
            raw.Dispose();
            throw;
        }
    }

    /// <summary>The request of an honest upgrade.</summary>
    public static string Upgrade(Uri url) =>
        $"GET {Routes.WorkersConnect} HTTP/1.1\r\nHost: {url.Authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + $"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {Convert.ToBase64String(RandomNumberGenerator.GetBytes(16))}\r\n\r\n";

    /// <summary>Sends, or not, where the other end has gone: how it went is for the next read to say.</summary>
    public async Task Send(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                bytes = bytes[await _socket.SendAsync(bytes, cancellation)..];
            }
        }
        catch (SocketException)
        {
            return;
        }
    }

    /// <summary>One frame of the WebSocket, masked as those of a client are.</summary>
    public Task SendFrame(byte kind, ReadOnlySpan<byte> payload, CancellationToken cancellation, bool isFinal = true) =>
        Send(Frame(kind, payload, isFinal), cancellation);

    public static byte[] Frame(byte kind, ReadOnlySpan<byte> payload, bool isFinal = true, byte reserved = 0, bool isMasked = true)
    {
        var lengthSize =
            payload.Length < 126 ? 0
            : payload.Length <= ushort.MaxValue ? 2
            : 8;
        var frame = new byte[2 + lengthSize + (isMasked ? 4 : 0) + payload.Length];
        frame[0] = (byte)((isFinal ? Final : 0) | reserved | kind);
        frame[1] = (byte)(
            (isMasked ? MaskBit : 0)
            | lengthSize switch
            {
                0 => payload.Length,
                2 => 126,
                _ => 127,
            }
        );
        if (lengthSize == 2)
        {
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), (ushort)payload.Length);
        }
        else if (lengthSize == 8)
        {
            BinaryPrimitives.WriteUInt64BigEndian(frame.AsSpan(2), (ulong)payload.Length);
        }
        // A mask of zeros is a mask: it is against proxies, of which there is none.
        payload.CopyTo(frame.AsSpan(frame.Length - payload.Length));
        return frame;
    }

    /// <summary>An answer's status and, where it is a problem, its code; of an upgrade the status alone.</summary>
    /// <returns>Null where the connection ended first.</returns>
    public async Task<HttpAnswer?> ReadAnswer(CancellationToken cancellation, bool hasBody = true)
    {
        var head = new StringBuilder();
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await ReadByte(cancellation) is not { } next)
            {
                return null;
            }
            head.Append((char)next);
        }
        var lines = head.ToString().Split("\r\n");
        var status = int.Parse(lines[0].Split(' ')[1], CultureInfo.InvariantCulture);
        var body =
            !hasBody || status is 101 or 204 ? []
            : lines.Contains("Transfer-Encoding: chunked") ? await ReadChunks(cancellation)
            : await ReadExactly(LengthOf(lines), cancellation);
        if (body is null)
        {
            return null;
        }
        var isProblem = status >= 400 && body.Length > 0;
        return new HttpAnswer(status, isProblem ? JsonSerializer.Deserialize(body, Answers.Of<Problem>())?.Code : null);
    }

    /// <summary>The next message of the market.</summary>
    /// <returns>Null where the connection was cut without a closing message.</returns>
    public async Task<RawMessage?> ReadMessage(CancellationToken cancellation)
    {
        if (await ReadByte(cancellation) is not { } first || await ReadByte(cancellation) is not { } second)
        {
            return null;
        }
        long length = second;
        if (length >= 126)
        {
            if (await ReadExactly(length == 126 ? 2 : 8, cancellation) is not { } told)
            {
                return null;
            }
            length = told.Aggregate(0L, (sum, next) => (sum << 8) | next);
        }
        return await ReadExactly((int)length, cancellation) is { } payload ? new RawMessage((byte)(first & 0x0F), payload) : null;
    }

    /// <summary>Ends the connection without a word: the other end sees a reset.</summary>
    public void Cut()
    {
        _socket.LingerState = new LingerOption(enable: true, seconds: 0);
        _socket.Dispose();
    }

    public void Dispose() => _socket.Dispose();

    private static int LengthOf(string[] lines) =>
        lines.FirstOrDefault(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase)) is { } told
            ? int.Parse(told.Split(':')[1], CultureInfo.InvariantCulture)
            : 0;

    /// <summary>https://www.rfc-editor.org/rfc/rfc9112#section-7.1, without trailers.</summary>
    private async Task<byte[]?> ReadChunks(CancellationToken cancellation)
    {
        var body = new List<byte>();
        while (true)
        {
            var digits = new StringBuilder();
            byte? next;
            while ((next = await ReadByte(cancellation)) is { } letter && letter != '\n')
            {
                digits.Append((char)letter);
            }
            if (next is null)
            {
                return null;
            }
            var length = int.Parse(digits.ToString().Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            // Each chunk, also the last and empty one, has a line's end behind it.
            if (await ReadExactly(length + 2, cancellation) is not { } chunk)
            {
                return null;
            }
            if (length == 0)
            {
                return [.. body];
            }
            body.AddRange(chunk.AsSpan(0, length));
        }
    }

    private async ValueTask<byte?> ReadByte(CancellationToken cancellation) =>
        _at < _count || await Fill(cancellation) ? _buffer[_at++] : null;

    private async ValueTask<byte[]?> ReadExactly(int length, CancellationToken cancellation)
    {
        var bytes = new byte[length];
        for (var have = 0; have < length; )
        {
            if (_at == _count && !await Fill(cancellation))
            {
                return null;
            }
            var part = Math.Min(length - have, _count - _at);
            _buffer.AsSpan(_at, part).CopyTo(bytes.AsSpan(have));
            (have, _at) = (have + part, _at + part);
        }
        return bytes;
    }

    private async ValueTask<bool> Fill(CancellationToken cancellation)
    {
        try
        {
            (_at, _count) = (0, await _socket.ReceiveAsync(_buffer.AsMemory(), cancellation));
        }
        catch (SocketException)
        {
            // A reset says the same as an end.
            (_at, _count) = (0, 0);
        }
        return _count > 0;
    }
}

/// <summary>An answer over HTTP.</summary>
internal sealed record HttpAnswer(int Status, ErrorCode? Code);

/// <summary>A message of the market's side of a WebSocket.</summary>
internal sealed record RawMessage(byte Kind, byte[] Payload)
{
    /// <summary>Of a closing message: its status, which stands before its words (RFC 6455, 5.5.1).</summary>
    public int Status => Payload.Length < 2 ? 1005 : BinaryPrimitives.ReadUInt16BigEndian(Payload);

    public string Words => Payload.Length < 2 ? "" : Encoding.UTF8.GetString(Payload.AsSpan(2));
}
