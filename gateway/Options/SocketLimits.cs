using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace Marketplace.Gateway;

/// <summary>What the system may take from us for a connection before its reader has to read.</summary>
internal sealed class SocketLimits : IConfigureOptions<SocketTransportOptions>
{
    // https://man7.org/linux/man-pages/man7/tcp.7.html, TCP_NOTSENT_LOWAT. Connections have it from the socket that listens.
    private const int Tcp = 6;
    private const int NotSentLowat = 25;

    public void Configure(SocketTransportOptions transport) =>
        transport.CreateBoundListenSocket = static endpoint =>
        {
            var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
            if (OperatingSystem.IsLinux() && endpoint is IPEndPoint)
            {
                socket.SetRawSocketOption(Tcp, NotSentLowat, BitConverter.GetBytes(GatewayPolicy.UnsentBytesMax));
            }
            return socket;
        };
}
