using System.CommandLine;

namespace Marketplace.Cli.Commands;

/// <summary><c>market help</c>: what <c>--help</c> prints, for those who type the word first.</summary>
internal static class HelpCommand
{
    public static Command Make(CommandSet set, Command root)
    {
        var path = new Argument<string[]>("COMMAND") { Description = "The command [all of them]", Arity = ArgumentArity.ZeroOrMore };
        return set.Leaf(
            "help",
            """
            Show what a command does and takes.

            Example:
              market help job run
            """,
            async run =>
            {
                var command = root;
                foreach (var word in run.Get(path))
                {
                    command =
                        command.Subcommands.FirstOrDefault(subcommand => subcommand.Name == word)
                        ?? throw new CommandException(UsageErrors.NoSuchCommand(command, word));
                }

                return await MarketCommand.Run([.. run.Get(path), "--help"], run.Surroundings);
            },
            path
        );
    }
}
