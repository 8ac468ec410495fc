using System.Net;
using System.Net.Sockets;

namespace Marketplace.Tests.Silo;

/// <summary>Passes connections of this machine on to a server, until a test cuts them all at once.</summary>
internal sealed class CuttableProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly IPEndPoint _server;
    private readonly CancellationTokenSource _over = new();
    private readonly Lock _lock = new();
    private readonly HashSet<Socket> _open = [];
    private readonly Task _accepting;

    public CuttableProxy(Uri server)
    {
        _server = new IPEndPoint(IPAddress.Loopback, server.Port);
        _listener.Start();
        _accepting = Accept();
    }

    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>Resets every connection.</summary>
    /// <returns>How many there were.</returns>
    public int Cut()
    {
        Socket[] all;
        lock (_lock)
        {
            all = [.. _open];
            _open.Clear();
        }
        foreach (var socket in all)
        {
            try
            {
                socket.LingerState = new LingerOption(true, 0);
            }
            catch (Exception gone) when (gone is ObjectDisposedException or SocketException)
            {
                // It was closed at this moment.
            }
            socket.Dispose();
        }
        return all.Length;
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        _listener.Dispose();
        Cut();
        await _accepting;
        _over.Dispose();
    }

    private async Task Accept()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync(_over.Token);
                var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await server.ConnectAsync(_server, _over.Token);
                lock (_lock)
                {
                    _open.Add(client);
                    _open.Add(server);
                }
                _ = Copy(client, server);
                _ = Copy(server, client);
            }
        }
        catch (Exception over) when (over is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task Copy(Socket from, Socket to)
    {
        try
        {
            var buffer = new byte[16 * 1024];
            for (int count; (count = await from.ReceiveAsync(buffer, _over.Token)) > 0; )
            {
                for (var sent = 0; sent < count; )
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), _over.Token);
                }
            }
        }
        catch (Exception cut) when (cut is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Both ends of it are closed below.
        }
        lock (_lock)
        {
            _open.Remove(from);
            _open.Remove(to);
        }
        from.Dispose();
        to.Dispose();
    }
}
