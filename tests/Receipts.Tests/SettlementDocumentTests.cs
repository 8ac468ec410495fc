using System.Globalization;
using System.Text;

namespace Marketplace.Receipts.Tests;

/// <summary>
/// SETTLEMENT.md is what others check by: its bytes are those of the code. MARKETPLACE_WRITE_SETTLEMENT with the file's full path writes
/// them anew.
/// </summary>
public sealed class SettlementDocumentTests
{
    private const string Heading = "## Example\n";

    private static readonly string Document = Path.Combine(AppContext.BaseDirectory, "SETTLEMENT.md");

    [Fact]
    public void Example_IsWhatTheCodeGives()
    {
        var kept = File.ReadAllText(Document);
        var made = kept[..(kept.IndexOf(Heading, StringComparison.Ordinal) + Heading.Length)] + Example();
        if (Environment.GetEnvironmentVariable("MARKETPLACE_WRITE_SETTLEMENT") is { Length: > 0 } path)
        {
            File.WriteAllText(path, made);
        }

        Assert.Equal(made, kept);
    }

    [Fact]
    public void Types_AreThoseOfTheCode() =>
        Assert.All(
            [Settlement.Type, AccountTotals.Type, AccountOwner.Type, Possession.Type],
            type => Assert.Contains($"\n{type}\n", File.ReadAllText(Document), StringComparison.Ordinal)
        );

    private static string Example()
    {
        var file = SettlementSamples.File;
        var text = new StringBuilder("\nEach value is one line. The market's seed is the bytes 20 to 3f.\n\n```\n");
        Line("file", Encoding.UTF8.GetString(file.ToJson()));
        Line("hash of the domain", file.Domain.Separator());
        Line("hash of the first account", file.Accounts[0].Hash());
        Line("hash of the settlement", file.Settlement.Hash());
        Line("digest that the members sign", file.Settlement.Digest(file.Domain));
        text.Append("```\n");
        return text.ToString();

        void Line(string name, object value) => text.Append(CultureInfo.InvariantCulture, $"{name}:\n  {value}\n");
    }
}
