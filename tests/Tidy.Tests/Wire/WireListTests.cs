namespace Marketplace.Tests.Tidy.Wire;

/// <summary>
/// What crosses a grain call is a file in review: grain-interfaces/wire.txt. To accept a change, run the tests once with the environment variable
/// MARKETPLACE_ACCEPT=1 and look at the difference.
/// </summary>
public sealed class WireListTests
{
    private const string File = "grain-interfaces/wire.txt";

    private const string Header = """
        # What silos of different versions must agree on, one line each, made from the compiled assemblies. A changed or removed line is a change
        # that a silo of the version before may not understand: new members get new numbers, new methods new names. A member that the sender does
        # not know arrives as zero, null or an array that was never made, whatever its declaration says; one that the receiver does not know is
        # skipped. The effect in brackets says what a caller may do after a timeout. A test compares this file with the build;
        # MARKETPLACE_ACCEPT=1 dotnet test tests/Tidy.Tests writes it anew.

        """;

    [Fact]
    public void WireList_IsTheOneThatIsCheckedIn()
    {
        var path = Path.Combine(Repository.Root, File);
        var lines = WireList.Lines();
        if (Environment.GetEnvironmentVariable("MARKETPLACE_ACCEPT") == "1")
            System.IO.File.WriteAllText(path, $"{Header.ReplaceLineEndings("\n")}\n{string.Join('\n', lines)}\n");

        var kept = System.IO.File.ReadLines(path).Where(line => line.Length > 0 && line[0] != '#').ToArray();
        var differences = kept.Except(lines).Select(line => $"- {line}").Concat(lines.Except(kept).Select(line => $"+ {line}")).ToArray();

        Assert.True(differences.Length == 0,
            $"The wire differs from {File}:\n{string.Join('\n', differences)}\n"
            + "Where that is wanted and silos of the version before understand it, run this once with MARKETPLACE_ACCEPT=1 and review the file.");
        Assert.Equal(kept, lines);
    }
}
