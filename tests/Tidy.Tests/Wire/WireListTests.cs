namespace Marketplace.Tests.Tidy.Wire;

/// <summary>
/// What crosses a grain call is a file in review: grain-interfaces/wire.txt, and silo/Orleans/wire.txt for what only silos of a cluster say
/// to each other. To accept a change, run the tests once with the environment variable MARKETPLACE_ACCEPT=1 and look at the difference.
/// </summary>
public sealed class WireListTests
{
    private const string Header = """
        # What silos of different versions must agree on, one line each, made from the compiled assemblies. A silo of the version before
        # may not understand a changed or removed line: new members get new numbers, new methods new names. A member that the sender does
        # not know arrives as zero, null or an array that was never made, whatever its declaration says. The receiver skips what it does
        # not know. The effect in brackets says what a caller may do after a timeout. A test compares this file with the build;
        # CONTRIBUTING.md says how to accept a change.

        """;

    [Fact]
    public void WireOfTheMarket_IsTheOneThatIsCheckedIn() =>
        Compare("grain-interfaces/wire.txt", WireList.Lines(Contracts.InterfacesAssembly, Contracts.GrainsAssembly));

    /// <summary>Only one of the grain hosts has anything of its own; in the build for the other there is nothing to compare.</summary>
    [Fact]
    public void WireOfTheGrainHost_IsTheOneThatIsCheckedIn()
    {
        var lines = WireList.Lines(Contracts.HostAssembly);
        if (lines.Count > 0)
        {
            Compare("silo/Orleans/wire.txt", lines);
        }
    }

    private static void Compare(string file, IReadOnlyList<string> lines)
    {
        var path = Path.Combine(Repository.Root, file);
        if (Environment.GetEnvironmentVariable("MARKETPLACE_ACCEPT") == "1")
        {
            File.WriteAllText(path, $"{Header.ReplaceLineEndings("\n")}\n{string.Join('\n', lines)}\n");
        }

        var kept = File.Exists(path) ? File.ReadLines(path).Where(line => line.Length > 0 && line[0] != '#').ToArray() : [];
        var differences = kept.Except(lines).Select(line => $"- {line}").Concat(lines.Except(kept).Select(line => $"+ {line}")).ToArray();

        Assert.True(
            differences.Length == 0,
            $"The wire differs from {file}:\n{string.Join('\n', differences)}\n"
                + "Where that is wanted and silos of the version before understand it, run this once with MARKETPLACE_ACCEPT=1 and "
                + "review the file."
        );
        Assert.Equal(kept, lines);
    }
}
