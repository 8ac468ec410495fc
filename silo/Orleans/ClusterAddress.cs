using System.Net;
using System.Net.Sockets;

namespace Marketplace.Silo;

/// <summary>
/// Where this silo listens for others. The protocol between silos has no login: a process that reaches the port may call every grain.
/// </summary>
internal static class ClusterAddress
{
    /// <exception cref="SiloOptionsException">The address cannot be found, names no one machine, or other machines reach it and
    /// there are no certificates.</exception>
    public static IPEndPoint Find(SiloOptions options)
    {
        var address = Resolve(options.SiloAddress);
        if (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
        {
            throw new SiloOptionsException(
                $"--silo-address is '{options.SiloAddress}': the other silos need an address that is this machine's alone."
            );
        }
        if (!options.UsesTls && !IPAddress.IsLoopback(address))
        {
            RequireTrusted(options, address);
        }
        return new IPEndPoint(address, TakePort(address, options.SiloPort));
    }

    private static void RequireTrusted(SiloOptions options, IPAddress address)
    {
        if (!options.SiloPlaintext)
        {
            throw new SiloOptionsException(
                $"--silo-address is '{options.SiloAddress}', which other machines reach, and silos talk without a login: a process that "
                    + "reaches the port owns the market. Give --silo-certificates with a folder that all silos see or have a copy of (the "
                    + "first makes an authority in it); or --silo-certificate, --silo-certificate-key and --silo-trusted-ca; or, "
                    + "where every machine of the network is trusted, --silo-plaintext true."
            );
        }
        if (!IsPrivate(address))
        {
            throw new SiloOptionsException(
                $"--silo-address is '{options.SiloAddress}', which is not an address of a private network: --silo-plaintext is for those "
                    + "only. Give --silo-certificates."
            );
        }
    }

    /// <summary>Loopback, link-local, and the ranges of RFC 1918, RFC 4193 and RFC 6598.</summary>
    internal static bool IsPrivate(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }
        if (IPAddress.IsLoopback(address) || address.IsIPv6LinkLocal || address.IsIPv6UniqueLocal)
        {
            return true;
        }
        return address.AddressFamily == AddressFamily.InterNetwork
            && address.GetAddressBytes() is var bytes
            && bytes switch
            {
                [10, ..] or [192, 168, ..] or [169, 254, ..] => true,
                [172, >= 16 and < 32, ..] => true,
                [100, >= 64 and < 128, ..] => true,
                _ => false,
            };
    }

    private static IPAddress Resolve(string text)
    {
        if (IPAddress.TryParse(text, out var given))
        {
            return given;
        }
        try
        {
            return Dns.GetHostAddresses(text) is [var found, ..]
                ? found
                : throw new SiloOptionsException($"--silo-address is '{text}', a name without an address.");
        }
        catch (SocketException unknown)
        {
            throw new SiloOptionsException($"--silo-address is '{text}', which cannot be resolved: {unknown.Message}.");
        }
    }

    /// <summary>
    /// Finds a free port, or that the given one is taken. Orleans opens its port in a way that lets another process open it too, and a
    /// second silo on the address of a first one is taken for its successor: the first one would be declared dead.
    /// </summary>
    private static int TakePort(IPAddress address, int port)
    {
        using var probe = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(address, port));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }
}
