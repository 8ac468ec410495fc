using System.Globalization;
using System.Text;

namespace Marketplace.Receipts.Tests;

/// <summary>
/// LEDGER.md is what verifiers in other languages are written from: its bytes are those of the code. MARKETPLACE_WRITE_LEDGER with the
/// file's full path writes them anew.
/// </summary>
public sealed class LedgerDocumentTests
{
    private const string Heading = "## Example\n";

    private static readonly string Document = Path.Combine(AppContext.BaseDirectory, "LEDGER.md");

    [Fact]
    public void Example_IsWhatTheCodeGives()
    {
        var kept = File.ReadAllText(Document);
        var made = kept[..(kept.IndexOf(Heading, StringComparison.Ordinal) + Heading.Length)] + Example();
        if (Environment.GetEnvironmentVariable("MARKETPLACE_WRITE_LEDGER") is { Length: > 0 } path)
        {
            File.WriteAllText(path, made);
        }

        Assert.Equal(made, kept);
    }

    [Fact]
    public void TypesKindsAndBounds_AreThoseOfTheCode()
    {
        var text = File.ReadAllText(Document);

        Assert.All(
            [LedgerRecord.Type, LedgerOperation.Type, LedgerWord.Type, LedgerHead.Type],
            type => Assert.Contains($"\n{type}\n", text, StringComparison.Ordinal)
        );
        Assert.All(LedgerKinds.Names, kind => Assert.Contains($"\n| `{kind}` |", text, StringComparison.Ordinal));
        Assert.Equal(LedgerKinds.Names.Count(), text.Split('\n').Count(line => line.StartsWith("| `", StringComparison.Ordinal)) - 8);
        Assert.All(
            [
                LedgerPolicy.WordsMax,
                LedgerPolicy.NameBytesMax,
                LedgerPolicy.ValueBytesMax,
                LedgerPolicy.SubjectBytesMax,
                LedgerPolicy.LineBytesMax,
            ],
            bound => Assert.Contains(bound.ToString("N0", CultureInfo.InvariantCulture), text, StringComparison.Ordinal)
        );
        Assert.Contains($"`{LedgerTitle.FormatName}`", text, StringComparison.Ordinal);
        Assert.Contains($"`{LedgerHeadFile.FormatName}`", text, StringComparison.Ordinal);
        Assert.Contains($"`{BatchProof.FormatName}`", text, StringComparison.Ordinal);
    }

    private static string Example()
    {
        var ledger = LedgerSamples.Worker();
        var text = new StringBuilder(
            "\nThe worker's seed is the bytes 00 to 1f, the market's 20 to 3f. The second record is the worker's own.\n\n```\n"
        );
        text.Append("file:\n");
        foreach (var line in Encoding.UTF8.GetString(ledger.File()).TrimEnd('\n').Split('\n'))
        {
            text.Append("  ").Append(line).Append('\n');
        }
        Line("hash of the domain", LedgerSamples.Domain.Separator());
        foreach (var record in ledger.Records)
        {
            Line($"hash of operation {record.Index}", record.Operation.Hash());
            Line($"digest that its author signs", record.Operation.Digest(LedgerSamples.Domain));
            Line($"hash of record {record.Index}", record.Hash());
        }
        Line("root", ledger.Head().Head.Root);
        Line("digest that the market signs", ledger.Head().Head.Digest(LedgerSamples.Domain));
        Line("proof of record 0", Proof(MerkleLog.InclusionRanges(0, 3), 0, ledger));
        Line("proof that the first two are the beginning", Proof(MerkleLog.ConsistencyRanges(2, 3), 2, ledger));
        var batch = LedgerSamples.Batch(BatchProof.RootOf(Samples.CommitteeFile)!.Value, Samples.CommitteeFile.Receipt.Epoch);
        Line("proof of a batch of receipts, with the root that the committee of RECEIPT.md signs", Text(LedgerLines.ToJson(batch)));
        text.Append("```\n");
        return text.ToString();

        void Line(string name, object value) => text.Append(CultureInfo.InvariantCulture, $"{name}:\n  {value}\n");
    }

    private static string Proof(IReadOnlyList<MerkleRange> ranges, ulong from, LedgerSamples ledger)
    {
        var leaves = ledger.Records.Select(record => record.Hash()).ToArray();
        var hashes = ranges.Select(range => new MerkleBatch(leaves.AsSpan((int)range.First, (int)range.Count)).Root).ToArray();
        var proof = new LedgerProof
        {
            From = from,
            Size = (ulong)leaves.Length,
            Hashes = hashes,
        };
        return Text(LedgerLines.ToJson(proof));
    }

    private static string Text(byte[] line) => Encoding.UTF8.GetString(line);
}
