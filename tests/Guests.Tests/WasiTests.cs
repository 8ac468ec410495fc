using System.Text;
using Marketplace.Engine.Guests;
using Marketplace.Testing;

namespace Marketplace.Guests.Tests;

/// <summary>
/// WASI preview 1 as a command sees it. Numbers of errors: https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#errno
/// </summary>
public sealed class WasiTests
{
    private const long Success = 0;
    private const long BadFile = 8;
    private const long Invalid = 28;
    private const long NotImplemented = 52;
    private const long NotDirectory = 54;
    private const long NotSocket = 57;
    private const long IllegalSeek = 70;
    private const long NotCapable = 76;

    private const uint List = Probe.Scratch;
    private const uint Size = Probe.Scratch + 0x100;
    private const uint Out = Probe.Scratch + 0x1000;

    [Fact]
    public void Arguments_ComeBehindTheProgramsNameEachEndedByAZero()
    {
        var probe = new Probe()
            .Call("args_sizes_get", Size, Size + 4)
            .Peek(Size, 8)
            .Call("args_get", List, Out)
            .Peek(List, 16)
            .Peek(Out, 8);
        var answers = probe.CommandAnswers(Guest.Invocation() with { Arguments = ["", "zwei ü"] });
        Assert.Equal(4u, answers[1].U32);
        Assert.Equal("program\0", answers[4].Text);
        Assert.Equal(Out, answers[3].U32);
        var script = BitConverter.ToUInt32(answers[1].Bytes, 4) - "program\0\0zwei ü\0".Length - 1;
        var last = BitConverter.ToUInt32(answers[3].Bytes, 12);
        Assert.Equal(Out + 8 + script + 1, last);
    }

    [Fact]
    public void Environment_IsWhatTheJobGivesInTheOrderOfItsNames()
    {
        var probe = new Probe()
            .Call("environ_sizes_get", Size, Size + 4)
            .Peek(Size, 8)
            .Call("environ_get", List, Out)
            .Peek(List, 8)
            .Peek(Out, 11);
        var answers = probe.CommandAnswers(
            Guest.Invocation() with
            {
                Environment = new Dictionary<string, string> { ["Z"] = "ü=", ["HOME"] = "" },
            }
        );
        Assert.Equal(2ul | (12ul << 32), answers[1].U64);
        Assert.Equal(Out | ((ulong)(Out + 6) << 32), answers[3].U64);
        Assert.Equal("HOME=\0Z=ü=", answers[4].Text);
        Assert.Equal(0ul, new Probe().Poke(Size, 7u, 7u).Call("environ_sizes_get", Size, Size + 4).Peek(Size, 8).CommandAnswers()[1].U64);
    }

    [Fact]
    public void Clocks_StandStillAtTheSubmission()
    {
        var submitted = (ulong)Guest.Submitted.ToUnixTimeMilliseconds() * 1_000_000;
        ulong[] expected = [submitted, submitted, 0, 0];
        for (var clock = 0; clock < 4; clock++)
        {
            var answers = new Probe()
                .Call("clock_time_get", clock, 1, Out)
                .Peek(Out, 8)
                .Call("clock_res_get", clock, Out)
                .Peek(Out, 8)
                .CommandAnswers();
            Assert.Equal(expected[clock], answers[1].U64);
            Assert.Equal(1ul, answers[3].U64);
        }

        Assert.Equal(Invalid, new Probe().Call("clock_time_get", 4, 1, Out).CommandAnswers()[0].Result);
        Assert.Equal(Invalid, new Probe().Call("clock_res_get", -1, Out).CommandAnswers()[0].Result);
    }

