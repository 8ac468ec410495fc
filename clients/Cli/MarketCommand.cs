using System.CommandLine;
using System.CommandLine.Help;
using System.Text;
using System.Text.Json;

namespace Marketplace.Cli;

/// <summary>The command <c>market</c>: from the words that were typed to the exit code.</summary>
internal static class MarketCommand
{
    /// <summary>A value that begins with an at sign is a value: the library would read a file of that name instead.</summary>
    private static readonly ParserConfiguration Words = new() { ResponseFileTokenReplacer = null };

    public static async Task<int> Run(string[] words, Surroundings surroundings)
    {
        var options = new GlobalOptions();
        var parse = Make(options, surroundings).Parse(words, Words);
        if (UsageErrors.Of(parse) is { } wrong)
        {
            Report(wrong, surroundings, parse.GetValue(options.Json));
            return ExitCodes.Usage;
        }
        // In the list of a command's subcommands one sentence each is enough; the examples stand in their own help.
        foreach (var subcommand in parse.CommandResult.Command.Subcommands)
        {
            subcommand.Description = FirstSentence(subcommand.Description!);
        }
        var text = new StringWriter { NewLine = "\n" };
        var exitCode = await parse.InvokeAsync(
            new InvocationConfiguration
            {
                Output = text,
                Error = surroundings.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            }
        );
        // What the library itself prints: help and version.
        if (text.GetStringBuilder().Length > 0)
        {
            await surroundings.Output.WriteAsync(Encoding.UTF8.GetBytes(Tidy(text.ToString())));
        }
        await surroundings.Output.FlushAsync();
        return exitCode;
    }

    /// <summary>Gives a command its action: failures become messages and exit codes here, and nowhere else.</summary>
    public static Command Does(this Command command, GlobalOptions options, Surroundings surroundings, Func<Invocation, Task<int>> action)
    {
        command.SetAction(
            async (parse, _) =>
            {
                using var interrupt = new CancellationTokenSource();
                using var run = new Invocation(parse, options, surroundings, interrupt.Token);
                void Interrupt()
                {
                    if (run.OnFirstInterrupt is { } first)
                    {
                        run.OnFirstInterrupt = null;
                        first();
                    }
                    else
                    {
                        interrupt.Cancel();
                    }
                }
                surroundings.Interrupted += Interrupt;
                try
                {
                    return await action(run);
                }
                catch (Exception exception)
                {
                    var failure = Failure.Of(exception, parse.CommandResult.Command);
                    Report(failure, surroundings, run.Json);
                    return failure.ExitCode;
                }
                finally
                {
                    surroundings.Interrupted -= Interrupt;
                }
            }
        );
        return command;
    }

    public static Command Make(GlobalOptions options, Surroundings surroundings)
    {
        // Not the library's root command: that one is named after the process that runs it.
        var root = new Command(
            "market",
            $"""
            The command line of a marketplace for computation and storage.

            Example:
              market job run programs/echo/echo.wasm --text "hello marketplace"

            {ExitCodes.Help}
            """
        );
        root.Add(new HelpOption());
        root.Add(new VersionOption { Action = new PrintVersion() });
        options.AddTo(root);
        var commands = new CommandSet(options, surroundings);
        root.Add(Commands.JobCommands.Make(commands));
        root.Add(Commands.ReceiptCommands.Make(commands));
        root.Add(Commands.EpochCommands.Make(commands));
        root.Add(Commands.SettlementCommands.Make(commands));
        root.Add(Commands.DisputeCommands.Make(commands));
        root.Add(Commands.BlobCommands.Make(commands));
        root.Add(Commands.ProgramCommands.Make(commands));
        root.Add(Commands.StateCommands.Make(commands));
        root.Add(Commands.LedgerCommands.Make(commands));
        root.Add(Commands.AccountCommands.Make(commands));
        root.Add(Commands.PricesCommand.Make(commands));
        root.Add(Commands.WatchCommand.Make(commands));
        root.Add(Commands.OpenCommand.Make(commands));
        root.Add(Commands.KeyCommands.Make(commands));
        root.Add(Commands.WorkerCommands.Make(commands));
        root.Add(Commands.SwarmCommand.Make(commands));
        root.Add(Commands.ChainCommands.Make(commands));
        root.Add(Commands.SiloCommands.Make(commands));
        root.Add(Commands.StoreCommands.Make(commands));
        root.Add(Commands.BackupCommands.Backup(commands));
        root.Add(Commands.BackupCommands.Restore(commands));
        root.Add(Commands.MoveCommands.Export(commands));
        root.Add(Commands.MoveCommands.Import(commands));
        root.Add(Commands.DoctorCommand.Make(commands));
        root.Add(Commands.CompletionCommands.Script(commands));
        root.Add(Commands.CompletionCommands.Answer(commands, root));
        root.Add(Commands.HelpCommand.Make(commands, root));
        return root;
    }

    private static string FirstSentence(string help)
    {
        var paragraph = help.Split("\n\n")[0].Replace('\n', ' ');
        var end = paragraph.IndexOf(". ", StringComparison.Ordinal);
        return end < 0 ? paragraph : paragraph[..(end + 1)];
    }

    private static void Report(Failure failure, Surroundings surroundings, bool json)
    {
        if (json)
        {
            surroundings.Error.WriteLine(ToProblem(failure));
            return;
        }
        var text = failure.Advice is null ? failure.Detail : $"{failure.Detail}\n{failure.Advice}";
        surroundings.Error.WriteLine("market: " + (surroundings.ErrorIsTerminal ? TerminalText.Clean(text) : text));
    }

    private static string ToProblem(Failure failure)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes))
        {
            writer.WriteStartObject();
            writer.WriteString("type", $"urn:marketplace:problem:{failure.Kind}");
            writer.WriteString("title", failure.Kind.Replace('_', ' '));
            if (failure.Status is { } status)
            {
                writer.WriteNumber("status", status);
            }
            writer.WriteString("code", failure.Kind);
            writer.WriteString("detail", failure.Detail);
            if (failure.Advice is not null)
            {
                writer.WriteString("advice", failure.Advice);
            }
            writer.WriteNumber("exitCode", failure.ExitCode);
            writer.WriteEndObject();
        }
        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    /// <summary>The library pads its lines with blanks and ends with two empty ones.</summary>
    private static string Tidy(string text) => string.Join('\n', text.Split('\n').Select(line => line.TrimEnd())).TrimEnd('\n') + "\n";

    /// <summary>The library's own action prints the version of whatever process runs it.</summary>
    private sealed class PrintVersion : System.CommandLine.Invocation.SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            parseResult.InvocationConfiguration.Output.WriteLine(typeof(PrintVersion).Assembly.GetName().Version!.ToString(3));
            return ExitCodes.Ok;
        }
    }
}
