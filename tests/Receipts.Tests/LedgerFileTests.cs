using System.Text;
using Marketplace.Testing;

namespace Marketplace.Receipts.Tests;

public sealed class LedgerFileTests
{
    private static readonly LedgerEvidence All = new()
    {
        Market = LedgerSamples.Domain,
        Namespace = LedgerSamples.Worker().Name,
        Earlier = LedgerSamples.Worker().Head(),
    };

    [Fact]
    public void File_HoldsAndTellsWhatIsInIt()
    {
        var found = LedgerSamples.Verify(LedgerSamples.Worker().File(), All);

        Assert.Equal(3UL, found.Head.Head.Size);
        Assert.Equal([new(LedgerKinds.Offer, 2), new(LedgerKinds.StakeHeld, 1)], found.Kinds);
        Assert.Empty(found.Forks);
        Assert.Empty(found.UnknownKinds);
        Assert.True(found.MarketKnown);
        Assert.Equal(3UL, found.EarlierSize);
    }

    [Fact]
    public void LedgerOfNothing_Holds() =>
        Assert.Equal(0UL, LedgerSamples.Verify(new LedgerSamples { Name = LedgerName.Market }.File()).Head.Head.Size);

    [Fact]
    public void EveryFlippedBit_IsRefused()
    {
        var file = LedgerSamples.Worker().File();
        var byLine = new int[6];
        var (malformed, broken) = (0, 0);
        for (var bit = 0; bit < 8 * file.Length; bit++)
        {
            file[bit / 8] ^= (byte)(1 << (bit % 8));
            var refusal = Assert.Throws<LedgerBrokenException>(() => LedgerSamples.Verify(file));
            Assert.NotEmpty(refusal.Message);
            byLine[refusal.Line]++;
            (malformed, broken) = refusal.InnerException is null ? (malformed, broken + 1) : (malformed + 1, broken);
            file[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        // That every flip were malformed would prove nothing of the signatures.
        Assert.All(byLine[1..], count => Assert.True(count > 0));
        Assert.True(malformed > file.Length && broken > file.Length, $"{malformed} malformed, {broken} broken");
    }

    [Fact]
    public void CutFile_IsRefusedWhereverItWasCut()
    {
        var file = LedgerSamples.Worker().File();
        for (var length = 0; length < file.Length; length += 7)
        {
            Assert.Throws<LedgerBrokenException>(() => LedgerSamples.Verify(file[..length]));
        }
        Assert.Contains("cut off", Refusal(WithoutLine(file, 4)), StringComparison.Ordinal);
    }

    [Fact]
    public void LinesInAnotherOrder_AreRefused()
    {
        var file = LedgerSamples.Worker().File();

        Assert.Contains("Line 2: It says that it is record 1; record 0", Refusal(WithoutLine(file, 1)), StringComparison.Ordinal);
        Assert.Contains("after the head", Refusal([.. file, .. Line(file, 2), (byte)'\n']), StringComparison.Ordinal);
        Assert.Contains("Line 1: ", Refusal(WithoutLine(file, 0)), StringComparison.Ordinal);
    }

    [Fact]
    public void LedgerOfAnotherMarketOrNamespace_IsRefused()
    {
        var file = LedgerSamples.Worker().File();

        Assert.Contains(
            "of the market",
            Refusal(file, new LedgerEvidence { Market = new MarketDomain(Samples.Word(1)) }),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "should be where it settles on chain 1 by",
            Refusal(file, new LedgerEvidence { Market = LedgerSamples.Domain with { ChainId = 1 } }),
            StringComparison.Ordinal
        );
        Assert.Contains("'market'", Refusal(file, new LedgerEvidence { Namespace = LedgerName.Market }), StringComparison.Ordinal);
    }

    [Fact]
    public void StrangersOperation_IsRefused()
    {
        using var stranger = new Crypto.Ed25519KeyPair(new byte[32]);
        var ledger = LedgerSamples.Worker().Add(stranger, 1, 1, LedgerKinds.Offer, LedgerSamples.Offer(1));

        Assert.Contains("neither the market nor the owner", Refusal(ledger.File()), StringComparison.Ordinal);
    }

    [Fact]
    public void OperationInAnothersName_IsRefused()
    {
        var ledger = LedgerSamples.Worker();
        ledger.Add(LedgerSamples.MarketKey, ledger.Records[1].Operation with { Sequence = 2 });

        Assert.Contains("Line 5: The signature of its author", Refusal(ledger.File()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1_767_323_045_000, 4)]
    [InlineData(1_767_323_045_000, 2)]
    [InlineData(1_767_323_045_001, 2)]
    [InlineData(1_767_323_044_999, 1)]
    public void NumbersOfTheMarket_HaveNoGapAndNoRepetition(ulong epoch, ulong sequence)
    {
        var ledger = LedgerSamples.Worker().Add(LedgerSamples.MarketKey, epoch, sequence, LedgerKinds.Offer, LedgerSamples.Offer(1));

        Assert.Contains("without a gap", Refusal(ledger.File()), StringComparison.Ordinal);
    }

    [Fact]
    public void ChangeThatTheMarketTellsTwice_IsRefused()
    {
        var ledger = LedgerSamples.Worker();
        ledger.Add(LedgerSamples.MarketKey, ledger.Records[2].Operation with { Sequence = 3, Time = 1 });

        Assert.Contains("a second time", Refusal(ledger.File()), StringComparison.Ordinal);
    }

    [Fact]
    public void SameOperationTwice_IsRefused()
    {
        var ledger = LedgerSamples.Worker();
        ledger.Add(LedgerSamples.WorkerKey, ledger.Records[1].Operation);

        Assert.Contains("same operation", Refusal(ledger.File()), StringComparison.Ordinal);
    }

    [Fact]
    public void TwoOperationsUnderTheSameNumbers_AreShownAsAFork()
    {
        var ledger = LedgerSamples
            .Worker()
            .Add(LedgerSamples.WorkerKey, 7, 5, LedgerKinds.Offer, LedgerSamples.Offer(1))
            .Add(LedgerSamples.WorkerKey, 7, 1, LedgerKinds.Offer, LedgerSamples.Offer(2))
            .Add(LedgerSamples.WorkerKey, 7, 1, LedgerKinds.Offer, LedgerSamples.Offer(3));

        var fork = Assert.Single(LedgerSamples.Verify(ledger.File()).Forks);

        Assert.Equal((LedgerSamples.WorkerKey.PublicKey, 7UL, 1UL), (fork.Author, fork.Epoch, fork.Sequence));
        Assert.Equal([1UL, 4UL, 5UL], fork.Indexes);
    }

    [Fact]
    public void OperationOfALaterVersion_IsNamedAndNotChecked()
    {
        var ledger = LedgerSamples.Worker().Add(LedgerSamples.WorkerKey, 7, 2, "of_tomorrow", [new LedgerWord("any", "thing")]);

        Assert.Equal(["of_tomorrow"], LedgerSamples.Verify(ledger.File()).UnknownKinds);
    }

    [Theory]
    [InlineData("price", "100", "has the word 'pricePerMillionFuel'")]
    [InlineData("pricePerMillionFuel", "0100", "cannot be '0100'")]
    [InlineData("pricePerMillionFuel", "340282366920938463463374607431768211456", "cannot be")]
    public void WordsOfAKnownKind_HaveItsForm(string name, string value, string expected)
    {
        LedgerWord[] words = [new(name, value), .. LedgerSamples.Offer(1)[1..]];

        Assert.Contains(
            expected,
            Refusal(LedgerSamples.Worker().Add(LedgerSamples.WorkerKey, 7, 2, "offer", words).File()),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void KindOfAnotherNamespace_IsRefused()
    {
        var ledger = LedgerSamples.Worker().Add(LedgerSamples.WorkerKey, 7, 2, LedgerKinds.KeyRevoked, [new LedgerWord("key", "a")]);

        Assert.Contains("does not stand in the namespace", Refusal(ledger.File()), StringComparison.Ordinal);
    }

    [Fact]
    [TestsBound(typeof(LedgerPolicy), nameof(LedgerPolicy.WordsMax))]
    [TestsBound(typeof(LedgerPolicy), nameof(LedgerPolicy.NameBytesMax))]
    [TestsBound(typeof(LedgerPolicy), nameof(LedgerPolicy.ValueBytesMax))]
    [TestsBound(typeof(LedgerPolicy), nameof(LedgerPolicy.SubjectBytesMax))]
    public void Words_HaveBounds()
    {
        Assert.Null(RefusalOf(LedgerPolicy.WordsMax, "n", ""));
        Assert.Contains("257 words", RefusalOf(LedgerPolicy.WordsMax + 1, "n", ""), StringComparison.Ordinal);
        Assert.Null(RefusalOf(1, new string('n', LedgerPolicy.NameBytesMax), new string('v', LedgerPolicy.ValueBytesMax)));
        Assert.NotNull(RefusalOf(1, new string('n', LedgerPolicy.NameBytesMax + 1), ""));
        Assert.NotNull(RefusalOf(1, "", ""));
        Assert.Contains("surrogate", RefusalOf(1, "n", "\ud83d"), StringComparison.Ordinal);
        Assert.NotNull(RefusalOf(1, "n", new string('v', LedgerPolicy.ValueBytesMax + 1)));
        // 32 words of 1,024 bytes with their names, and the kind.
        var valueSize = (LedgerPolicy.SubjectBytesMax / 32) - 1;
        Assert.Contains("together", RefusalOf(32, "n", new string('v', valueSize)), StringComparison.Ordinal);
        Assert.Null(RefusalOf(32, "n", new string('v', valueSize - 1)));

        static string? RefusalOf(int count, string name, string value) =>
            LedgerKinds.Refusal(
                LedgerSamples.Worker().Records[0].Operation with
                {
                    Kind = "later",
                    Subject = [.. Enumerable.Repeat(new LedgerWord(name, value), count)],
                }
            );
    }

    [Fact]
    [TestsBound(typeof(LedgerPolicy), nameof(LedgerPolicy.LineBytesMax))]
    public void Lines_HaveABound()
    {
        // The longest line of all: every byte of the subject is an escape of six.
        var words = Enumerable.Repeat(new LedgerWord("n", new string('\u0001', 1023)), 31);
        var ledger = LedgerSamples.Worker().Add(LedgerSamples.WorkerKey, 7, 2, "later", [.. words]);
        LedgerSamples.Verify(ledger.File());

        Assert.Contains("the most of a line", Refusal(new byte[LedgerPolicy.LineBytesMax + 2]), StringComparison.Ordinal);
        Assert.Throws<LedgerFormatException>(() => LedgerLines.ParseRecord(new byte[LedgerPolicy.LineBytesMax + 1]));
    }

    [Theory]
    [InlineData("market.", false)]
    [InlineData("Market", false)]
    [InlineData("account.", false)]
    [InlineData("market", true)]
    [InlineData("worker.0101010101010101010101010101010101010101010101010101010101010101", true)]
    [InlineData("worker.ABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABAB", false)]
    [InlineData("account.010101010101010101010101010101010101010101010101010101010101010", false)]
    public void Namespaces_HaveOneText(string text, bool isName)
    {
        Assert.Equal(isName, LedgerName.TryParse(text, out var name));
        if (isName)
        {
            Assert.Equal(text, name.ToString());
        }
        else
        {
            Assert.Contains(text, Assert.Throws<FormatException>(() => LedgerName.Parse(text)).Message, StringComparison.Ordinal);
        }
    }

    private static string Refusal(byte[] file, LedgerEvidence? evidence = null) =>
        Assert.Throws<LedgerBrokenException>(() => LedgerSamples.Verify(file, evidence)).Message;

    private static byte[] WithoutLine(byte[] file, int index) =>
        [.. Lines(file).Where((_, line) => line != index).SelectMany(line => line.Append((byte)'\n'))];

    private static byte[] Line(byte[] file, int index) => Lines(file).ElementAt(index);

    private static IEnumerable<byte[]> Lines(byte[] file) =>
        Encoding.UTF8.GetString(file).TrimEnd('\n').Split('\n').Select(Encoding.UTF8.GetBytes);
}
