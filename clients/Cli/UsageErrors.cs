using System.CommandLine;
using System.CommandLine.Parsing;

namespace Marketplace.Cli;

/// <summary>What is wrong with a command line, in words that say what would be right.</summary>
internal static class UsageErrors
{
    /// <summary>Two letters wrong, missing or too many: further away stand other words.</summary>
    private const int DistanceMax = 2;

    /// <returns>Null where nothing is wrong that the words alone tell.</returns>
    public static Failure? Of(ParseResult parse)
    {
        var command = parse.CommandResult.Command;
        var path = Path(command);
        var help = $"Run '{path} --help' to see what it takes";
        if (StrayOption(parse) is { } stray)
        {
            return new Failure(
                ExitCodes.Usage,
                "usage",
                $"'{Cut(stray)}' is not an option of '{path}'.{Suggestion(command, stray.Split('=')[0])}",
                command.Arguments.Count > 0 ? $"{help}; an argument that begins with a dash stands behind '--'." : $"{help}."
            );
        }
        return parse.Errors.Count > 0 ? new Failure(ExitCodes.Usage, "usage", Describe(parse, path), $"{help}.") : null;
    }

    public static int WordsBehindDashes(ParseResult parse) =>
        parse.Tokens.SkipWhile(token => token.Type != TokenType.DoubleDash).Skip(1).Count();

    public static Failure NoSuchCommand(Command command, string word) =>
        new(
            ExitCodes.Usage,
            "usage",
            $"'{Cut(word)}' is not a command of '{Path(command)}'.{Suggestion(command, word)}",
            $"Run '{Path(command)} --help' to see what it takes."
        );

    /// <summary>The word that was perhaps meant, as a question behind a blank; empty where none is near.</summary>
    public static string Suggestion(Command command, string word)
    {
        IEnumerable<string> names = word.StartsWith('-')
            ? Lineage(command)
                .SelectMany(parent => parent.Options.Where(option => parent == command || option.Recursive))
                .Select(option => option.Name)
            : command.Subcommands.Select(subcommand => subcommand.Name);
        var near = names
            .Select(name => (Name: name, Distance: Distance(name, word)))
            .Where(name => name.Distance <= Math.Min(DistanceMax, word.Length / 2))
            .OrderBy(name => name.Distance)
            .ToArray();
        return near.Length > 0 ? $" Did you mean '{near[0].Name}'?" : "";
    }

    /// <summary>
    /// The first word that looks like an option and is none. The parser takes it for an argument, which may be a file to write.
    /// </summary>
    private static string? StrayOption(ParseResult parse)
    {
        if (parse.CommandResult.Command.Subcommands.Count > 0 || parse.Action is { ClearsParseErrors: true })
        {
            return null;
        }
        return parse
            .CommandResult.Tokens.Select(token => token.Value)
            .Concat(parse.UnmatchedTokens)
            .SkipLast(WordsBehindDashes(parse))
            .FirstOrDefault(LooksLikeAnOption);
    }

    /// <summary>A dash alone is standard input, and arguments refuse negative numbers in words of their own.</summary>
    private static bool LooksLikeAnOption(string word) => word.Length > 1 && word[0] == '-' && !char.IsAsciiDigit(word[1]);

    private static string Describe(ParseResult parse, string path)
    {
        var command = parse.CommandResult.Command;
        if (parse.UnmatchedTokens.Count > 0)
        {
            var word = parse.UnmatchedTokens[0];
            var kind =
                command.Subcommands.Count == 0 ? "an option or argument"
                : LooksLikeAnOption(word) ? "an option"
                : "a command";
            return $"'{Cut(word)}' is not {kind} of '{path}'.{Suggestion(command, word)}";
        }
        if (command.Subcommands.Count > 0)
        {
            return $"'{path}' needs one of the commands {string.Join(", ", command.Subcommands.Select(subcommand => subcommand.Name))}.";
        }
        return string.Join("\n", parse.Errors.Select(error => error.Message));
    }

    private static string Path(Command command) => string.Join(' ', Lineage(command).Reverse().Select(parent => parent.Name));

    /// <summary>The command, and what it stands in.</summary>
    private static IEnumerable<Command> Lineage(Command command)
    {
        for (var next = command; next is not null; next = next.Parents.OfType<Command>().FirstOrDefault())
        {
            yield return next;
        }
    }

    /// <summary>Letters to change, add, leave out or swap with their neighbour (optimal string alignment).</summary>
    private static int Distance(string left, string right)
    {
        // Far words need no table, and a pasted text would make a large one.
        if (Math.Abs(left.Length - right.Length) > DistanceMax)
        {
            return int.MaxValue;
        }
        var cost = new int[left.Length + 1, right.Length + 1];
        for (var row = 0; row <= left.Length; row++)
        {
            for (var column = 0; column <= right.Length; column++)
            {
                if (row == 0 || column == 0)
                {
                    cost[row, column] = row + column;
                    continue;
                }

                var change = cost[row - 1, column - 1] + (left[row - 1] == right[column - 1] ? 0 : 1);
                var least = Math.Min(change, Math.Min(cost[row - 1, column], cost[row, column - 1]) + 1);
                if (row > 1 && column > 1 && left[row - 1] == right[column - 2] && left[row - 2] == right[column - 1])
                {
                    least = Math.Min(least, cost[row - 2, column - 2] + 1);
                }
                cost[row, column] = least;
            }
        }

        return cost[left.Length, right.Length];
    }

    public static string Cut(string text) => text.Length > 80 ? string.Concat(text.AsSpan(0, 80), "…") : text;
}
