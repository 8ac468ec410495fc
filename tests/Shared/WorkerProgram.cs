using System.Diagnostics;
using System.Globalization;

namespace Marketplace.Tests;

/// <summary>
/// The worker's own program, built, in a process of its own. What it says comes line by line; <see cref="Kill"/> is <c>kill -9</c>.
/// </summary>
internal sealed class WorkerProgram : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];
    private readonly List<(string Text, TaskCompletionSource<string> Seen)> _awaited = [];
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private WorkerProgram(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) => Take(line.Data, isEnd: true);
        _process.ErrorDataReceived += (_, line) => Take(line.Data, isEnd: false);
        _process.Start();
        _process.StandardInput.Close();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public int ExitCode => _process.ExitCode;

    /// <summary>What it has written so far, to both outputs.</summary>
    public string Output
    {
        get
        {
            lock (_lock)
            {
                return string.Join('\n', _lines);
            }
        }
    }

    public static WorkerProgram Start(params string[] arguments) =>
        Start(Environment.CurrentDirectory, new Dictionary<string, string>(), arguments);

    public static WorkerProgram Start(string folder, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Binary(), .. arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }
        return new WorkerProgram(start);
    }

    /// <summary>…/bin/Silo.Tests/debug/ has its neighbour …/bin/Worker/debug/.</summary>
    public static string Binary()
    {
        var mine = new DirectoryInfo(AppContext.BaseDirectory);
        return Path.Combine(mine.Parent!.Parent!.FullName, "Worker", mine.Name, "Marketplace.Worker.dll");
    }

    /// <summary>The first line with this text, also one that came before.</summary>
    /// <exception cref="InvalidOperationException">The worker ended without it; the message has what it said.</exception>
    public async Task<string> Line(string text, CancellationToken cancellation)
    {
        var seen = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_lines.Find(line => line.Contains(text, StringComparison.Ordinal)) is { } said)
            {
                return said;
            }
            _awaited.Add((text, seen));
        }
        return await Task.WhenAny(seen.Task, _ended.Task).WaitAsync(cancellation) == seen.Task
            ? await seen.Task
            : throw new InvalidOperationException($"The worker ended and did not say '{text}', but:\n{Output}");
    }

    public async Task Kill()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM.</summary>
    public Task Terminate() => Signal("TERM");

    /// <summary>It keeps its connections and says nothing.</summary>
    public Task Freeze() => Signal("STOP");

    public Task Thaw() => Signal("CONT");

    /// <summary>Waits for its end and the last of what it says.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> Ended(CancellationToken cancellation)
    {
        await _process.WaitForExitAsync(cancellation);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        await Kill();
        _process.Dispose();
    }

    private async Task Signal(string name)
    {
        using var signal = Process.Start("kill", [$"-{name}", Id.ToString(CultureInfo.InvariantCulture)]);
        await signal.WaitForExitAsync();
    }

    private void Take(string? line, bool isEnd)
    {
        if (line is null)
        {
            if (isEnd)
            {
                _ended.TrySetResult();
            }
            return;
        }
        lock (_lock)
        {
            _lines.Add(line);
            _awaited.RemoveAll(awaited => line.Contains(awaited.Text, StringComparison.Ordinal) && awaited.Seen.TrySetResult(line));
        }
    }
}
