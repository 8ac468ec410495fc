using System.Text;

namespace Marketplace.Receipts.Tests;

/// <summary>Receipts of jobs that an earlier one's receipt has answered.</summary>
public sealed class ReceiptReuseTests
{
    private const string Earlier = "earlier receipt";

    /// <summary>All of them.</summary>
    private const string Audits = "audit:";

    [Fact]
    public void GoodAnswer_SaysWhoRanTheEarlierJob()
    {
        var checks = ReceiptChecks.Of(Samples.AnsweredFile);

        Assert.Equal(
            ["words", "market's signature", Earlier, "price"],
            checks.Where(check => check.Result == CheckResult.Holds).Select(check => check.Name)
        );
        Assert.DoesNotContain(checks, check => check.Result == CheckResult.Broken);
    }

    [Fact]
    public void File_IsReadBack_AndHasAnotherHashThanItsReceipt()
    {
        var read = ReceiptFile.Parse(Samples.AnsweredFile.ToJson());

        Assert.Equal(Samples.AnsweredFile.Hash(), read.Hash());
        Assert.NotEqual(read.Receipt.Hash(), read.Hash());
        Assert.Equal(read.Reuse!.Earlier.Hash(), read.Reuse.Earlier.Receipt.Hash());
    }

    /// <summary>Without its reuse, or with another one, nothing holds of what the market has signed.</summary>
    [Fact]
    public void ReuseThatIsTakenAwayOrChanged_BreaksTheMarketsSignature()
    {
        var reuse = Samples.AnsweredFile.Reuse!;
        Assert.Contains("market's signature", Broken(Samples.AnsweredFile with { Reuse = null }));
        Assert.Contains("market's signature", Broken(Samples.AnsweredFile with { Reuse = reuse with { Percent = 21 } }));
        Assert.Contains("market's signature", Broken(Samples.AnsweredFile with { Reuse = reuse with { Earlier = Samples.File } }));
        Assert.Contains("market's signature", Broken(Samples.Earlier with { Reuse = reuse }));
    }

    public static TheoryData<string, ReceiptFile, string> Changed()
    {
        var (receipt, earlier) = (Samples.AnsweredReceipt, Samples.Earlier);
        var (asked, result) = (receipt.Execution.Invocation, receipt.Execution.Result);
        return new()
        {
            { "a seat", Samples.Answer(receipt with { Seats = earlier.Receipt.Seats }, earlier), "words" },
            { "an epoch", Samples.Answer(receipt with { Epoch = 1 }, earlier), "words" },
            { "a state", Samples.Answer(receipt with { State = "failed", Fault = "program" }, earlier), "words" },
            { "a price above", Samples.Answer(receipt with { Price = new TokenAmount(4) }, earlier), "price" },
            { "a price below", Samples.Answer(receipt with { Price = new TokenAmount(2) }, earlier), "price" },
            { "a share too few", Samples.Answer(receipt with { Shares = [] }, earlier), "price" },
            { "over 100 percent", Samples.Answer(receipt, earlier, percent: 101), "price" },
            { "the same job", Samples.Answer(With(asked with { Job = earlier.Receipt.Execution.Invocation.Job }), earlier), Earlier },
            { "an earlier end that is later", Samples.Answer(receipt with { EndedAt = earlier.Receipt.EndedAt - 1 }, earlier), Earlier },
            { "another input", Samples.Answer(With(asked with { Input = default }), earlier), Earlier },
            { "another program", Samples.Answer(With(asked with { Program = default }), earlier), Earlier },
            { "another module", Samples.Answer(With(asked with { Module = default }), earlier), Earlier },
            { "another entry point", Samples.Answer(With(asked with { EntryPoint = "" }), earlier), Earlier },
            { "other arguments", Samples.Answer(With(asked with { Arguments = [] }), earlier), Earlier },
            { "another environment", Samples.Answer(With(asked with { Environment = [] }), earlier), Earlier },
            { "other files", Samples.Answer(With(asked with { Files = [] }), earlier), Earlier },
            { "other memory", Samples.Answer(With(asked with { MemoryPages = 257 }), earlier), Earlier },
            { "another output", Samples.Answer(WithResult(result with { Output = default }), earlier), Earlier },
            { "other rules", Samples.Answer(WithResult(result with { Profile = default }), earlier), Earlier },
            { "fuel above the limit", Samples.Answer(With(asked with { FuelLimit = result.Fuel - 1 }), earlier), "words" },
            { "a program with state", Samples.Answer(WithResult(Samples.Execution.Result), Samples.File), Earlier },
            { "a stranger's result", Samples.Answer(receipt with { Payer = default }, earlier), Earlier },
            { "a surer job", Samples.Answer(receipt with { Assurance = "audit:0.1%" }, earlier), Earlier },
            { "an assurance that is none", Samples.Answer(receipt with { Assurance = "gold" }, earlier), "words" },
            {
                "an earlier receipt that does not hold",
                Samples.Answer(receipt, earlier with { MarketSignature = Samples.File.MarketSignature }),
                Earlier
            },
            { "an earlier run without signatures", Samples.Answer(receipt, earlier with { WorkerSignatures = [] }), Earlier },
            { "an earlier job that did not run", Samples.Answer(receipt, Samples.AnsweredFile), Earlier },
            { "a signed run", Samples.AnsweredFile with { WorkerSignatures = earlier.WorkerSignatures }, Earlier },
        };

        Receipt With(Invocation invocation) => receipt with { Execution = receipt.Execution with { Invocation = invocation } };

        Receipt WithResult(RunResult other) => receipt with { Execution = receipt.Execution with { Result = other } };
    }

