using Marketplace.Engine;
using Marketplace.Engine.Guests;

namespace Marketplace.Guests.Tests;

public sealed class OnvmProcessTests
{
    private const uint Text = Probe.Scratch;
    private const uint Out = Probe.Scratch + 0x10000;

    [Fact]
    public void Log_IsALineWithItsLevel()
    {
        var probe = new Probe()
            .Poke(Text, "careful"u8)
            .Poke(Text + 16, [0xff])
            .Call("onvm_log", 0, Text, 7)
            .Call("onvm_log", 1, Text, 7)
            .Call("onvm_log", 2, Text, 7)
            .Call("onvm_log", 3, Text, 7)
            .Call("onvm_log", 4, Text, 7)
            .Call("onvm_log", -1, Text, 7)
            .Call("onvm_log", 2, Text + 16, 1);
        var result = probe.RunAsOnvm();
        Assert.Equal([0L, 0, 0, 0, -4, -4, -3], probe.AnswersOf(result).Select(answer => answer.Result));
        Assert.Equal("trace careful\ndebug careful\ninfo careful\nwarn careful\n", result.LogText());
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(3, true)]
    [InlineData(4, false)]
    public void LongText_IsLookedAtInSlicesThatEndBetweenCharacters(int offset, bool valid)
    {
        // Characters of four bytes over each slice's end, the last of them cut where the text is none.
        var text = new byte[(3 << 20) + offset];
        for (var at = offset % 4; at + 4 <= text.Length; at += 4)
        {
            "🌍"u8.CopyTo(text.AsSpan(at));
        }
        if (!valid)
        {
            text[^1] = 0xF0;
        }
        using var stopping = new CancellationTokenSource();
        using var run = new Run(
            new RunLimits
            {
                FuelMax = 1,
                MemoryPagesMax = 1,
                Cancellation = stopping.Token,
            },
            TimeProvider.System
        );
        var guest = new GuestRun(GuestAbi.Onvm, Guest.Invocation(), run);
        Assert.Equal(valid, guest.IsUtf8(text));
        stopping.Cancel();
        Assert.Throws<TrapException>(() => guest.IsUtf8(text));
    }

    [Fact]
    public void Clock_IsTheSubmission() =>
        Assert.Equal(Guest.Submitted.ToUnixTimeMilliseconds(), new Probe().Call("onvm_now_ms").OnvmAnswers()[0].Result);

    [Fact]
    public void Random_IsTheChaCha20StreamOfTheSeed()
    {
        // The first two blocks for a zero key: https://www.rfc-editor.org/rfc/rfc8439#appendix-A.1, test vectors 1 and 2.
        var answers = new Probe()
            .Call("onvm_random_bytes", Out, 1)
            .Call("onvm_random_bytes", Out + 1, 127)
            .Peek(Out, 128)
            .OnvmAnswers(Guest.Invocation() with { Seed = default });
        Assert.Equal(
            "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
                + "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586"
                + "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
                + "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f",
            answers[2].Hex
        );
    }

    [Fact]
    public void Hash_RefusesWhatItDoesNotKnowOrCannotPlace()
    {
        var answers = new Probe()
            .Call("onvm_crypto_hash", 0, Text, 1, Out, 32)
            .Call("onvm_crypto_hash", 3, Text, 1, Out, 32)
            .Call("onvm_crypto_hash", 1, Text, 1, Out, 31)
            .Call("onvm_crypto_hash", 2, Text, 1, Out, 32)
            .OnvmAnswers();
        Assert.Equal([-3L, -3, -32, 32], answers.Select(answer => answer.Result));
    }

    [Fact]
    public void Hash_OfTheEmptyMessageIsTheKnownOne()
    {
        var answers = new Probe()
            .Call("onvm_crypto_hash", 1, Text, 0, Out, 32)
            .Peek(Out, 32)
            .Call("onvm_crypto_hash", 2, Text, 0, Out, 32)
            .Peek(Out, 32)
            .OnvmAnswers();
        Assert.Equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", answers[1].Hex);
        Assert.Equal("c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470", answers[3].Hex);
    }
}
