using System.Net;
using Microsoft.AspNetCore.Http;

namespace Marketplace.Gateway;

/// <summary>The rule about where the service may listen. Pure, so that the silo can ask before it opens anything.</summary>
public static class GatewayBinding
{
    /// <summary>One sentence per address that may not be bound; empty where all may.</summary>
    public static IReadOnlyList<string> Violations(IEnumerable<string> urls, bool allowPlaintext)
    {
        ArgumentNullException.ThrowIfNull(urls);
        var violations = new List<string>();
        foreach (var url in urls)
        {
            if (!TryParse(url, out var address))
            {
                violations.Add($"'{url}' is not an address to listen on: expected http://HOST:PORT, for example http://127.0.0.1:8080.");
            }
            else if (!allowPlaintext && !IsTls(address) && !IsLocal(address))
            {
                violations.Add(
                    $"'{url}' is reachable from other machines without TLS, so API keys would cross the network readable. "
                        + "Listen on 127.0.0.1, use https, or, behind a proxy that does TLS, allow it with --allow-plaintext "
                        + "(GatewayOptions.AllowPlaintext)."
                );
            }
        }
        return violations;
    }

    /// <summary>Whether only this machine can reach every one of the addresses.</summary>
    public static bool IsLoopback(IEnumerable<string> urls)
    {
        ArgumentNullException.ThrowIfNull(urls);
        return urls.All(url => TryParse(url, out var address) && IsLocal(address));
    }

    /// <summary>A host name or an address that means this machine and cannot be made to mean another.</summary>
    internal static bool IsLoopbackHost(string host)
    {
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }
        var bare = host.StartsWith('[') && host.EndsWith(']') ? host[1..^1] : host;
        return IPAddress.TryParse(bare, out var address) && IPAddress.IsLoopback(address);
    }

    private static bool TryParse(string url, out BindingAddress address)
    {
        address = null!;
        try
        {
            address = BindingAddress.Parse(url);
        }
        catch (FormatException)
        {
            return false;
        }
        return address.Scheme.Equals("http", StringComparison.OrdinalIgnoreCase) || IsTls(address);
    }

    private static bool IsTls(BindingAddress address) => address.Scheme.Equals("https", StringComparison.OrdinalIgnoreCase);

    private static bool IsLocal(BindingAddress address) => address.IsUnixPipe || IsLoopbackHost(address.Host);
}
