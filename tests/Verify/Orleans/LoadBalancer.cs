using System.Net;
using System.Net.Sockets;

namespace Marketplace.Verify.Chaos;

/// <summary>One address for all silos, as an operator's balancer gives: each connection goes to a silo that takes it.</summary>
internal sealed class LoadBalancer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _over = new();
    private readonly Func<IReadOnlyList<Uri>> _silos;
    private readonly Task _accepting;
    private int _next;

    /// <param name="silos">Those that may be asked now.</param>
    public LoadBalancer(Func<IReadOnlyList<Uri>> silos)
    {
        _silos = silos;
        _listener.Start();
        Url = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _accepting = Accept();
    }

    public Uri Url { get; }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        _listener.Stop();
        await _accepting;
        _over.Dispose();
    }

    private async Task Accept()
    {
        while (!_over.IsCancellationRequested)
        {
            try
            {
                _ = Serve(await _listener.AcceptTcpClientAsync(_over.Token));
            }
            catch (Exception stopped) when (stopped is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task Serve(TcpClient client)
    {
        using (client)
        {
            foreach (var silo in InTurn(_silos()))
            {
                using var server = new TcpClient();
                try
                {
                    await server.ConnectAsync(silo.Host, silo.Port, _over.Token);
                }
                catch (SocketException)
                {
                    continue;
                }
                await Join(client, server);
                return;
            }
        }
    }

    private IEnumerable<Uri> InTurn(IReadOnlyList<Uri> silos)
    {
        var first = Interlocked.Increment(ref _next) & int.MaxValue;
        return Enumerable.Range(first, silos.Count).Select(number => silos[number % silos.Count]);
    }

    /// <summary>Until one side ends; then both do.</summary>
    private async Task Join(TcpClient client, TcpClient server)
    {
        var (one, other) = (client.GetStream(), server.GetStream());
        try
        {
            await await Task.WhenAny(one.CopyToAsync(other, _over.Token), other.CopyToAsync(one, _over.Token));
        }
        catch (Exception ended) when (ended is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // Both sides hear of it when their sockets are closed.
        }
    }
}
