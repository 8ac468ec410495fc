using System.CommandLine;
using System.Diagnostics;
using System.Globalization;

namespace Marketplace.Cli.Commands;

/// <summary><c>market chain start</c>: a chain of one's own, to try a market that settles.</summary>
internal static class ChainStartCommand
{
    /// <summary>Where nodes of EVM chains answer.</summary>
    public const int PortUsual = 8545;

    /// <summary>Names the folder that has anvil.</summary>
    private const string Variable = "MARKETPLACE_ANVIL";
    private const string Program = "anvil";
    private const string Listening = "Listening on ";
    private const string Advice =
        "Run 'npm ci' in contracts/evm of the source tree, or set MARKETPLACE_ANVIL to the folder that has anvil.";
    private const string PortAdvice = "Another one may run there already; --port names another port, 0 any free one.";
    private static readonly TimeSpan EndMax = TimeSpan.FromSeconds(10);

    // Its input ends when the command does, however that ends, and the node is asked to end then. What the node says goes to the command
    // alone, which so sees when it ends by itself.
    private const string Keeper = """
        trap : INT TERM
        "$@" 2>&1 </dev/null &
        child=$!
        exec >&- 2>/dev/null
        read -r end
        kill -TERM $child 2>/dev/null
        wait $child
        """;

    public static Command Make(CommandSet set)
    {
        var port = Values.Option<int>("--port", "N", $"Port on the loopback; 0: any free one [{PortUsual}]", "0 to 65535", TryPort);
        return set.Leaf(
            "start",
            """
            Run a development chain on this machine until Ctrl-C: anvil, a block each second, coins for all who ask.
            With --data its state is kept in the file chain.json of that folder.

            Example:
              market chain start --data ./chain
            """,
            run => Run(run, run.Get(port) ?? PortUsual),
            port
        );
    }

    private static async Task<int> Run(Invocation run, int port)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new CommandException(
                new Failure(ExitCodes.LocalFile, "no_anvil", "A development chain needs a shell of Unix.", "Run the command in WSL.")
            );
        }
        using var keeper = Start(run, Find(run), port);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(run.Cancellation);
        run.OnFirstInterrupt = over.Cancel;
        try
        {
            var url = await Ready(keeper);
            await Announce(run, url);
            // Read on, or the node would wait for a reader.
            var rest = keeper.StandardOutput.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
            if (await Task.WhenAny(rest, Task.Delay(Timeout.InfiniteTimeSpan, over.Token)) == rest)
            {
                throw Failed("The development chain ended by itself.");
            }
            return ExitCodes.Ok;
        }
        finally
        {
            run.OnFirstInterrupt = null;
            await End(keeper);
        }
    }

    private static Process Start(Invocation run, string program, int port)
    {
        List<string> arguments =
        [
            "-c",
            Keeper,
            "keeper",
            program,
            "--hardfork",
            "osaka",
            "--host",
            "127.0.0.1",
            "--port",
            port.ToString(CultureInfo.InvariantCulture),
            "--block-time",
            "1",
            "--threads",
            "1",
        ];
        if (run.DataIsTyped)
        {
            Directory.CreateDirectory(run.DataPath);
            arguments.AddRange(["--state", Path.Combine(run.DataPath, "chain.json"), "--state-interval", "10"]);
        }
        var start = new ProcessStartInfo("sh", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true };
        return Process.Start(start)!;
    }

    private static async Task<string> Ready(Process keeper)
    {
        var last = "";
        while (await keeper.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.StartsWith(Listening, StringComparison.Ordinal))
            {
                return $"http://{line[Listening.Length..]}";
            }
            last = line.Trim().Length > 0 ? line.Trim() : last;
        }
        throw Failed(
            $"The development chain did not start: {last}",
            last.Contains("Address already in use", StringComparison.Ordinal) ? PortAdvice : Advice
        );
    }

    private static async Task Announce(Invocation run, string url)
    {
        if (run.Json)
        {
            await run.AnswerObject(writer => writer.WriteString("url", url));
            return;
        }
        await run.Text($"{url}\n");
        run.Note(
            $"A development chain answers there, for programs of this machine. Beside it: 'market chain fund ADDRESS --rpc {url}' gives "
                + "coins, 'market chain deploy' makes a market's contracts. Ctrl-C ends it."
        );
    }

    private static async Task End(Process keeper)
    {
        keeper.StandardInput.Close();
        using var late = new CancellationTokenSource(EndMax);
        try
        {
            await keeper.WaitForExitAsync(late.Token);
        }
        catch (OperationCanceledException)
        {
            keeper.Kill(entireProcessTree: true);
        }
    }

    private static string Find(Invocation run)
    {
        var named = run.Surroundings.Environment(Variable);
        var paths = run.Surroundings.Environment("PATH") ?? "";
        string[] folders = string.IsNullOrEmpty(named)
            ? [.. SourceTrees(run).Select(root => Path.Combine(root, "contracts", "evm", "node_modules", ".bin")), .. paths.Split(':')]
            : [run.Path(named)];
        var program =
            folders.Where(folder => folder.Length > 0).Select(folder => Path.Combine(folder, Program)).FirstOrDefault(File.Exists)
            ?? throw Failed(
                string.IsNullOrEmpty(named)
                    ? "anvil is neither in contracts/evm/node_modules of the source tree nor on the PATH."
                    : $"{Variable} is '{named}', where there is no anvil."
            );
        // What npm installs is a script that Node runs.
        using var file = File.OpenRead(program);
        if (file.ReadByte() == '#' && !paths.Split(':').Any(folder => File.Exists(Path.Combine(folder, "node"))))
        {
            throw new CommandException(
                new Failure(
                    ExitCodes.LocalFile,
                    "no_anvil",
                    $"{program} needs Node, which is not on the PATH.",
                    $"Install Node, or set {Variable} to a folder with anvil itself."
                )
            );
        }
        return program;
    }

    /// <summary>The one that the command is called in, for an installed command knows no other, and the one that it was built in.</summary>
    private static IEnumerable<string> SourceTrees(Invocation run)
    {
        string[] starts = [run.Path("."), AppContext.BaseDirectory];
        foreach (var start in starts)
        {
            for (var at = new DirectoryInfo(start); at is not null; at = at.Parent)
            {
                if (File.Exists(Path.Combine(at.FullName, "Marketplace.sln")))
                {
                    yield return at.FullName;
                }
            }
        }
    }

    private static bool TryPort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port <= ushort.MaxValue;

    private static CommandException Failed(string what, string advice = Advice) =>
        new(new Failure(ExitCodes.LocalFile, "no_anvil", what, advice));
}