    /// <summary>The market signs everything here: what is wrong is what is said.</summary>
    [Theory, MemberData(nameof(Changed))]
    public void SignedAnswerThatContradictsItself_IsBroken(string what, ReceiptFile file, string check) =>
        Assert.True(Broken(file).Contains(check), $"{what} is not found by the check '{check}'");

    /// <summary>Of three seats at 13: a fifth of one, of two, of three.</summary>
    [Theory]
    [InlineData("none", 3)]
    [InlineData("audit:100%", 3)]
    [InlineData("quorum:2/3", 6)]
    [InlineData("committee:3", 6)]
    public void CommitteesReceipt_AnswersStrangers_AtThePriceOfWhatTheyWouldNeed(string assurance, int price)
    {
        var earlier = Samples.SignByCommittee(Samples.CommitteeReceipt with { Execution = Samples.Earlier.Receipt.Execution });
        var receipt = Samples.AnsweredReceipt with
        {
            Payer = default,
            Assurance = assurance,
            Price = new TokenAmount((UInt128)price),
            Shares = [new PaidShare(default, new TokenAmount((UInt128)price))],
        };

        Assert.Empty(Broken(Samples.Answer(receipt, earlier)));
        Assert.Contains(Earlier, Broken(Samples.Answer(receipt with { Assurance = "committee:4" }, earlier)));
    }

    [Theory]
    [InlineData("none", 1, "none")]
    [InlineData("audit:10%", 1, "none", "audit:10%", "audit:9.9%")]
    [InlineData("quorum:2/3", 2, "none", Audits, "quorum:2/3")]
    [InlineData("quorum:3/4", 4, "none", Audits, "quorum:2/3", "quorum:3/4", "quorum:3/5")]
    [InlineData("committee:3", 1, "none", "committee:3")]
    [InlineData(
        "committee:5",
        4,
        "none",
        Audits,
        "quorum:2/2",
        "quorum:2/3",
        "quorum:3/4",
        "quorum:3/5",
        "quorum:4/5",
        "committee:3",
        "committee:4",
        "committee:5"
    )]
    [InlineData("committee:4", 3, "none", Audits, "quorum:2/2", "quorum:2/3", "quorum:3/4", "committee:4")]
    public void Assurance_CoversWhatIsNoSurer(string had, int seats, params string[] covered)
    {
        string[] all =
        [
            "none",
            "audit:9.9%",
            "audit:10%",
            "audit:100%",
            "quorum:2/2",
            "quorum:2/3",
            "quorum:3/4",
            "quorum:3/5",
            "quorum:4/5",
            "quorum:5/5",
            "committee:3",
            "committee:4",
            "committee:5",
            "committee:6",
        ];
        Assert.Equal(
            all.Where(asked => covered.Contains(asked) || (covered.Contains(Audits) && asked.StartsWith(Audits, StringComparison.Ordinal))),
            all.Where(asked => Assurance.Parse(had).Covers(Assurance.Parse(asked), seats))
        );
    }

    [Fact]
    public void Price_IsRoundedUpOnce_AndNeverAboveTheLimit()
    {
        var most = new TokenAmount(UInt128.MaxValue);
        Assert.Equal(new TokenAmount(1), ReceiptReuse.Price(new TokenAmount(1), 1, 16, Assurance.None, most));
        Assert.Equal(TokenAmount.Zero, ReceiptReuse.Price(TokenAmount.Zero, 100, 1, Assurance.None, most));
        Assert.Equal(most, ReceiptReuse.Price(most, 100, 16, Assurance.Quorum(16, 16), most));
        Assert.Equal(new TokenAmount(7), ReceiptReuse.Price(most, 20, 3, Assurance.None, new TokenAmount(7)));
    }

    [Fact]
    public void AnswerWithinAnAnswer_IsNoForm()
    {
        var json = Samples.Answer(Samples.AnsweredReceipt, Samples.AnsweredFile).ToJson();

        var refused = Assert.Throws<ReceiptFormatException>(() => ReceiptFile.Parse(json));

        Assert.Contains("a still earlier one", refused.Message, StringComparison.Ordinal);
        var other = Encoding
            .UTF8.GetString(Samples.AnsweredFile.ToJson())
            .Replace("\"earlier\":{\"format\":\"marketplace receipt 1\"", "\"earlier\":{\"format\":\"other\"", StringComparison.Ordinal);
        Assert.Throws<ReceiptFormatException>(() => ReceiptFile.Parse(Encoding.UTF8.GetBytes(other)));
    }

    private static string[] Broken(ReceiptFile file) =>
        [.. ReceiptChecks.Of(file).Where(check => check.Result == CheckResult.Broken).Select(check => check.Name)];
}