    [Fact]
    public void Read_FillsBuffersInOrderUntilTheInputEnds()
    {
        var probe = new Probe()
            .Poke(List, Out, 3, Out + 8, 0, Out + 16, 100)
            .Call("fd_read", 0, List, 2, Size)
            .Peek(Size, 4)
            .Peek(Out, 3)
            .Call("fd_read", 0, List, 3, Size)
            .Peek(Size, 4)
            .Peek(Out, 3)
            .Peek(Out + 16, 5)
            .Call("fd_read", 0, List, 3, Size)
            .Peek(Size, 4);
        var answers = probe.CommandAnswers(Guest.Invocation("abcdefg!"));
        Assert.Equal((3u, "abc"), (answers[1].U32, answers[2].Text));
        Assert.Equal((5u, "def", "g!\0\0\0"), (answers[4].U32, answers[5].Text, answers[6].Text));
        Assert.Equal(0u, answers[8].U32);
    }

    [Fact]
    public void Write_GoesToOutputAndLog()
    {
        var probe = new Probe()
            .Poke(Out, "to stdoutto stderr"u8)
            .Poke(List, Out, 3, Out + 3, 6, Out + 9, 9)
            .Call("fd_write", 1, List, 2, Size)
            .Call("fd_write", 2, List + 16, 1, Size)
            .Peek(Size, 4);
        var result = probe.RunAsCommand().MustEndAs(GuestOutcome.Completed);
        Assert.StartsWith("to stdout", result.OutputText());
        Assert.Equal("to stderr", result.LogText());
        Assert.Equal(9u, BitConverter.ToUInt32(result.Output.Span[^4..]));
    }

    [Fact]
    public void Descriptors_AreReadOrWrittenAsTheyAreMeant()
    {
        var answers = new Probe()
            .Poke(List, Out, 1)
            .Call("fd_read", 1, List, 1, Size)
            .Call("fd_read", 9, List, 1, Size)
            .Call("fd_write", 0, List, 1, Size)
            .Call("fd_write", -1, List, 1, Size)
            .CommandAnswers();
        Assert.All(answers, answer => Assert.Equal(BadFile, answer.Result));
    }

    [Fact]
    public void ClosedDescriptor_IsGone()
    {
        var answers = new Probe()
            .Poke(List, Out, 1)
            .Call("fd_close", 2)
            .Call("fd_close", 2)
            .Call("fd_write", 2, List, 1, Size)
            .Call("fd_seek", 2, 0, 0, Size)
            .Call("fd_close", 4)
            .CommandAnswers();
        Assert.Equal([Success, BadFile, BadFile, BadFile, BadFile], answers.Select(answer => answer.Result));
    }

    [Fact]
    public void Renumber_MovesAStream()
    {
        var probe = new Probe()
            .Poke(Out, "moved"u8)
            .Poke(List, Out, 5)
            .Call("fd_renumber", 2, 0)
            .Call("fd_write", 0, List, 1, Size)
            .Call("fd_write", 2, List, 1, Size)
            .Call("fd_renumber", 7, 1);
        var result = probe.RunAsCommand();
        Assert.Equal([Success, Success, BadFile, BadFile], probe.AnswersOf(result).Select(answer => answer.Result));
        Assert.Equal("moved", result.LogText());
    }

    [Fact]
    public void Status_IsThatOfAStream()
    {
        var answers = new Probe()
            .Call("fd_fdstat_get", 0, Out)
            .Peek(Out, 24)
            .Call("fd_fdstat_get", 1, Out)
            .Peek(Out, 24)
            .Call("fd_filestat_get", 1, Out)
            .Peek(Out, 64)
            .CommandAnswers();
        Assert.Equal("0000000000000000" + "0200000800000000" + "0000000000000000", answers[1].Hex);
        Assert.Equal("0000000000000000" + "4000000800000000" + "0000000000000000", answers[3].Hex);
        Assert.Equal(new string('0', 128), answers[5].Hex);
    }

