using Spectre.Console;

namespace Marketplace.Cli;

/// <summary>Shows how far an upload or a download is, on a terminal and only if it is worth looking at.</summary>
internal static class TransferBar
{
    /// <summary>Smaller transfers are over before a bar is drawn.</summary>
    private const long SizeMin = 4 * 1024 * 1024;

    public static async Task<TResult> Show<TResult>(
        Surroundings surroundings,
        string what,
        long? size,
        Func<IProgress<long>?, Task<TResult>> transfer
    )
    {
        if (!surroundings.ErrorIsTerminal || size < SizeMin)
        {
            return await transfer(null);
        }
        return await Draw(surroundings, what, size, transfer);
    }

    /// <summary>Apart, so that what needs no bar does not load the library that draws it.</summary>
    private static async Task<TResult> Draw<TResult>(
        Surroundings surroundings,
        string what,
        long? size,
        Func<IProgress<long>?, Task<TResult>> transfer
    )
    {
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings { Out = new AnsiConsoleOutput(surroundings.Error), Interactive = InteractionSupport.Yes }
        );
        TResult? result = default;
        await console
            .Progress()
            .AutoClear(true)
            .Columns(
                new TaskDescriptionColumn(),
                new ProgressBarColumn(),
                new DownloadedColumn(),
                new TransferSpeedColumn(),
                new RemainingTimeColumn()
            )
            .StartAsync(async progress =>
            {
                var task = progress.AddTask(Markup.Escape(TerminalText.CleanLine(what)), maxValue: size ?? double.MaxValue);
                task.IsIndeterminate = size is null;
                result = await transfer(new Meter(task));
            });
        return result!;
    }

    private sealed class Meter(ProgressTask task) : IProgress<long>
    {
        public void Report(long value) => task.Value = value;
    }
}
