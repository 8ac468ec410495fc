using System.Globalization;
using System.Text;

namespace Marketplace.Receipts.Tests;

/// <summary>
/// COMMITTEE.md is what others draw by: its bytes are those of the code. MARKETPLACE_WRITE_COMMITTEE with the file's full path writes them
/// anew.
/// </summary>
public sealed class CommitteeDocumentTests
{
    private const string Heading = "## Example\n";

    private static readonly string Document = Path.Combine(AppContext.BaseDirectory, "COMMITTEE.md");

    [Fact]
    public void Example_IsWhatTheCodeGives()
    {
        var kept = File.ReadAllText(Document);
        var made = kept[..(kept.IndexOf(Heading, StringComparison.Ordinal) + Heading.Length)] + Example();
        if (Environment.GetEnvironmentVariable("MARKETPLACE_WRITE_COMMITTEE") is { Length: > 0 } path)
        {
            File.WriteAllText(path, made);
        }

        Assert.Equal(made, kept);
    }

    [Fact]
    public void Types_AreThoseOfTheCode() =>
        Assert.All(
            [CommitteeMember.Type, .. EpochRandomness.Types],
            type => Assert.Contains($"\n{type}\n", File.ReadAllText(Document), StringComparison.Ordinal)
        );

    private static string Example()
    {
        var file = Samples.EpochFile;
        var (eligible, digest) = (file.Members.ToList(), EpochRandomness.OfShare(file.Domain, file.Epoch, file.Members));
        var text = new StringBuilder(
            "\nEpoch 7 of the market whose seed is the bytes 20 to 3f, with five workers: Ed25519 seeds of 32 bytes "
        );
        text.Append(
            "40 to 44, seeds of BLS keys (EIP-2333, `derive_master_SK`) 50 to 54, weights 10 to 50. The second withheld its share.\n\n```\n"
        );
        Line("file", Encoding.UTF8.GetString(file.ToJson()));
        Line("digest that the market signs for the list", EpochRandomness.OfEligible(file.Domain, file.Epoch, eligible));
        Line("digest of a share", digest);
        Line("randomness", file.Randomness());
        Line("seed of the committees", EpochRandomness.Seed(file.Randomness(), EpochRandomness.CommitteePurpose, default));
        Line("committee of 3, by place in the list", string.Join(", ", file.Committee(3).Select(member => eligible.IndexOf(member))));
        text.Append("```\n");
        return text.ToString();

        void Line(string name, object value) => text.Append(CultureInfo.InvariantCulture, $"{name}:\n  {value}\n");
    }
}
