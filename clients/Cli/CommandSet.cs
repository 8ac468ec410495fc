using System.CommandLine;

namespace Marketplace.Cli;

/// <summary>What all commands are made with.</summary>
internal sealed record CommandSet(GlobalOptions Options, Surroundings Surroundings)
{
    /// <summary>A command and what it does.</summary>
    /// <param name="help">What it does, and an example.</param>
    public Command Leaf(string name, string help, Func<Invocation, Task<int>> action, params ReadOnlySpan<Symbol> symbols)
    {
        var command = new Command(name, help);
        foreach (var symbol in symbols)
        {
            if (symbol is Option option)
            {
                command.Add(option);
            }
            else
            {
                command.Add((Argument)symbol);
            }
        }
        return command.Does(Options, Surroundings, action);
    }

    /// <summary>A command that only has subcommands.</summary>
    public static Command Group(string name, string help, params ReadOnlySpan<Command> commands)
    {
        var group = new Command(name, help);
        foreach (var command in commands)
        {
            group.Add(command);
        }
        return group;
    }
}
