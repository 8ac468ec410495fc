using System.Diagnostics;
using Marketplace.Sdk;

namespace Marketplace.Tests;

/// <summary>
/// The real silo, built, in a process of its own, on any free port. <see cref="Kill"/> is <c>kill -9</c>. The program that uses it was built in the same
/// configuration, so the silo's binary stands beside its own in the artifacts.
/// </summary>
internal sealed class SiloProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly List<string> _lines = [];

    private SiloProcess(Process process, string folder)
    {
        _process = process;
        Folder = folder;
    }

    public string Folder { get; }

    /// <summary>What the silo wrote to its console so far.</summary>
    public string Output
    {
        get
        {
            lock (_lines)
                return string.Join(Environment.NewLine, _lines);
        }
    }

    /// <summary>Whether it has said where it listens.</summary>
    public bool HasAnnounced => File.Exists(Path.Combine(Folder, "url"));

    /// <summary>Starts the silo and waits for nothing.</summary>
    public static SiloProcess Launch(string folder, params string[] arguments) =>
        LaunchWith(["--urls", "http://127.0.0.1:0", "--data", folder, .. arguments], folder);

    private static SiloProcess LaunchWith(string[] arguments, string folder)
    {
        if (Directory.Exists(folder))
            File.Delete(Path.Combine(folder, "url"));
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in (string[])[Binary(), .. arguments])
            start.ArgumentList.Add(argument);
        var silo = new SiloProcess(new Process { StartInfo = start, EnableRaisingEvents = true }, folder);
        silo._process.OutputDataReceived += (_, line) => silo.Keep(line.Data);
        silo._process.ErrorDataReceived += (_, line) => silo.Keep(line.Data);
        silo._process.Start();
        silo._process.BeginOutputReadLine();
        silo._process.BeginErrorReadLine();
        return silo;
    }

    /// <summary>Starts the silo and waits until it serves.</summary>
    public static async Task<SiloProcess> Start(string folder, CancellationToken cancellation, params string[] arguments)
    {
        return await Started(Launch(folder, arguments), cancellation);
    }

    /// <summary>Starts the silo with exactly these arguments, which put its data into <paramref name="folder"/>, and waits until it serves.</summary>
    public static async Task<SiloProcess> StartWith(string[] arguments, string folder, CancellationToken cancellation)
    {
        return await Started(LaunchWith(arguments, folder), cancellation);
    }

    private static async Task<SiloProcess> Started(SiloProcess silo, CancellationToken cancellation)
    {
        try
        {
            await silo.Ready(cancellation);
            return silo;
        }
        catch
        {
            await silo.DisposeAsync();
            throw;
        }
    }

    /// <summary>Completes when the silo has announced its address.</summary>
    /// <exception cref="InvalidOperationException">It ended instead; the message has what it wrote.</exception>
    public async Task Ready(CancellationToken cancellation)
    {
        // The announcement is a file that appears by a rename; there is nothing to wait on but the file itself.
        while (!HasAnnounced)
        {
            if (_process.HasExited)
            {
                // The end comes before the last of what it wrote, which this waits for.
                await _process.WaitForExitAsync(cancellation);
                throw new InvalidOperationException($"The silo ended with code {_process.ExitCode} before it was ready:{Environment.NewLine}{Output}");
            }
            await Task.Delay(2, cancellation);
        }
    }

    public MarketplaceClient Client() => MarketplaceClient.FromDataFolder(Folder);

    public async Task Kill()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Asks the silo to stop and waits until it has.</summary>
    public async Task<int> Stop(CancellationToken cancellation)
    {
        using var signal = Process.Start("kill", ["-TERM", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await _process.WaitForExitAsync(cancellation);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        await Kill();
        _process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is null)
            return;
        lock (_lines)
            _lines.Add(line);
    }

    /// <summary>…/bin/Verify/release/ has its neighbour …/bin/Silo/release/.</summary>
    private static string Binary()
    {
        var mine = new DirectoryInfo(AppContext.BaseDirectory);
        return Path.Combine(mine.Parent!.Parent!.FullName, "Silo", mine.Name, "Marketplace.Silo.dll");
    }
}

/// <summary>A folder that is gone when the test is over.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("marketplace-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
