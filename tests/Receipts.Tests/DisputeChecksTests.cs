using System.Text;

namespace Marketplace.Receipts.Tests;

/// <summary>What a verifier accepts of disputes, and that nothing of one can be changed unseen.</summary>
public sealed class DisputeChecksTests
{
    private static readonly Slashing None = new(default, TokenAmount.Zero, []);

    private static Dispute Good => DisputeSamples.Dispute;

    [Fact]
    public void Dispute_IsReadBack_AndHolds()
    {
        var read = DisputeFile.Parse(DisputeSamples.File.ToJson());
        Assert.Equal(DisputeSamples.File.ToJson(), read.ToJson());
        var checks = DisputeChecks.Of(read, Samples.Domain);
        Assert.DoesNotContain(checks, check => check.Result == CheckResult.Broken);
        Assert.Equal(6, checks.Count(check => check.Result == CheckResult.Holds));
        Assert.Contains(
            DisputeChecks.Of(read, new MarketDomain(Samples.Word(1))),
            check => check is { Name: "market", Result: CheckResult.Broken }
        );
    }

    [Fact]
    public void FlippedBits_AreAllFound()
    {
        var json = DisputeSamples.File.ToJson();
        for (var bit = 0; bit < 8 * json.Length; bit++)
        {
            var changed = (byte[])json.Clone();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                var file = DisputeFile.Parse(changed);
                // The market's signature is the cheapest that none survives.
                var isSigned = ReceiptChecks.IsSigned(
                    file.Domain.Market,
                    DisputeDigest.Of(file.Domain, file.Dispute.Hash()),
                    file.MarketSignature
                );
                Assert.True(
                    !isSigned || DisputeChecks.Of(file).Any(check => check.Result == CheckResult.Broken),
                    $"Bit {bit} was not found."
                );
            }
            catch (ReceiptFormatException)
            {
                // It is no dispute any more.
            }
        }
    }

    public static TheoryData<string> Contradictions => [.. Mutants().Keys];

    [Theory, MemberData(nameof(Contradictions))]
    public void ContradictionThatAllHaveSigned_IsFound(string name)
    {
        var (mutant, check) = Mutants()[name];
        var broken = DisputeChecks.Of(DisputeSamples.Sign(mutant)).Where(found => found.Result == CheckResult.Broken);
        Assert.Equal(check, Assert.Single(broken).Name);
    }

    [Fact]
    public void UndecidedDisputes_Hold()
    {
        var kept = Good with
        {
            Results = [DisputeSamples.Wrong, DisputeSamples.Right],
            Votes = [.. Good.Votes.Take(3)],
            State = DisputeStates.Kept,
            Reason = "nothing at stake",
            Verdict = default,
            Slashings = [],
        };
        Dispute[] others =
        [
            kept,
            Good with
            {
                State = DisputeStates.Undecided,
                Reason = "too few jurors",
                Lead = 4,
                Verdict = default,
                Slashings = [],
            },
            Good with
            {
                State = DisputeStates.Decided,
                Slashings = [Good.Slashings[1]],
            },
        ];
        foreach (var dispute in others)
        {
            Assert.DoesNotContain(DisputeChecks.Of(DisputeSamples.Sign(dispute)), check => check.Result == CheckResult.Broken);
        }
    }

    [Fact]
    public void OpenDispute_TellsNothingOfWhatTheSeatsGave()
    {
        var open = DisputeSamples.Open;
        var file = DisputeFile.Parse((DisputeSamples.Sign(open) with { WorkerSignatures = [] }).ToJson());
        var checks = DisputeChecks.Of(file, Samples.Domain);
        Assert.DoesNotContain(checks, check => check.Result == CheckResult.Broken);
        Assert.Equal(["words", "market", "market's signature"], Names(CheckResult.Holds));
        Assert.Equal(["workers' signatures", "verdict", "slashings", "result"], Names(CheckResult.NotChecked));
        Dispute[] telling =
        [
            open with
            {
                Results = Good.Results,
            },
            open with
            {
                Votes = [.. Good.Votes.Take(3)],
            },
            open with
            {
                Votes = [.. open.Votes.Take(2), Good.Votes[2]],
            },
            open with
            {
                Votes = [.. open.Votes, Good.Votes[4] with { Execution = default }],
            },
            open with
            {
                Votes = [open.Votes[0]],
            },
            open with
            {
                Accepted = Good.Accepted,
            },
            open with
            {
                Reason = "",
            },
            open with
            {
                Verdict = Good.Verdict,
            },
            open with
            {
                DecidedAt = 1,
            },
        ];
        foreach (var dispute in telling)
        {
            checks = DisputeChecks.Of(DisputeSamples.Sign(dispute) with { WorkerSignatures = [] });
            Assert.Equal(["words"], Names(CheckResult.Broken));
        }
        checks = DisputeChecks.Of(DisputeSamples.Sign(open));
        Assert.Equal(["workers' signatures"], Names(CheckResult.Broken));

        IEnumerable<string> Names(CheckResult result) => checks.Where(check => check.Result == result).Select(check => check.Name);
    }

    [Theory]
    [InlineData("", 1, null), InlineData("a", 1, 'a'), InlineData("a", 2, null), InlineData("aab", 1, 'a'), InlineData("aab", 2, null)]
    [InlineData("aabbb", 1, 'b'), InlineData("aabbc", 1, null), InlineData("bcaaaa", 3, 'a'), InlineData("bbcaaaa", 3, null)]
    public void Verdict_IsTheResultThatLeadsEachOther(string votes, int lead, char? verdict) =>
        Assert.Equal(
            verdict is { } letter ? Samples.Word((byte)letter) : (Bytes32?)null,
            JuryRules.Verdict(votes.Select(vote => Samples.Word((byte)vote)), (ulong)lead)
        );

    [Fact]
    public void WorkerThatHasNotSigned_IsFound()
    {
        var signatures = DisputeSamples.File.WorkerSignatures;
        var exchanged = DisputeSamples.File with
        {
            WorkerSignatures = [signatures[0], signatures[2], signatures[1], .. signatures.Skip(3)],
        };
        var missing = DisputeSamples.File with { WorkerSignatures = [.. signatures.Skip(1)] };
        foreach (var file in new[] { exchanged, missing })
        {
            var broken = DisputeChecks.Of(file).Where(check => check.Result == CheckResult.Broken);
            Assert.Equal("workers' signatures", Assert.Single(broken).Name);
        }
    }

    [Fact]
    public void FileBeyondTheBound_OrOfAnotherForm_IsRefused()
    {
        var json = Encoding.UTF8.GetString(DisputeSamples.File.ToJson());
        var padded = json + new string(' ', DisputeFile.BytesMax - Encoding.UTF8.GetByteCount(json));
        Assert.NotNull(DisputeFile.Parse(Encoding.UTF8.GetBytes(padded)));
        string[] refused =
        [
            padded + " ",
            "null",
            "{}",
            json.Replace("marketplace dispute 1", "marketplace dispute 2", StringComparison.Ordinal),
            json.Replace("\"role\":\"seat\"", "\"role\":\"se\\u0061t\"", StringComparison.Ordinal),
            json.Replace("\"shares\":[", "\"shares\":[null,", StringComparison.Ordinal),
            json.Replace("\"workerSignatures\":[", "\"workerSignatures\":[null,", StringComparison.Ordinal),
        ];
        Assert.All(refused, text => Assert.Throws<ReceiptFormatException>(() => DisputeFile.Parse(Encoding.UTF8.GetBytes(text))));
    }

    private static Dictionary<string, (Dispute Mutant, string Check)> Mutants()
    {
        var (right, wrong, late) = (DisputeSamples.Right, DisputeSamples.Wrong, DisputeSamples.Late);
        var juror = DisputeSamples.Vote(7, DisputeVote.Juror, wrong);
        return new Dictionary<string, (Dispute Mutant, string Check)>
        {
            ["state"] = (Good with { State = "closed" }, "words"),
            ["assurance"] = (Good with { Assurance = "none" }, "words"),
            ["no run"] = (Good with { Results = [wrong, right, late with { Outcome = "not_run" }] }, "words"),
            ["fuel"] = (Good with { Results = [wrong, right, late with { Fuel = 1_000_001 }] }, "words"),
            ["result twice"] = (Good with { Results = [.. Good.Results, right] }, "words"),
            ["result of nobody"] = (Good with { Results = [.. Good.Results, late with { Fuel = 6 }] }, "words"),
            ["vote without a result"] = (Good with { Results = [wrong, right] }, "words"),
            ["role"] = (Good with { Votes = [.. Good.Votes, juror with { Role = "judge" }] }, "words"),
            ["seat behind jurors"] = (Good with { Votes = [.. Good.Votes, juror with { Role = "seat" }] }, "words"),
            ["worker twice"] = (Good with { Votes = [.. Good.Votes, Good.Votes[6]] }, "words"),
            ["seats that agree"] = (Good with { Votes = [Good.Votes[1], .. Good.Votes.Skip(3)], Results = [right, late] }, "words"),
            ["accepted of nobody"] = (Good with { Accepted = DisputeSamples.ExecutionOf(late) }, "words"),
            ["reason"] = (Good with { Reason = "because" }, "words"),
            ["kept with a verdict"] = (Good with { State = DisputeStates.Kept, Reason = "because" }, "words"),
            ["decided never"] = (Good with { DecidedAt = 0 }, "words"),
            ["no lead"] = (Good with { Lead = 0 }, "words"),
            ["lead"] = (Good with { Lead = 4 }, "verdict"),
            ["verdict"] = (
                Good with
                {
                    Verdict = DisputeSamples.ExecutionOf(wrong),
                    Slashings = [],
                    State = DisputeStates.Decided,
                },
                "verdict"
            ),
            ["juror against it"] = (
                Good with
                {
                    Votes = [.. Good.Votes, juror, juror with { Worker = DisputeSamples.WorkerOf(8) }],
                    State = DisputeStates.Decided,
                },
                "verdict"
            ),
        }
            .Concat(WrongSlashings())
            .ToDictionary();
    }

    private static Dispute Also(WorkerId worker) =>
        Good with
        {
            Slashings = [.. Good.Slashings.Append(Good.Slashings[0] with { Worker = worker }).OrderBy(lost => lost.Worker.Value)],
        };

    private static Dictionary<string, (Dispute Mutant, string Check)> WrongSlashings()
    {
        var (first, second) = (Good.Slashings[0], Good.Slashings[1]);
        return new()
        {
            ["loser that was not slashed"] = (Good with { Slashings = [first] }, "slashings"),
            ["innocent"] = (Also(DisputeSamples.WorkerOf(1)), "slashings"),
            ["worker that is all zeros"] = (Good with { Slashings = [None, .. Good.Slashings] }, "slashings"),
            ["late juror"] = (Also(DisputeSamples.WorkerOf(3)), "slashings"),
            ["order"] = (Good with { Slashings = [second, first] }, "slashings"),
            ["twice"] = (Good with { Slashings = [first, first, second] }, "slashings"),
            ["amount"] = (
                Good with
                {
                    Slashings = [first with { Amount = new TokenAmount(first.Amount.BaseUnits + 1) }, second],
                },
                "slashings"
            ),
            ["share of nothing"] = (
                Good with
                {
                    Slashings = [first with { Shares = [.. first.Shares, new PaidShare(Good.Payer, TokenAmount.Zero)] }, second],
                },
                "slashings"
            ),
            ["too much"] = (
                Good with
                {
                    Slashings =
                    [
                        new Slashing(first.Worker, new TokenAmount(1041), [new PaidShare(Good.Payer, new TokenAmount(1041))]),
                        second,
                    ],
                },
                "slashings"
            ),
            ["too much for others"] = (
                Good with
                {
                    Slashings =
                    [
                        new Slashing(
                            first.Worker,
                            new TokenAmount(41),
                            [new PaidShare(new AccountId(Samples.Word(1)), new TokenAmount(41))]
                        ),
                        second,
                    ],
                },
                "slashings"
            ),
        };
    }
}
