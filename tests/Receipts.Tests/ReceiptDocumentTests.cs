using System.Globalization;
using System.Text;

namespace Marketplace.Receipts.Tests;

/// <summary>
/// RECEIPT.md is what verifiers in other languages are written from: its bytes are those of the code. MARKETPLACE_WRITE_RECEIPT with the
/// file's full path writes them anew.
/// </summary>
public sealed class ReceiptDocumentTests
{
    private const string Heading = "## Example\n";

    private static readonly string Document = Path.Combine(AppContext.BaseDirectory, "RECEIPT.md");

    [Fact]
    public void Example_IsWhatTheCodeGives()
    {
        var kept = File.ReadAllText(Document);
        var made = kept[..(kept.IndexOf(Heading, StringComparison.Ordinal) + Heading.Length)] + Example();
        if (Environment.GetEnvironmentVariable("MARKETPLACE_WRITE_RECEIPT") is { Length: > 0 } path)
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
            [
                Receipt.Type,
                ReceiptReuse.Type,
                Execution.Type,
                Invocation.Type,
                RunResult.Type,
                NamedContent.Type,
                Seat.Type,
                PaidShare.Type,
                CommitteeMember.Type,
                NamedValue.Type,
                .. BatchDigest.Types,
                MarketDomain.Type,
            ],
            type => Assert.Contains($"\n{type}\n", text, StringComparison.Ordinal)
        );
        Assert.All(
            Enum.GetValues<RunOutcome>().Where(outcome => outcome.IsEnd()),
            outcome => Assert.Contains($"`{RunResult.NameOf(outcome)}`", text, StringComparison.Ordinal)
        );
        Assert.All(Enum.GetValues<JobFault>(), fault => Assert.Contains($"`{Receipt.NameOf(fault)}`", text, StringComparison.Ordinal));
        Assert.Contains($"`{ReceiptFile.FormatName}`", text, StringComparison.Ordinal);
        Assert.Contains(ReceiptFile.BytesMax.ToString("N0", CultureInfo.InvariantCulture), text, StringComparison.Ordinal);
    }

    private static string Example()
    {
        var file = Samples.File;
        var batch = new MerkleBatch([Samples.Word(8), file.Receipt.Execution.Hash(), Samples.Word(9)]);
        var text = new StringBuilder("\nEach value is one line. The worker's seed is the bytes 00 to 1f, the market's 20 to 3f. ");
        text.Append("The execution stands second in a batch of three, whose other leaves are 32 bytes of 08 and of 09.\n\n```\n");
        Line("file", Encoding.UTF8.GetString(file.ToJson()));
        Line("hash of the domain", file.Domain.Separator());
        Line("hash of the invocation", file.Receipt.Execution.Invocation.Hash());
        Line("hash of the result", file.Receipt.Execution.Result.Hash());
        Line("hash of the execution", file.Receipt.Execution.Hash());
        Line("root of its batch", batch.Root);
        Line("digest that the worker signs", BatchDigest.OfExecutions(file.Domain, batch.Root));
        Line("hash of the receipt", file.Receipt.Hash());
        Line("digest that the market signs", BatchDigest.OfReceipts(file.Domain, 0, file.Receipt.Hash()));
        text.Append("```\n\nThe receipt of a committee of three. The Ed25519 seeds of its members are 32 bytes of 40, of 41 and of 42, ");
        text.Append("the seeds of their BLS keys (EIP-2333, `derive_master_SK`) 32 bytes of 50, of 51 and of 52. ");
        text.Append("The receipt stands second in a batch of three, whose other leaves are 32 bytes of 08 and of 09.\n\n```\n");
        file = Samples.CommitteeFile;
        batch = new MerkleBatch([Samples.Word(8), file.Receipt.Hash(), Samples.Word(9)]);
        Line("file", Encoding.UTF8.GetString(file.ToJson()));
        Line("digest that the market signs for the committee", BatchDigest.OfCommittee(file.Domain, 7, Samples.Members));
        Line("hash of the receipt", file.Receipt.Hash());
        Line("root of its batch", batch.Root);
        Line("digest that the members sign", BatchDigest.OfCommitteeReceipts(file.Domain, 7, Samples.Members, batch.Root));
        Line("digest that the market signs", BatchDigest.OfReceipts(file.Domain, 7, file.Receipt.Hash()));
        text.Append("```\n\nThe receipt of a job that did not run, because that of an earlier one has answered it.\n\n```\n");
        file = Samples.AnsweredFile;
        Line("file", Encoding.UTF8.GetString(file.ToJson()));
        Line("hash of the earlier receipt", file.Reuse!.Earlier.Receipt.Hash());
        Line("hash of the Receipt struct", file.Receipt.Hash());
        Line("hash of the receipt", file.Hash());
        Line("digest that the market signs", BatchDigest.OfReceipts(file.Domain, 0, file.Hash()));
        text.Append("```\n");
        return text.ToString();

        void Line(string name, object value) => text.Append(CultureInfo.InvariantCulture, $"{name}:\n  {value}\n");
    }
}
