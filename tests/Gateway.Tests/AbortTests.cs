using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Marketplace.Tests.Gateway;

/// <summary>Clients leave when they like: that is nothing to write an error about.</summary>
public sealed class AbortTests
{
    /// <summary>More than the system keeps for a connection.</summary>
    private const int Size = 64 << 20;

    [Theory, InlineData(true), InlineData(false)]
    public async Task DownloadThatItsClientAborts_LeavesNoErrorInTheLog(bool reset)
    {
        var gateway = await GatewayFixture.Start();
        var id = new BlobId(default);
        gateway.Market.Blobs.AddAs(id, new byte[Size]);
        gateway.Market.Pins[(id, GatewayFixture.Alice)] = new(id, Size, DateTimeOffset.UnixEpoch);

        await Abort(gateway, $"GET {Routes.Blob(id)} HTTP/1.1\r\n", reset);

        // Stopping waits for what is under way, so after it every line is written.
        await gateway.DisposeAsync();
        Assert.Empty(gateway.LogLines);
    }

    private static async Task Abort(GatewayFixture gateway, string line, bool reset)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await socket.ConnectAsync(IPAddress.Loopback, gateway.Url.Port, TestContext.Current.CancellationToken);
        var request = $"{line}Host: localhost\r\nAuthorization: Bearer {gateway.Key}\r\n\r\n";
        await socket.SendAsync(Encoding.ASCII.GetBytes(request), TestContext.Current.CancellationToken);
        Assert.NotEqual(0, await socket.ReceiveAsync(new byte[1024], TestContext.Current.CancellationToken));
        if (reset)
        {
            socket.LingerState = new LingerOption(true, 0);
        }
    }
}
