using System.CommandLine;

namespace Marketplace.Cli.Commands;

/// <summary>
/// <c>market completion</c> prints a script for a shell; the script asks <c>market complete</c> what may stand where the cursor
/// is. So the scripts never change with the commands.
/// </summary>
internal static class CompletionCommands
{
    // Where nothing fits, each shell offers files, as most arguments are.
    private static readonly Dictionary<string, string> Scripts = new()
    {
        ["bash"] = """
            _market() {
                local IFS=$'\n'
                COMPREPLY=($(market complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
            }
            complete -o default -F _market market

            """,
        ["zsh"] = """
            #compdef market
            _market() {
                local -a found
                found=(${(f)"$(market complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)"})
                if (( ${#found} )); then compadd -- $found; else _files; fi
            }
            compdef _market market

            """,
        ["fish"] = """
            function __market_words
                set -l found (market complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)
                if set -q found[1]
                    printf '%s\n' $found
                else
                    __fish_complete_path (commandline -ct)
                end
            end
            complete -c market -f -a '(__market_words)'

            """,
        ["pwsh"] = """
            Register-ArgumentCompleter -Native -CommandName market -ScriptBlock {
                param($wordToComplete, $commandAst, $cursorPosition)
                $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
                if ($wordToComplete -eq '') { $words += '' }
                market complete -- @words |
                    ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
            }

            """,
    };

    public static Command Script(CommandSet set)
    {
        var shell = Values.Argument<string>("SHELL", "bash, zsh, fish or pwsh", "bash, zsh, fish or pwsh", IsShell);
        return set.Leaf(
            "completion",
            """
            Print a script that makes a shell complete the words of market.

            Example:
              bash   source <(market completion bash)                        in ~/.bashrc
              zsh    source <(market completion zsh)                         in ~/.zshrc, after compinit
              fish   market completion fish | source                         in ~/.config/fish/config.fish
              pwsh   market completion pwsh | Out-String | Invoke-Expression in $PROFILE
            """,
            async run =>
            {
                await run.Text(Scripts[run.Get(shell)]);
                return ExitCodes.Ok;
            },
            shell
        );
    }

    public static Command Answer(CommandSet set, Command root)
    {
        var words = new Argument<string[]>("WORD")
        {
            Description = "The words after 'market' up to the cursor, the last one as far as it is typed",
            Arity = ArgumentArity.ZeroOrMore,
        };
        return set.Leaf(
            "complete",
            """
            Print the words that may stand at the cursor, one a line: what the scripts of 'market completion' ask.

            Example:
              market complete -- job st
            """,
            async run =>
            {
                var found = Candidates(root, run.Get(words));
                await run.Text(string.Concat(found.Select(word => word + "\n")));
                return ExitCodes.Ok;
            },
            words
        );
    }

    internal static IReadOnlyList<string> Candidates(Command root, IReadOnlyList<string> words)
    {
        var last = words.Count > 0 ? words[^1] : "";
        var (command, options, awaited) = Walk(root, words.Take(words.Count - 1));
        IEnumerable<string> candidates =
            awaited is not null ? ValuesOf(awaited)
            : last.StartsWith('-') ? options.Where(option => !option.Hidden).Select(option => option.Name)
            : command
                .Subcommands.Select(subcommand => subcommand.Name)
                .Concat(command.Arguments.SelectMany(argument => argument.Name == "SHELL" ? Scripts.Keys : Enumerable.Empty<string>()));
        return [.. candidates.Where(word => word.StartsWith(last, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
    }

    /// <summary>Where the words lead: the command, the options that it takes, and the option whose value comes next.</summary>
    private static (Command Command, List<Option> Options, Option? Awaited) Walk(Command root, IEnumerable<string> words)
    {
        var command = root;
        List<Option> options = [.. root.Options];
        Option? awaited = null;
        foreach (var word in words)
        {
            if (awaited is not null)
            {
                awaited = null;
            }
            else if (word.StartsWith('-'))
            {
                awaited = options.FirstOrDefault(option => option.Name == word) is { Arity.MinimumNumberOfValues: > 0 } taking
                    ? taking
                    : null;
            }
            else if (command.Subcommands.FirstOrDefault(subcommand => subcommand.Name == word) is { } next)
            {
                command = next;
                options = [.. options.Where(option => option.Recursive || option is System.CommandLine.Help.HelpOption), .. next.Options];
            }
        }

        return (command, options, awaited);
    }

    private static string[] ValuesOf(Option option) =>
        option.Name switch
        {
            "--state" => SnakeCase.AllOf<JobState>().Split(", "),
            "--scope" => SnakeCase.AllOf<Scope>().Split(", "),
            _ => [],
        };

    private static bool IsShell(string text, out string value)
    {
        value = text;
        return Scripts.ContainsKey(text);
    }
}
