using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Marketplace.Verify.SlowReaders;

/// <summary>
/// A request of a client who takes its time with the answer, on a connection of its own with the smallest buffer that the system gives.
/// </summary>
internal sealed class HeldAnswer : IDisposable
{
    private const int BufferBytes = 4096;

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = BufferBytes };

    /// <summary>What was read first: status line, headers, and the begin of the body.</summary>
    public string Begin { get; private set; } = "";

    public int Status => Begin.Length > 12 ? int.Parse(Begin.AsSpan(9, 3), CultureInfo.InvariantCulture) : 0;

    /// <summary>The server has ended the connection.</summary>
    public bool IsCut { get; private set; }

    public static async Task<HeldAnswer> Send(Uri url, string request)
    {
        var answer = new HeldAnswer();
        await answer._socket.ConnectAsync(IPAddress.Loopback, url.Port);
        await answer._socket.SendAsync(Encoding.ASCII.GetBytes(request));
        return answer;
    }

    public async Task ReadBegin()
    {
        var bytes = new byte[1024];
        var count = await _socket.ReceiveAsync(bytes);
        Begin = Encoding.ASCII.GetString(bytes, 0, count);
        _socket.Blocking = false;
    }

    /// <summary>Takes at most so many bytes of what is there.</summary>
    public void Sip(byte[] buffer)
    {
        if (IsCut || _socket.Available == 0)
        {
            return;
        }
        try
        {
            IsCut = _socket.Receive(buffer) == 0;
        }
        catch (SocketException)
        {
            IsCut = true;
        }
    }

    public void Dispose() => _socket.Dispose();
}