    [Theory]
    [InlineData("fd_seek", IllegalSeek)]
    [InlineData("fd_tell", IllegalSeek)]
    [InlineData("fd_pread", IllegalSeek)]
    [InlineData("fd_pwrite", IllegalSeek)]
    [InlineData("fd_advise", IllegalSeek)]
    [InlineData("fd_allocate", IllegalSeek)]
    [InlineData("fd_sync", Invalid)]
    [InlineData("fd_datasync", Invalid)]
    [InlineData("fd_fdstat_set_flags", Success)]
    [InlineData("fd_fdstat_set_rights", NotCapable)]
    [InlineData("fd_filestat_set_size", Invalid)]
    [InlineData("fd_filestat_set_times", Invalid)]
    [InlineData("fd_readdir", NotDirectory)]
    [InlineData("fd_prestat_get", BadFile)]
    [InlineData("fd_prestat_dir_name", BadFile)]
    [InlineData("path_create_directory", NotDirectory)]
    [InlineData("path_filestat_get", NotDirectory)]
    [InlineData("path_filestat_set_times", NotDirectory)]
    [InlineData("path_link", NotDirectory)]
    [InlineData("path_open", NotDirectory)]
    [InlineData("path_readlink", NotDirectory)]
    [InlineData("path_remove_directory", NotDirectory)]
    [InlineData("path_rename", NotDirectory)]
    [InlineData("path_symlink", NotDirectory)]
    [InlineData("path_unlink_file", NotDirectory)]
    [InlineData("sock_accept", NotSocket)]
    [InlineData("sock_recv", NotSocket)]
    [InlineData("sock_send", NotSocket)]
    [InlineData("sock_shutdown", NotSocket)]
    public void Streams_AreNoFilesAndNoSockets(string function, long error)
    {
        var answers = new Probe().Call(function, 1, 1, 1, 1, 1, 1, 1, 1, 1).Call(function, 9, 9, 9, 9, 9, 9, 9, 9, 9).CommandAnswers();
        Assert.Equal([error, BadFile], answers.Select(answer => answer.Result));
    }

    [Fact]
    public void ProcessFunctions_AnswerAtOnce()
    {
        var answers = new Probe().Call("sched_yield").Call("proc_raise", 6).CommandAnswers();
        Assert.Equal([Success, NotImplemented], answers.Select(answer => answer.Result));
    }

    [Fact]
    public void Exit_EndsTheCommandWithWhatItWrote()
    {
        var probe = new Probe().Poke(Out, "partial"u8).Poke(List, Out, 7).Call("fd_write", 1, List, 1, Size);
        Assert.Equal("partial", probe.Call("proc_exit", 0).RunAsCommand().MustEndAs(GuestOutcome.Completed).OutputText());
        var failed = new Probe()
            .Poke(Out, "partial"u8)
            .Poke(List, Out, 7)
            .Call("fd_write", 1, List, 1, Size)
            .Call("proc_exit", 3)
            .RunAsCommand()
            .MustEndAs(GuestOutcome.Failed);
        Assert.Equal(("partial", 3), (failed.OutputText(), failed.ExitCode));
    }

    [Fact]
    public void Poll_AnswersWhatIsReady()
    {
        const uint Subscriptions = Probe.Scratch + 0x2000;
        var probe = new Probe()
            .Poke(Subscriptions, 11, 0, 0)
            .Poke(Subscriptions + 48, 22, 0, 1, 0, 0)
            .Poke(Subscriptions + 96, 33, 0, 2, 0, 1)
            .Poke(Subscriptions + 144, 44, 0, 1, 0, 9)
            .Poke(Subscriptions + 192, 55, 0, 0, 0, 1, 0, 5, 0)
            .Call("poll_oneoff", Subscriptions, Out, 5, Size)
            .Peek(Size, 4)
            .Peek(Out, 32)
            .Peek(Out + 32, 32)
            .Peek(Out + 64, 32)
            .Peek(Out + 96, 32);
        var answers = probe.CommandAnswers(Guest.Invocation("12345"));
        Assert.Equal((Success, 4u), (answers[0].Result, answers[1].U32));
        Assert.Equal("0b" + new string('0', 62), answers[2].Hex);
        Assert.Equal("1600000000000000" + "0000010000000000" + "0500000000000000" + "0000000000000000", answers[3].Hex);
        Assert.Equal("2100000000000000" + "0000020000000000" + "0000100000000000" + "0000000000000000", answers[4].Hex);
        Assert.Equal("2c00000000000000" + "0800010000000000" + "0000000000000000" + "0000000000000000", answers[5].Hex);
    }

