using System.Diagnostics;
using System.Globalization;

namespace Marketplace.Verify.Chaos;

/// <summary>
/// A network of this machine's own, in which every silo has a network namespace with a cable to one bridge, so that a cable can be cut:
/// packets then get lost without a word. Needs root and the program <c>ip</c>. What it made is gone when it is disposed.
/// </summary>
internal sealed class ChaosNetwork : IDisposable
{
    private readonly string _name;
    private readonly string _subnet;
    private readonly List<string> _namespaces = [];

    private ChaosNetwork(string name, string subnet) => (_name, _subnet) = (name, subnet);

    /// <exception cref="InvalidOperationException">This user may not make one, or there is no <c>ip</c>.</exception>
    public static ChaosNetwork Make()
    {
        // Interface names have at most 15 characters; two checks at a time are told apart by their processes.
        var id = Environment.ProcessId;
        var network = new ChaosNetwork(
            $"mk{id.ToString("x", CultureInfo.InvariantCulture)}",
            string.Create(CultureInfo.InvariantCulture, $"10.{200 + (id / 250 % 50)}.{id % 250}")
        );
        try
        {
            network.Ip("link", "add", network._name, "type", "bridge");
            network.Ip("addr", "add", $"{network._subnet}.1/24", "dev", network._name);
            network.Ip("link", "set", network._name, "up");
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>Lays a cable for silo <paramref name="number"/>, from 1.</summary>
    /// <returns>The silo's address, and the command that starts a process with no other network.</returns>
    public (string Address, string[] Within) Join(int number)
    {
        var space = $"{_name}-{number}";
        var address = $"{_subnet}.{number + 1}";
        Ip("netns", "add", space);
        _namespaces.Add(space);
        Ip("link", "add", Cable(number), "type", "veth", "peer", "name", "eth0", "netns", space);
        Ip("link", "set", Cable(number), "master", _name, "up");
        Ip("-n", space, "addr", "add", $"{address}/24", "dev", "eth0");
        Ip("-n", space, "link", "set", "eth0", "up");
        Ip("-n", space, "link", "set", "lo", "up");
        return (address, ["ip", "netns", "exec", space]);
    }

    public void Cut(int number) => Ip("link", "set", Cable(number), "nomaster");

    public void Dispose()
    {
        foreach (var space in _namespaces)
        {
            Run("netns", "del", space);
        }
        Run("link", "del", _name);
    }

    private string Cable(int number) => string.Create(CultureInfo.InvariantCulture, $"{_name}v{number}");

    private void Ip(params string[] arguments)
    {
        if (Run(arguments) is { Length: > 0 } wrong)
        {
            throw new InvalidOperationException(
                $"'ip {string.Join(' ', arguments)}' failed: {wrong} Cutting cables needs root and iproute2."
            );
        }
    }

    /// <returns>What is wrong; empty where nothing is.</returns>
    private static string Run(params string[] arguments)
    {
        using var ip = Process.Start(new ProcessStartInfo("ip", arguments) { RedirectStandardError = true })!;
        var said = ip.StandardError.ReadToEnd().Trim();
        ip.WaitForExit();
        return ip.ExitCode == 0 ? ""
            : said.Length > 0 ? said
            : $"exit code {ip.ExitCode}.";
    }
}
