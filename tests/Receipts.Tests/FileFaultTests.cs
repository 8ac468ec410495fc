using System.Text;

namespace Marketplace.Receipts.Tests;

/// <summary>A person has given the wrong file: what is said names what was seen, and nothing of .NET.</summary>
public sealed class FileFaultTests
{
    private delegate object Reader(ReadOnlySpan<byte> bytes);

    private static readonly (string Name, Reader Read)[] Readers =
    [
        ("receipt", static bytes => ReceiptFile.Parse(bytes)),
        ("epoch", static bytes => EpochFile.Parse(bytes)),
        ("dispute", static bytes => DisputeFile.Parse(bytes)),
        ("settlement", static bytes => SettlementFile.Parse(bytes)),
        ("title of a ledger", static bytes => LedgerLines.ParseTitle(bytes)),
        ("record of a ledger", static bytes => LedgerLines.ParseRecord(bytes)),
        ("head of a ledger", static bytes => LedgerLines.ParseHead(bytes)),
        ("proof of a state", static bytes => StateProof.ReadJson(Encoding.UTF8.GetString(bytes))),
    ];

    private static readonly string[] OfTheReader = ["System.", "Marketplace.", ".NET", "isFinalBlock", "LineNumber", "Path:", "Utf8Json"];

    public static TheoryData<string, string> Wrong =>
        new()
        {
            { "", "there is nothing in it" },
            { "  ", "there is nothing in it" },
            { "hello", "is an invalid start of a value" },
            { "{\"name\":1", "name" },
            { "{\"unknown\":1}", "it has the member 'unknown', which there is not" },
            { "{}", "these members are missing" },
            { "[1,2]", "a value is not of the kind that is expected there" },
            { "7", "a value is not of the kind that is expected there" },
        };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void WrongFile_IsRefusedInWordsForItsReader(string content, string expected) =>
        Assert.All(
            Readers,
            reader =>
            {
                var refusal = Assert.ThrowsAny<Exception>(() => reader.Read(Encoding.UTF8.GetBytes(content)));

                Assert.True(refusal.Message.Contains(expected, StringComparison.Ordinal), $"{reader.Name}: {refusal.Message}");
                Assert.All(OfTheReader, word => Assert.DoesNotContain(word, refusal.Message, StringComparison.Ordinal));
            }
        );

    [Fact]
    public void TextOfBytesThatAreNoCharacters_IsNamed()
    {
        var refusal = Assert.Throws<ReceiptFormatException>(() => ReceiptFile.Parse([.. "{\"format\":\""u8, 0xff, .. "\"}"u8]));

        Assert.Contains("UTF-8", refusal.Message, StringComparison.Ordinal);
        Assert.All(OfTheReader, word => Assert.DoesNotContain(word, refusal.Message, StringComparison.Ordinal));
    }
}
