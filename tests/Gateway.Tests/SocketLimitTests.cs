using System.Net;
using System.Net.Sockets;
using Marketplace.Gateway;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Marketplace.Tests.Gateway;

/// <summary>The system takes little for a connection whose reader does not read.</summary>
public sealed class SocketLimitTests
{
    /// <summary>What the smallest buffer of a reader takes besides, and what the system rounds up.</summary>
    private const int ReaderBytesMax = 128 * 1024;

    [Fact]
    public async Task ConnectionThatIsNotRead_TakesWhatIsAllowed()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has the option.");
        await using var gateway = await GatewayFixture.Start();
        var transport = gateway.Services.GetRequiredService<IOptions<SocketTransportOptions>>().Value;
        using var listener = transport.CreateBoundListenSocket(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using var reader = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await reader.ConnectAsync(listener.LocalEndPoint!, TestContext.Current.CancellationToken);
        using var connection = await listener.AcceptAsync(TestContext.Current.CancellationToken);
        connection.Blocking = false;

        var taken = 0;
        var error = SocketError.Success;
        for (var piece = new byte[GatewayPolicy.GatherBytes]; error == SocketError.Success; )
        {
            taken += connection.Send(piece, SocketFlags.None, out error);
        }

        Assert.Equal(SocketError.WouldBlock, error);
        Assert.InRange(taken, GatewayPolicy.GatherBytes, GatewayPolicy.UnsentBytesMax + ReaderBytesMax);
    }
}
