using System.Text;

namespace Marketplace.Receipts.Tests;

public sealed class ReceiptFileTests
{
    [Theory, InlineData(false), InlineData(true)]
    public void File_IsReadAsItWasWritten(bool isOfCommittee)
    {
        var file = isOfCommittee ? Samples.CommitteeFile : Samples.File;
        var read = ReceiptFile.Parse(file.ToJson());

        Assert.Equal(file.ToJson(), read.ToJson());
        Assert.Equal(file.Receipt.Hash(), read.Receipt.Hash());
        Assert.DoesNotContain(ReceiptChecks.Of(read), check => check.Result == CheckResult.Broken);
    }

    [Fact]
    public void WhiteSpaceBetweenItsParts_IsAllowed()
    {
        var spaced = Encoding.UTF8.GetString(Samples.File.ToJson()).Replace(",\"", ",\r\n\t \"", StringComparison.Ordinal) + "\n";

        Assert.Equal(Samples.Receipt.Hash(), ReceiptFile.Parse(Encoding.UTF8.GetBytes(spaced)).Receipt.Hash());
    }

    [Theory, InlineData(false), InlineData(true)]
    public void EveryFlippedBit_IsRefused(bool isOfCommittee)
    {
        var json = (isOfCommittee ? Samples.CommitteeFile : Samples.File).ToJson();
        var evidence = new ReceiptEvidence();
        var (malformed, broken) = (0, 0);
        for (var bit = 0; bit < 8 * json.Length; bit++)
        {
            json[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                var check = ReceiptChecks
                    .OneByOne(ReceiptFile.Parse(json), evidence)
                    .FirstOrDefault(check => check.Result == CheckResult.Broken);
                Assert.True(check is not null, $"Bit {bit} may be flipped: {Encoding.UTF8.GetString(json)}");
                Assert.NotEmpty(check.Finding);
                broken++;
            }
            catch (ReceiptFormatException)
            {
                malformed++;
            }
            json[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        // Both kinds of refusal are met: that every flip were malformed would prove nothing of the signatures.
        Assert.True(malformed > json.Length && broken > json.Length, $"{malformed} malformed, {broken} broken");
    }

    [Theory]
    [InlineData("", "not a receipt")]
    [InlineData("null", "null")]
    [InlineData("[]", "not a receipt")]
    [InlineData("{}", "not a receipt")]
    public void WhatIsNoReceipt_IsRefusedWithWhatWasSeen(string text, string expected) =>
        Assert.Contains(
            expected,
            Assert.Throws<ReceiptFormatException>(() => ReceiptFile.Parse(Encoding.UTF8.GetBytes(text))).Message,
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData("marketplace receipt 1", "marketplace receipt 2", "this build reads")]
    [InlineData("\"epoch\":\"0\"", "\"epoch\":0", "other characters")]
    [InlineData("\"epoch\":\"0\"", "\"epoch\":\"00\"", "")]
    [InlineData("\"epoch\":\"0\"", "\"epoch\":\"0\",\"epoch\":\"0\"", "")]
    [InlineData("\"epoch\":\"0\"", "\"epoch\":\"0\",\"more\":\"0\"", "more")]
    [InlineData("\"LANG\"", "\"\\u004cANG\"", "other characters")]
    [InlineData("progaaaa", "progAAAA", "other characters")]
    public void AnotherTextOfTheSame_IsRefused(string part, string other, string expected)
    {
        var file = Samples.Sign(
            Samples.Receipt with
            {
                Execution = Samples.Execution with
                {
                    Invocation = Samples.Execution.Invocation with { Program = new ProgramId(Samples.Word(0xaa)) },
                },
            }
        );
        var text = Encoding.UTF8.GetString(file.ToJson());
        Assert.Contains(part, text, StringComparison.Ordinal);

        var refused = Assert.Throws<ReceiptFormatException>(() =>
            ReceiptFile.Parse(Encoding.UTF8.GetBytes(text.Replace(part, other, StringComparison.Ordinal)))
        );

        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
    }

    /// <summary>The reader of JSON takes them for items of any list.</summary>
    [Theory]
    [InlineData("[\"--verbose\"")]
    [InlineData("\"environment\":[{")]
    [InlineData("\"files\":[{")]
    [InlineData("\"outputFiles\":[{")]
    [InlineData("\"shares\":[{")]
    [InlineData("\"path\":[{")]
    [InlineData("\"seats\":[{")]
    [InlineData("\"workerSignatures\":[{")]
    [InlineData("\"members\":[{", true)]
    [InlineData("\"path\":[{", true)]
    public void NullInAList_IsRefused(string start, bool isOfCommittee = false)
    {
        var text = Encoding.UTF8.GetString((isOfCommittee ? Samples.CommitteeFile : Samples.File).ToJson());
        var changed = text.Replace(
            start,
            start.Insert(start.IndexOf('[', StringComparison.Ordinal) + 1, "null,"),
            StringComparison.Ordinal
        );
        Assert.NotEqual(text, changed);

        Assert.Contains(
            "null",
            Assert.Throws<ReceiptFormatException>(() => ReceiptFile.Parse(Encoding.UTF8.GetBytes(changed))).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void FileLongerThanAllowed_IsRefused() =>
        Assert.Contains(
            $"{ReceiptFile.BytesMax}",
            Assert.Throws<ReceiptFormatException>(() => ReceiptFile.Parse(new byte[ReceiptFile.BytesMax + 1])).Message,
            StringComparison.Ordinal
        );
}