    [Fact]
    public void Poll_OfClocksOnly_RingsTheOneThatIsDueFirst()
    {
        const uint Subscriptions = Probe.Scratch + 0x2000;
        var later = (ulong)Guest.Submitted.ToUnixTimeMilliseconds() * 1_000_000 + 500;
        var probe = new Probe()
            .Poke(Subscriptions, 1, 0, 0, 0, 1, 0, 1000, 0)
            .Poke(Subscriptions + 48, 2, 0, 0, 0, 0, 0, (uint)later, (uint)(later >> 32), 0, 0, 1)
            .Call("poll_oneoff", Subscriptions, Out, 2, Size)
            .Peek(Size, 4)
            .Peek(Out, 32)
            .Call("poll_oneoff", Subscriptions, Out, 1, Size)
            .Peek(Out, 8);
        var answers = probe.CommandAnswers();
        Assert.Equal((Success, 1u), (answers[0].Result, answers[1].U32));
        Assert.Equal("02" + new string('0', 62), answers[2].Hex);
        Assert.Equal((Success, 1ul), (answers[3].Result, answers[4].U64));
    }

    [Fact]
    public void Poll_RefusesNothingAndTheUnknown()
    {
        var answers = new Probe()
            .Poke(Out, 0, 0, 3)
            .Call("poll_oneoff", Out, Out, 0, Size)
            .Call("poll_oneoff", Out, Out, 1, Size)
            .Call("poll_oneoff", Out, Out, GuestPolicy.SubscriptionsMax + 1, Size)
            .CommandAnswers();
        Assert.All(answers, answer => Assert.Equal(Invalid, answer.Result));
    }

    [Fact]
    [TestsBound(typeof(GuestPolicy), nameof(GuestPolicy.BuffersMax))]
    public void BufferLists_AreBoundAtTheirLimitAndNotBelow()
    {
        var answers = new Probe()
            .Call("fd_write", 2, Out, GuestPolicy.BuffersMax, Size)
            .Call("fd_write", 2, Out, GuestPolicy.BuffersMax + 1, Size)
            .Call("fd_read", 0, Out, GuestPolicy.BuffersMax, Size)
            .Call("fd_read", 0, Out, GuestPolicy.BuffersMax + 1, Size)
            .CommandAnswers();
        Assert.Equal([Success, Invalid, Success, Invalid], answers.Select(answer => answer.Result));
    }

    [Fact]
    [TestsBound(typeof(GuestLimits), nameof(GuestLimits.OutputBytesMax))]
    public void Output_IsBoundAtItsLimitAndNotBelow()
    {
        var limits = Guest.Limits with { OutputBytesMax = 6 };
        Assert.Equal(
            "HELLO!",
            Guest.RunSample("echo", Guest.Invocation("hello!") with { Limits = limits }).MustEndAs(GuestOutcome.Completed).OutputText()
        );
        Guest.RunSample("echo", Guest.Invocation("hello!!") with { Limits = limits }).MustEndAs(GuestOutcome.OutputTooLarge);
    }

    [Fact]
    public void Text_OfAnyEncodingPassesUnchanged()
    {
        var bytes = Enumerable.Range(0, 256).Select(i => (byte)i).Where(b => b is < (byte)'a' or > (byte)'z').ToArray();
        Assert.Equal(bytes, Guest.RunSample("echo", Guest.Invocation(bytes)).MustEndAs(GuestOutcome.Completed).Output.ToArray());
        Assert.Equal("ÄÖ\u202e", Guest.RunSample("echo", Guest.Invocation(Encoding.UTF8.GetBytes("ÄÖ\u202e"))).OutputText());
    }
}
