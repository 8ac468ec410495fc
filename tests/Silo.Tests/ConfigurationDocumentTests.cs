using System.Text;
using Marketplace.Silo;

namespace Marketplace.Tests.Silo;

/// <summary>CONFIGURATION.md, which is made from the options themselves.</summary>
public sealed class ConfigurationDocumentTests
{
    private const string Name = "CONFIGURATION.md";

    /// <summary>Names the file to write the document to, as CONTRIBUTING.md says.</summary>
    private const string Write = "MARKETPLACE_WRITE_CONFIGURATION";

    [Fact]
    public void Document_HasEveryOption_AndIsTheOneThatIsCheckedIn()
    {
        var made = Make();
        if (Environment.GetEnvironmentVariable(Write) is { Length: > 0 } target)
        {
            File.WriteAllText(target, made);
        }
        Assert.Equal(made, File.ReadAllText(Path.Combine(AppContext.BaseDirectory, Name)));
    }

    private static string Make()
    {
        var text = new StringBuilder();
        text.Append(
            """
            # Options of a silo

            Each option can stand on the command line, in a variable of the environment, or in a file `appsettings.json` beside the program
            or in the folder it is started in. The command line goes before the environment, and that before the file; of the two files the
            folder's. `market silo config` shows what counts on a running silo, and where each value comes from.

            Secrets are taken from the environment or from files of their own, never from the command line, which every user of the machine
            can read.

            This file is made from the options by a test.

            | option | variable | in appsettings.json | meaning (default) |
            |---|---|---|---|

            """
        );
        foreach (var (argument, option, help) in SiloConfiguration.AllArguments)
        {
            text.Append("| `").Append(argument).Append("` | `").Append(SiloConfiguration.VariableOf(argument)).Append("` | `");
            text.Append(option).Append("` | ").Append(help.Replace("|", "\\|", StringComparison.Ordinal)).Append(" |\n");
        }
        return text.ToString().Replace("\r\n", "\n", StringComparison.Ordinal);
    }
}
