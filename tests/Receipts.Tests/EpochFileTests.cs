using System.Text;

namespace Marketplace.Receipts.Tests;

public sealed class EpochFileTests
{
    [Fact]
    public void Epoch_IsReadAsItWasWrittenAndHolds()
    {
        var read = EpochFile.Parse(Samples.EpochFile.ToJson());

        Assert.Equal(Samples.EpochFile.ToJson(), read.ToJson());
        Assert.Empty(Broken(read));
        Assert.Equal(4, read.Committee(16).Count);
    }

    [Fact]
    public void EveryFlippedBit_IsRefused()
    {
        // Two workers: each bit of each key and share is checked by pairings.
        var json = Samples.PublishEpoch(7, [Samples.Member(0, 1), Samples.Member(1, 2)]).ToJson();
        var broken = 0;
        for (var bit = 0; bit < 8 * json.Length; bit++)
        {
            json[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                Assert.Contains(EpochChecks.OneByOne(EpochFile.Parse(json)), check => check.Result == CheckResult.Broken);
                broken++;
            }
            catch (ReceiptFormatException)
            {
                // The other way to be refused.
            }
            json[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        Assert.True(broken > json.Length, $"{broken} flips of {8 * json.Length} were found by a check.");
    }

    [Fact]
    public void ReceiptOfItsCommittee_IsComparedWithTheDraw()
    {
        var drawn = Samples.EpochFile.Committee(3);
        var good = Receipt(drawn);
        var other = Receipt([drawn[1], drawn[0], drawn[2]]);
        var later = Samples.SignByCommittee(good.Receipt with { Epoch = 8 }, members: drawn);

        Assert.Contains(
            EpochChecks.Of(Samples.EpochFile, receipt: good),
            check => check is { Name: "committee", Result: CheckResult.Holds }
        );
        Assert.All(
            [other, later, Samples.File, good with { MarketSignature = later.MarketSignature }],
            receipt => Assert.Equal(["committee"], Broken(Samples.EpochFile, receipt))
        );
    }

    [Fact]
    public void KeyOfTheMarket_IsCompared()
    {
        var checks = EpochChecks.Of(Samples.EpochFile, new MarketDomain(Samples.Word(1)));

        Assert.Equal(["market"], checks.Where(check => check.Result == CheckResult.Broken).Select(check => check.Name));
        Assert.Contains(EpochChecks.Of(Samples.EpochFile, Samples.Domain), check => check is { Name: "market", Result: CheckResult.Holds });
    }

    [Theory]
    [InlineData("null", "null")]
    [InlineData("{}", "not an epoch")]
    [InlineData("[]", "not an epoch")]
    public void WhatIsNoEpoch_IsRefused(string text, string expected) =>
        Assert.Contains(
            expected,
            Assert.Throws<ReceiptFormatException>(() => EpochFile.Parse(Encoding.UTF8.GetBytes(text))).Message,
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData("marketplace epoch 1", "marketplace epoch 2", "this build reads")]
    [InlineData("\"shares\":[", "\"shares\":[\"\",", "one each")]
    [InlineData("\"shares\":[", "\"shares\":[null,", "null")]
    [InlineData("\"weight\":\"30\"", "\"weight\":\"0\"", "no weight")]
    [InlineData("\"epoch\":\"7\"", "\"epoch\":\"07\"", "")]
    public void OtherForms_AreRefused(string part, string other, string expected)
    {
        var text = Encoding.UTF8.GetString(Samples.EpochFile.ToJson());
        Assert.Contains(part, text, StringComparison.Ordinal);

        Assert.Contains(
            expected,
            Assert
                .Throws<ReceiptFormatException>(() =>
                    EpochFile.Parse(Encoding.UTF8.GetBytes(text.Replace(part, other, StringComparison.Ordinal)))
                )
                .Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void EpochWithTooManyWorkersOrBytes_IsRefused()
    {
        var member = Samples.EpochFile.Members[0];
        CommitteeMember[] many =
        [
            .. Enumerable
                .Range(0, EpochFile.MembersMax + 1)
                .Select(number => new Bytes32([.. new byte[28], .. BitConverter.GetBytes(number).Reverse()]))
                .Select(word => member with { Worker = new WorkerId(word), BlsKey = word.ToString() + new string('0', 32) }),
        ];
        var file = Samples.EpochFile with { Members = many, Shares = [.. many.Select(_ => "")] };

        Assert.Contains(
            $"{EpochFile.MembersMax}",
            Assert.Throws<ReceiptFormatException>(() => EpochFile.Parse(file.ToJson())).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            $"{EpochFile.BytesMax}",
            Assert.Throws<ReceiptFormatException>(() => EpochFile.Parse(new byte[EpochFile.BytesMax + 1])).Message,
            StringComparison.Ordinal
        );
        Assert.InRange(
            (file with { Members = many[1..], Shares = [.. many[1..].Select(_ => new string('0', 192))] }).ToJson().Length,
            0,
            EpochFile.BytesMax
        );
    }

    private static ReceiptFile Receipt(IReadOnlyList<CommitteeMember> members) =>
        Samples.SignByCommittee(
            Samples.CommitteeReceipt with
            {
                Seats = [.. members.Select(member => new Seat(member.Worker, new TokenAmount(100))).OrderBy(seat => seat.Worker.Value)],
                Price = new TokenAmount(39),
                Shares = [new PaidShare(default, new TokenAmount(39))],
            },
            0b111,
            members
        );

    private static IEnumerable<string> Broken(EpochFile file, ReceiptFile? receipt = null) =>
        EpochChecks.Of(file, receipt: receipt).Where(check => check.Result == CheckResult.Broken).Select(check => check.Name);
}
