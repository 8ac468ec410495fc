using System.Diagnostics;

namespace Marketplace.Tests;

/// <summary>
/// The real silo, built, in a process of its own, on any free port. <see cref="Kill"/> is <c>kill -9</c>. The program that uses it was
/// built in the same configuration, so the silo's binary stands beside its own in the artifacts.
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

    public int Id => _process.Id;

    /// <summary>What the silo wrote to its console so far.</summary>
    public string Output
    {
        get
        {
            lock (_lines)
            {
                return string.Join(Environment.NewLine, _lines);
            }
        }
    }

    /// <summary>What of it is in the machine's memory.</summary>
    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>Whether it has said where it listens.</summary>
    public bool HasAnnounced => File.Exists(Path.Combine(Folder, "url"));

    /// <summary>Starts the silo and waits for nothing.</summary>
    public static SiloProcess Launch(string folder, params string[] arguments) =>
        LaunchWith(["--urls", "http://127.0.0.1:0", "--data", folder, .. arguments], folder);

    /// <summary>Starts the silo with exactly these arguments and waits for nothing.</summary>
    /// <param name="arguments">They put its data into <paramref name="folder"/>.</param>
    /// <param name="folder">Where the silo keeps its data.</param>
    /// <param name="within">A command that becomes the one behind it, such as <c>ip netns exec NAME</c>.</param>
    public static SiloProcess LaunchWith(string[] arguments, string folder, params string[] within) =>
        LaunchCommand([.. within, "dotnet", Binary(), .. arguments], folder);

    private static SiloProcess LaunchCommand(string[] command, string folder)
    {
        if (Directory.Exists(folder))
        {
            File.Delete(Path.Combine(folder, "url"));
        }
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
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

    /// <summary>Starts a silo that stands elsewhere, as it was published, and waits until it serves.</summary>
    public static async Task<SiloProcess> StartPublished(
        string program,
        string folder,
        CancellationToken cancellation,
        params string[] arguments
    )
    {
        return await Started(
            LaunchCommand([program, "--urls", "http://127.0.0.1:0", "--data", folder, .. arguments], folder),
            cancellation
        );
    }

    /// <summary>
    /// Starts the silo with exactly these arguments, which put its data into <paramref name="folder"/>, and waits until it serves.
    /// </summary>
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
                throw new InvalidOperationException(
                    $"The silo ended with code {_process.ExitCode} before it was ready:{Environment.NewLine}{Output}"
                );
            }
            await Task.Delay(2, cancellation);
        }
    }

    public MarketplaceClient Client() => MarketplaceClient.FromDataFolder(Folder);

    public async Task Kill()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }
        await _process.WaitForExitAsync();
    }

    /// <summary>Asks the silo to stop and waits until it has.</summary>
    public async Task<int> Stop(CancellationToken cancellation)
    {
        await Signal("TERM");
        return await Ended(cancellation);
    }

    /// <summary>Freezes the silo: it keeps its connections and says nothing.</summary>
    public Task Freeze() => Signal("STOP");

    public Task Thaw() => Signal("CONT");

    /// <summary>Waits for the silo's end and for the last of what it wrote.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> Ended(CancellationToken cancellation)
    {
        await _process.WaitForExitAsync(cancellation);
        return _process.ExitCode;
    }

    private async Task Signal(string name)
    {
        using var signal = Process.Start("kill", [$"-{name}", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await signal.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Kill();
        _process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is null)
        {
            return;
        }
        lock (_lines)
        {
            _lines.Add(line);
        }
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
