using System.Net;
using System.Net.Sockets;

namespace Marketplace.Silo;

/// <summary>Whether the silo can listen where it is told to, found out before the start leaves anything behind.</summary>
internal static class ListenPorts
{
    /// <exception cref="SiloOptionsException">Another process listens there.</exception>
    public static void RequireFree(SiloOptions options)
    {
        foreach (var url in options.ListenUrls)
        {
            if (url!.Port != 0 && IsTaken(new IPEndPoint(AddressOf(url), url.Port)))
            {
                throw new SiloOptionsException(
                    $"Another process listens at {url.GetLeftPart(UriPartial.Authority)}. Stop it, or choose another address with --urls."
                );
            }
        }
    }

    /// <summary>As the server reads it: a name that is not this machine's loopback stands for all addresses.</summary>
    private static IPAddress AddressOf(Uri url) =>
        url.Host == "localhost" ? IPAddress.Loopback
        : IPAddress.TryParse(url.DnsSafeHost, out var address) ? address
        : IPAddress.Any;

    /// <summary>What else is wrong with an address the server says itself.</summary>
    private static bool IsTaken(IPEndPoint address)
    {
        try
        {
            using var probe = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            probe.Bind(address);
            return false;
        }
        catch (SocketException failure)
        {
            return failure.SocketErrorCode == SocketError.AddressAlreadyInUse;
        }
    }
}
