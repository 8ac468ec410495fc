using System.CommandLine;
using System.CommandLine.Parsing;

namespace Marketplace.Cli;

/// <summary>What is wrong with a command line, in words that say what would be right.</summary>
internal static class UsageErrors
{
    public static Failure Of(ParseResult parse)
    {
        var path = Path(parse.CommandResult);
        return new Failure(ExitCodes.Usage, "usage", Describe(parse, path), $"Run '{path} --help' to see what it takes.");
    }

    private static string Describe(ParseResult parse, string path)
    {
        var command = parse.CommandResult.Command;
        if (parse.UnmatchedTokens.Count > 0)
        {
            var kind = command.Subcommands.Count > 0 ? "a command" : "an option or argument";
            return $"'{Cut(parse.UnmatchedTokens[0])}' is not {kind} of '{path}'.";
        }
        if (command.Subcommands.Count > 0)
            return $"'{path}' needs one of the commands {string.Join(", ", command.Subcommands.Select(subcommand => subcommand.Name))}.";
        return string.Join("\n", parse.Errors.Select(error => error.Message));
    }

    private static string Path(CommandResult result) =>
        result.Parent is CommandResult parent ? $"{Path(parent)} {result.Command.Name}" : result.Command.Name;

    private static string Cut(string text) => text.Length > 80 ? string.Concat(text.AsSpan(0, 80), "…") : text;
}
