using System.Globalization;
using System.Text;

namespace Marketplace.Receipts.Tests;

/// <summary>
/// DISPUTE.md is what others check by: its bytes are those of the code. MARKETPLACE_WRITE_DISPUTE with the file's full path writes them
/// anew.
/// </summary>
public sealed class DisputeDocumentTests
{
    private const string Heading = "## Example\n";

    private static readonly string Document = Path.Combine(AppContext.BaseDirectory, "DISPUTE.md");

    [Fact]
    public void Example_IsWhatTheCodeGives()
    {
        var kept = File.ReadAllText(Document);
        var made = kept[..(kept.IndexOf(Heading, StringComparison.Ordinal) + Heading.Length)] + Example();
        if (Environment.GetEnvironmentVariable("MARKETPLACE_WRITE_DISPUTE") is { Length: > 0 } path)
        {
            File.WriteAllText(path, made);
        }

        Assert.Equal(made, kept);
    }

    [Fact]
    public void TypesAndWords_AreThoseOfTheCode()
    {
        var text = File.ReadAllText(Document);
        Assert.All(
            [Dispute.Type, DisputeVote.Type, Slashing.Type, DisputeDigest.Type],
            type => Assert.Contains($"\n{type}\n", text, StringComparison.Ordinal)
        );
        Assert.All(
            [.. DisputeStates.All, DisputeVote.Seat, DisputeVote.Juror, DisputeFile.FormatName],
            word => Assert.Contains($"`{word}`", text, StringComparison.Ordinal)
        );
        Assert.Contains(DisputeFile.BytesMax.ToString("N0", CultureInfo.InvariantCulture), text, StringComparison.Ordinal);
    }

    private static string Example()
    {
        var text = new StringBuilder(
            "\nThe market is that of RECEIPT.md, and so are the invocation and the right result. The seeds of the workers are 32 bytes of 60 to "
        );
        text.Append(
            "66, in the order of the votes. The first and the third seat lied; a lead of 2 is enough here. The first worker signed "
                + "a batch of three, whose other leaves are 32 bytes of 08 and of 09.\n\n```\n"
        );
        Line("file", Encoding.UTF8.GetString(DisputeSamples.File.ToJson()));
        Line("hash of the dispute", DisputeSamples.Dispute.Hash());
        Line("digest that the market signs", DisputeDigest.Of(Samples.Domain, DisputeSamples.Dispute.Hash()));
        text.Append("```\n");
        return text.ToString();

        void Line(string name, object value) => text.Append(CultureInfo.InvariantCulture, $"{name}:\n  {value}\n");
    }
}
