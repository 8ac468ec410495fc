using System.Diagnostics;
using System.Globalization;

namespace Marketplace.Benchmarks.Engine;

/// <summary>Node in a process of its own, which stays: a kernel is compiled once and gets as hot as V8 makes it.</summary>
internal sealed class NodePeer : IDisposable
{
    private readonly Process _node;

    private NodePeer(Process node, string version) => (_node, Version) = (node, version);

    public string Version { get; }

    /// <returns>Null where Node is not installed.</returns>
    public static NodePeer? Start()
    {
        try
        {
            using var ask = Process.Start(new ProcessStartInfo("node", "--version") { RedirectStandardOutput = true })!;
            var version = ask.StandardOutput.ReadToEnd().Trim();
            var start = new ProcessStartInfo("node", [Path.Combine(AppContext.BaseDirectory, "peer.mjs")])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            };
            return new NodePeer(Process.Start(start)!, version);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    public KernelRun Run(Kernel kernel, int times)
    {
        _node.StandardInput.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{kernel.File}\t{kernel.N}\t{times}"));
        _node.StandardInput.Flush();
        var line = _node.StandardOutput.ReadLine() ?? throw new InvalidOperationException("Node ended.");
        var parts = line.Split('\t');
        return new KernelRun(
            int.Parse(parts[0], CultureInfo.InvariantCulture),
            [.. parts.Skip(1).Select(part => double.Parse(part, CultureInfo.InvariantCulture))]
        );
    }

    public void Dispose()
    {
        _node.StandardInput.Close();
        _node.WaitForExit();
        _node.Dispose();
    }
}
