using System.Text;

namespace Marketplace.Receipts.Tests;

/// <summary>What proves that the market's ledger names a committee's signature, and what does not.</summary>
public sealed class BatchProofTests
{
    private static readonly Bytes32 Root = BatchProof.RootOf(Samples.CommitteeFile)!.Value;
    private static readonly BatchProof Proof = LedgerSamples.Batch(Root, Samples.CommitteeReceipt.Epoch);

    [Fact]
    public void ReceiptOfACommittee_HoldsWithItsProof()
    {
        Assert.Equal(Proof.Root, Root);
        Assert.Equal(CheckResult.Holds, Check(Samples.CommitteeFile, Proof).Result);
        Assert.DoesNotContain(ReceiptChecks.Of(Samples.CommitteeFile), check => check.Name == "ledger");
        // The answered receipt's earlier one is no committee's.
        Assert.Contains("No committee", Check(Samples.AnsweredFile, Proof).Finding, StringComparison.Ordinal);
        Assert.Contains("No committee", Check(Samples.File, Proof).Finding, StringComparison.Ordinal);
    }

    [Fact]
    public void ReceiptThatAnEarlierOneAnswered_HasTheSignaturesOfTheEarlierOne()
    {
        var answered = Samples.Answer(Samples.AnsweredReceipt, Samples.CommitteeFile);
        Assert.Equal(Root, BatchProof.RootOf(answered));
        Assert.Equal(CheckResult.Holds, Check(answered, Proof).Result);
    }

    public static TheoryData<string> Lies => [.. Changed.Keys];

    private static Dictionary<string, (BatchProof Proof, string Finding)> Changed { get; } = Make();

    [Theory, MemberData(nameof(Lies))]
    public void ProofThatIsChanged_IsBroken(string lie)
    {
        var (proof, finding) = Changed[lie];
        var check = Check(Samples.CommitteeFile, proof);
        Assert.Equal(CheckResult.Broken, check.Result);
        Assert.Contains(finding, check.Finding, StringComparison.Ordinal);
    }

    [Fact]
    public void ProofHasOneText()
    {
        var line = LedgerLines.ToJson(Proof);
        Assert.Equal(line, LedgerLines.ToJson(LedgerLines.ParseBatch(line)));
        Assert.Equal(line, LedgerLines.ToJson(LedgerLines.ParseBatch([.. line, (byte)'\n'])));
        var text = Encoding.UTF8.GetString(line);
        string[] others =
        [
            "",
            "null",
            "{}",
            text + "\n\n",
            " " + text,
            text.Replace("receipt batch 1", "receipt batch 2", StringComparison.Ordinal),
            text.Replace("\"path\":[", "\"path\":[null,", StringComparison.Ordinal),
            text.Replace("\"subject\":[", "\"subject\":[null,", StringComparison.Ordinal),
            text.Replace("\"name\":\"count\"", "\"name\":\"counts\"", StringComparison.Ordinal),
            text.Replace("\"size\":\"3\"", "\"size\":3", StringComparison.Ordinal),
            text.Replace("\"from\":\"1\"", "\"from\":\"-1\"", StringComparison.Ordinal),
            text.Replace("\"root\":", "\"root\":\"\",\"root\":", StringComparison.Ordinal),
            text[..^1],
            text + new string(' ', LedgerPolicy.LineBytesMax),
        ];
        Assert.All(others, other => Assert.Throws<LedgerFormatException>(() => LedgerLines.ParseBatch(Encoding.UTF8.GetBytes(other))));
    }

    /// <summary>No change of one character makes another proof that holds.</summary>
    [Fact]
    public void NoCharacterOfAProof_CanBeChanged()
    {
        var line = LedgerLines.ToJson(Proof);
        var random = new Random(7);
        for (var mutant = 0; mutant < 400; mutant++)
        {
            var changed = line.ToArray();
            var place = random.Next(changed.Length);
            changed[place] = (byte)"0123456789abcdef\"{}[],:\\x"[random.Next(25)];
            if (changed[place] == line[place])
            {
                continue;
            }
            try
            {
                var proof = LedgerLines.ParseBatch(changed);
                Assert.True(Check(Samples.CommitteeFile, proof).Result == CheckResult.Broken, Encoding.UTF8.GetString(changed));
            }
            catch (LedgerFormatException)
            {
                // It is no proof any more.
            }
        }
    }

    private static ReceiptCheck Check(ReceiptFile file, BatchProof proof) =>
        Assert.Single(ReceiptChecks.Of(file, new ReceiptEvidence { Batch = proof }), check => check.Name == "ledger");

    private static Dictionary<string, (BatchProof, string)> Make()
    {
        var (record, head) = (Proof.Record, Proof.Head);
        var other = new MarketDomain(LedgerSamples.WorkerKey.PublicKey);
        return new()
        {
            ["another root"] = (Proof with { Root = Proof.Record.Before }, "signed"),
            ["another market"] = (Proof with { Domain = other }, "is of the market"),
            ["another market's head"] = (Proof with { Head = head with { Domain = other } }, "is of the market"),
            ["another epoch"] = (LedgerSamples.Batch(Root, 8), "of epoch 8"),
            ["a shorter path"] = (Proof with { Path = [.. Proof.Path.Skip(1)] }, "does not lead"),
            ["a longer path"] = (Proof with { Path = [.. Proof.Path, .. Proof.Path] }, "does not lead"),
            ["a step with no side"] = (Proof with { Path = [new PathStep(), .. Proof.Path.Skip(1)] }, "does not lead"),
            ["another kind"] = (
                Proof with
                {
                    Record = record with { Operation = record.Operation with { Kind = LedgerKinds.Policy, Subject = [] } },
                },
                "not a batch"
            ),
            ["another namespace"] = (
                Proof with
                {
                    Record = record with { Operation = record.Operation with { Namespace = new LedgerSamples().Name } },
                },
                "not a batch"
            ),
            ["another author"] = (
                Proof with
                {
                    Record = record with { Operation = record.Operation with { Author = LedgerSamples.WorkerKey.PublicKey } },
                },
                "has not signed the operation"
            ),
            ["another time"] = (
                Proof with
                {
                    Record = record with { Operation = record.Operation with { Time = 1 } },
                },
                "has not signed the operation"
            ),
            ["another index"] = (Proof with { Record = record with { Index = 2 } }, "do not prove"),
            ["another place"] = (Proof with { Proof = Proof.Proof with { From = 2 } }, "do not prove"),
            ["another size"] = (Proof with { Proof = Proof.Proof with { Size = 4 } }, "do not prove"),
            ["a hash less"] = (Proof with { Proof = Proof.Proof with { Hashes = [Proof.Proof.Hashes[0]] } }, "do not prove"),
            ["another head"] = (Proof with { Head = head with { Head = head.Head with { Size = 4 } } }, "has not signed the head"),
            ["the head of another ledger"] = (Proof with { Head = new LedgerSamples().Head() }, "has not signed the head"),
        };
    }
}
