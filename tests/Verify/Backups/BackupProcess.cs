using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Marketplace.Storage;

namespace Marketplace.Verify.Backups;

/// <summary>A backup or a restore in a process of its own, so that it can be killed.</summary>
internal sealed class BackupProcess : IAsyncDisposable
{
    public const string Name = "backup-process";

    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _error;

    private BackupProcess(string[] arguments)
    {
        var mine = new DirectoryInfo(AppContext.BaseDirectory);
        var binary = Path.Combine(mine.Parent!.Parent!.FullName, "Verify", mine.Name, "Marketplace.Verify.dll");
        var start = new ProcessStartInfo("dotnet", [binary, Name, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _process = Process.Start(start)!;
        (_output, _error) = (_process.StandardOutput.ReadToEndAsync(), _process.StandardError.ReadToEndAsync());
    }

    public static BackupProcess Backup(string data, string to) => new(["backup", data, to]);

    public static BackupProcess Restore(string from, string to, DateTimeOffset at) =>
        new(["restore", from, to, at.ToString("O", CultureInfo.InvariantCulture)]);

    /// <summary>What the process does.</summary>
    public static async Task<int> Run(string[] arguments)
    {
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

    /// <returns>What it wrote.</returns>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public async Task<string> Ended()
    {
        await _process.WaitForExitAsync();
        return _process.ExitCode == 0
            ? await _output
            : throw new InvalidOperationException($"It ended with {_process.ExitCode}: {await _error}");
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
