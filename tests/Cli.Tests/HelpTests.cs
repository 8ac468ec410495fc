using System.CommandLine;

namespace Marketplace.Cli.Tests;

public sealed class HelpTests
{
    [Fact]
    public async Task HelpOfEveryCommand_IsAsReviewed()
    {
        using var shell = new Shell();
        var wrong = new List<string>();
        foreach (var path in Paths(Tree(), []))
        {
            var ran = await shell.Run([.. path, "--help"]);
            Assert.Equal(ExitCodes.Ok, ran.ExitCode);
            Assert.Empty(ran.Error);
            try
            {
                Expectation.Matches($"help/{string.Join('-', path.Prepend("market"))}.txt", ran.Text);
            }
            catch (Exception different)
            {
                wrong.Add($"{string.Join(' ', path)}: {different.Message}");
            }
        }
        Assert.Empty(wrong);
    }

    [Fact]
    public async Task HelpOfEveryLeaf_HasAnExampleOfItself()
    {
        using var shell = new Shell();
        foreach (var path in Paths(Tree(), []).Where(path => path.Length > 0))
        {
            var help = (await shell.Run([.. path, "--help"])).Text;
            if (help.Contains("\nCommands:\n"))
            {
                continue;
            }
            Assert.Contains("Example:\n", help);
            Assert.Contains(
                $"market {string.Join(' ', path)}",
                help[help.IndexOf("Example:", StringComparison.Ordinal)..help.IndexOf("Usage:", StringComparison.Ordinal)]
            );
        }
    }

    [Fact]
    public void Commands_AreThoseThatWerePromised() =>
        Expectation.Matches("commands.txt", string.Join('\n', Leaves(Tree(), "market").Order()) + "\n");

    private static Command Tree()
    {
        using var shell = new Shell();
        return MarketCommand.Make(new GlobalOptions(), shell.Surroundings());
    }

    private static IEnumerable<string[]> Paths(Command command, string[] path)
    {
        yield return path;
        foreach (var subcommand in command.Subcommands)
        {
            foreach (var inner in Paths(subcommand, [.. path, subcommand.Name]))
            {
                yield return inner;
            }
        }
    }

    private static IEnumerable<string> Leaves(Command command, string name) =>
        command.Subcommands.Count == 0
            ? [name]
            : command.Subcommands.SelectMany(subcommand => Leaves(subcommand, $"{name} {subcommand.Name}"));
}
