using System.Text;

namespace Marketplace.Cli.Tests;

public sealed class TerminalTextTests
{
    [Theory]
    [InlineData("plain, ünïcødé, 日本, 🎉\n\ttab", "plain, ünïcødé, 日本, 🎉\n\ttab")]
    [InlineData("a\0b\bc\rd\u007fe\u0085f", "abcdef")]
    [InlineData("\u001b[31mred\u001b[0m", "red")]
    [InlineData("\u001b[38;2;1;2;3mx", "x")]
    [InlineData("\u009b31mx", "x")]
    [InlineData("\u001b]0;title\ax", "x")]
    [InlineData("\u001b]8;;http://evil\u001b\\link", "link")]
    [InlineData("\u001bPdcs\u009cx", "x")]
    [InlineData("\u001b(0x", "x")]
    [InlineData("\u001bcx", "x")]
    [InlineData("\u001b", "")]
    [InlineData("\u001b]swallow\nnext", "\nnext")]
    [InlineData("\u001b\u001b[31mx", "x")]
    [InlineData("\u001b[31\nx", "\nx")]
    [InlineData("user\u202egpj.exe\u202c", "usergpj.exe")]
    [InlineData("\u2066a\u2069\u200f\u061c\u2028b", "ab")]
    [InlineData("\ufeffa\u200bb", "ab")]
    public void HarmfulCharacters_AreLeftOut(string text, string expected) => Assert.Equal(expected, TerminalText.Clean(text));

    [Fact]
    public void SequenceThatIsCutAnywhere_IsStillSeen()
    {
        const string Text = "a\u001b[31mb\u001b]0;title\u001b\\c\u009b2Jd";
        for (var cut = 0; cut <= Text.Length; cut++)
        {
            var text = new TerminalText();
            Assert.Equal("abcd", text.Next(Text.AsSpan(0, cut)) + text.Next(Text.AsSpan(cut)));
        }
    }

    [Fact]
    public void NothingThatATerminalObeys_ComesThrough()
    {
        var random = new Random(20261121);
        for (var round = 0; round < 2000; round++)
        {
            var letters = new char[random.Next(64)];
            for (var index = 0; index < letters.Length; index++)
            {
                letters[index] = (char)(
                    random.Next(3) == 0 ? random.Next(0xa0)
                    : random.Next(2) == 0 ? 0x1b
                    : random.Next(0x10000)
                );
            }
            var clean = TerminalText.Clean(new string(letters));
            Assert.DoesNotContain(clean, letter => letter is not ('\n' or '\t') && (letter < ' ' || letter is >= '\u007f' and <= '\u009f'));
        }
    }

    [Fact]
    public async Task LettersThatAreCutBetweenPieces_ComeOutWhole()
    {
        var bytes = Encoding.UTF8.GetBytes("ä🎉日\u001b[1mx");
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            using var terminal = new MemoryStream();
            var stream = new TerminalStream(terminal);
            await stream.Write(bytes.AsMemory(0, cut), last: false, TestContext.Current.CancellationToken);
            await stream.Write(bytes.AsMemory(cut), last: true, TestContext.Current.CancellationToken);
            Assert.Equal("ä🎉日x\n", Encoding.UTF8.GetString(terminal.ToArray()));
        }
    }

    [Fact]
    public async Task BytesThatAreNoText_BecomeReplacements()
    {
        using var terminal = new MemoryStream();
        await new TerminalStream(terminal).Write(
            new byte[] { 0xff, 0xc0, (byte)'a', 0xe2 },
            last: true,
            TestContext.Current.CancellationToken
        );

        Assert.Equal("\ufffd\ufffda\ufffd\n", Encoding.UTF8.GetString(terminal.ToArray()));
    }
}
