using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Marketplace.Receipts.Tests;

/// <summary>
/// COMMITTEE.md is what others draw by: its bytes are those of the code. MARKETPLACE_WRITE_COMMITTEE with the file's full path writes them
/// anew.
/// </summary>
public sealed class CommitteeDocumentTests
{
    private const string Heading = "## Example\n";
    private const ulong Epoch = 7;

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
        CommitteeMember[] eligible = [.. Enumerable.Range(0, 5).Select(index => Samples.Member(index, (UInt128)(10 * (index + 1))))];
        eligible = [.. eligible.OrderBy(member => member.Worker.Value)];
        var digest = EpochRandomness.OfShare(Samples.Domain, Epoch, eligible);
        string?[] shares = [.. eligible.Select((member, index) => index == 1 ? null : Samples.Share(member, digest))];
        var randomness = EpochRandomness.Mix(Samples.Domain, Epoch, eligible, shares);
        var seed = EpochRandomness.Seed(randomness, EpochRandomness.CommitteePurpose, default);
        var committee = EpochRandomness.Committee(Samples.Domain, Epoch, eligible, shares, 3);
        var text = new StringBuilder(
            "\nEpoch 7 of the market whose seed is the bytes 20 to 3f, with five workers: Ed25519 seeds of 32 bytes "
        );
        text.Append(
            "40 to 44, seeds of BLS keys (EIP-2333, `derive_master_SK`) 50 to 54, weights 10 to 50. The second withheld its share.\n\n```\n"
        );
        Line("list", JsonSerializer.Serialize(eligible.Select(Shown)));
        Line("digest that the market signs", EpochRandomness.OfEligible(Samples.Domain, Epoch, eligible));
        Line("digest of a share", digest);
        Line("shares", JsonSerializer.Serialize(shares.Select(share => share ?? "")));
        Line("randomness", randomness);
        Line("seed of the committees", seed);
        Line("committee of 3, by place in the list", string.Join(", ", committee.Select(member => Array.IndexOf(eligible, member))));
        text.Append("```\n");
        return text.ToString();

        void Line(string name, object value) => text.Append(CultureInfo.InvariantCulture, $"{name}:\n  {value}\n");

        static object Shown(CommitteeMember member) =>
            new
            {
                worker = member.Worker.ToString(),
                blsKey = member.BlsKey,
                possession = member.Possession,
                registration = member.Registration,
                weight = member.Weight.ToString(),
            };
    }
}
