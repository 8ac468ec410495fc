using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Marketplace.Storage;

namespace Marketplace.Verify.Backups;

/// <summary>A backup or a restore in a process of its own, so that it can be killed at its work.</summary>
internal sealed class BackupProcess : IAsyncDisposable
{
    public const string Name = "backup-process";

    /// <summary>Its first line: .NET has started, and it waits for a line before it begins.</summary>
    private const string Ready = "ready";

    /// <summary>How a process ends that got SIGKILL.</summary>
    private const int KilledExitCode = 128 + 9;

    private readonly Process _process;
    private readonly Task<string?> _ready;
    private readonly Task<string> _error;
    private bool _hasBegun;

    private BackupProcess(string[] arguments)
    {
        var mine = new DirectoryInfo(AppContext.BaseDirectory);
        var binary = Path.Combine(mine.Parent!.Parent!.FullName, "Verify", mine.Name, "Marketplace.Verify.dll");
        var start = new ProcessStartInfo("dotnet", [binary, Name, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _process = Process.Start(start)!;
        (_ready, _error) = (_process.StandardOutput.ReadLineAsync(), _process.StandardError.ReadToEndAsync());
    }

    public static BackupProcess Backup(string data, string to) => new(["backup", data, to]);

    public static BackupProcess Restore(string from, string to, DateTimeOffset at) =>
        new(["restore", from, to, at.ToString("O", CultureInfo.InvariantCulture)]);

    /// <summary>What the process does.</summary>
    public static async Task<int> Run(string[] arguments)
    {
        await Console.Out.WriteLineAsync(Ready);
        await Console.Out.FlushAsync();
        await Console.In.ReadLineAsync();
        if (arguments is ["backup", var data, var to])
        {
            var done = await StoreBackup.Run(data, to, TimeProvider.System, null, CancellationToken.None);
            await Console.Out.WriteAsync(JsonSerializer.Serialize(new Moments(done.From, done.To, done.Bytes, done.IsNewChain)));
            return 0;
        }
        if (arguments is ["restore", var from, var target, var at])
        {
            var moment = DateTimeOffset.Parse(at, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind);
            await StoreRestore.Run(from, target, moment, TimeProvider.System, null, CancellationToken.None);
            return 0;
        }
        return 2;
    }

    /// <summary>Kills it a time after its work has begun.</summary>
    /// <returns>False: it had ended before.</returns>
    public async Task<bool> KillAtWork(TimeSpan after)
    {
        await Begin();
        await Task.Delay(after);
        _process.Kill();
        await _process.WaitForExitAsync();
        return _process.ExitCode == KilledExitCode;
    }

    /// <returns>What it wrote, and how long it worked.</returns>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public async Task<(string Output, TimeSpan Worked)> Ended()
    {
        await Begin();
        var clock = Stopwatch.StartNew();
        var output = await _process.StandardOutput.ReadToEndAsync();
        await _process.WaitForExitAsync();
        return _process.ExitCode == 0
            ? (output, clock.Elapsed)
            : throw new InvalidOperationException($"It ended with {_process.ExitCode}: {await _error}");
    }

    private async Task Begin()
    {
        await _ready;
        if (!_hasBegun)
        {
            _hasBegun = true;
            await _process.StandardInput.WriteLineAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    /// <summary>What can be restored after a run, and what the run did.</summary>
    internal sealed record Moments(DateTimeOffset From, DateTimeOffset To, long Bytes, bool IsNewChain)
    {
        public DateTimeOffset At(Random chance) => From + ((To - From) * chance.NextDouble());
    }
}
