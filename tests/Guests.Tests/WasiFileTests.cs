using System.Text;
using Marketplace.Engine.Guests;
using Marketplace.Testing;

namespace Marketplace.Guests.Tests;

/// <summary>
/// The files of a run through the functions of WASI preview 1. Numbers of errors:
/// https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#errno
/// </summary>
public sealed class WasiFileTests
{
    private const long Success = 0;
    private const long BadFile = 8;
    private const long Busy = 10;
    private const long Exists = 20;
    private const long FileTooBig = 22;
    private const long IllegalSequence = 25;
    private const long Invalid = 28;
    private const long IsDirectory = 31;
    private const long Loop = 32;
    private const long TooManyDescriptors = 33;
    private const long NameTooLong = 37;
    private const long NoEntry = 44;
    private const long NoSpace = 51;
    private const long NotDirectory = 54;
    private const long NotEmpty = 55;
    private const long ReadOnly = 69;
    private const long CrossDevice = 75;
    private const long NotCapable = 76;

    private const long Root = 3;
    private const long First = 4;
    private const long Create = 1;
    private const long Directory = 2;
    private const long Exclusive = 4;
    private const long Truncate = 8;
    private const long Read = 1 << 1;
    private const long Write = 1 << 6;
    private const long OpenPath = 1 << 13;
    private const long ReadDirectory = 1 << 14;
    private const long Unlink = 1 << 26;
    private const long All = (1 << 28) - 1;

    private const uint List = Probe.Scratch;
    private const uint Size = Probe.Scratch + 0x100;
    private const uint Text = Probe.Scratch + 0x200;
    private const uint Out = Probe.Scratch + 0x2000;

    [Fact]
    public void Root_IsGivenAsDescriptorThree()
    {
        var answers = new Probe()
            .Call("fd_prestat_get", Root, Out)
            .Peek(Out, 8)
            .Call("fd_prestat_dir_name", Root, Out, 1)
            .Peek(Out, 1)
            .Call("fd_prestat_dir_name", Root, Out, 0)
            .Call("fd_prestat_get", 4, Out)
            .Call("fd_fdstat_get", Root, Out)
            .Peek(Out, 1)
            .CommandAnswers();
        Assert.Equal((Success, 1ul << 32, "/"), (answers[0].Result, answers[1].U64, answers[3].Text));
        Assert.Equal((NameTooLong, BadFile), (answers[4].Result, answers[5].Result));
        Assert.Equal(3, answers[7].Bytes[0]);
    }

    [Fact]
    public void Input_IsReadAndNeverChanged()
    {
        var probe = Open(new Probe(), "in/a.txt", rights: Read).Poke(List, Out, 100).Call("fd_read", First, List, 1, Size).Peek(Out, 8);
        Open(probe, "in/a.txt", rights: Read | Write);
        Open(probe, "in/a.txt", how: Truncate);
        Open(probe, "in/new", how: Create);
        Path(probe, "path_unlink_file", "in/a.txt");
        Path(probe, "path_create_directory", "in/d");
        Path(probe, "path_remove_directory", "in/sub");
        Move(probe, "in/a.txt", "out/a.txt");
        Link(probe, "in/a.txt", "out/a.txt");
        Path(probe, "path_remove_directory", "in");
        Move(probe, "in", "out/in");
        var answers = probe.CommandAnswers(WithFiles(("/in/a.txt", "contents"), ("/in/sub/b", "")));
        Assert.Equal("contents", answers[2].Text);
        Assert.Equal(
            [ReadOnly, ReadOnly, ReadOnly, ReadOnly, ReadOnly, ReadOnly, ReadOnly, CrossDevice, Busy, Busy],
            answers[3..].Select(answer => answer.Result)
        );
    }

    [Fact]
    public void Output_IsWhatWasLeftUnderOutInTheOrderOfItsPaths()
    {
        var probe = new Probe();
        Path(probe, "path_create_directory", "out/d");
        WriteFile(probe, "out/z", "last", First);
        WriteFile(probe, "out/d/a", "first", First + 1);
        WriteFile(probe, "tmp/lost", "lost", First + 2);
        WriteFile(probe, "lost", "lost", First + 3);
        Move(probe, "tmp/lost", "out/kept");
        var result = probe.RunAsCommand().MustEndAs(GuestOutcome.Completed);
        Assert.Equal(["d/a first", "kept lost", "z last"], result.Files.Select(Show));
    }

    [Fact]
    public void Output_ComesWithFailureAndNotWithATrap()
    {
        var failed = WriteFile(new Probe(), "out/a", "x", First).Call("proc_exit", 3).RunAsCommand().MustEndAs(GuestOutcome.Failed);
        Assert.Equal(["a x"], failed.Files.Select(Show));
        var limits = Guest.Limits with { OutputBytesMax = 0 };
        var large = WriteFile(new Probe(), "out/a", "x", First).RunAsCommand(Guest.Invocation() with { Limits = limits });
        Assert.Empty(large.MustEndAs(GuestOutcome.OutputTooLarge).Files);
    }

    [Fact]
    public void OnvmProgram_HasTheSameFiles()
    {
        var result = WriteFile(new Probe(), "out/a", "x", First).RunAsOnvm(WithFiles(("/in/b", "y"))).MustEndAs(GuestOutcome.Completed);
        Assert.Equal(["a x"], result.Files.Select(Show));
    }

    [Theory]
    [InlineData("../x", NotCapable)]
    [InlineData("out/../../x", NotCapable)]
    [InlineData("/in/a", NotCapable)]
    [InlineData("up/x", NotCapable)]
    [InlineData("", NoEntry)]
    [InlineData("out/none/x", NoEntry)]
    [InlineData("in/a/x", NotDirectory)]
    [InlineData("in/a/", NotDirectory)]
    [InlineData("in/a\0", Invalid)]
    [InlineData("loop", Loop)]
    [InlineData("link", Success)]
    [InlineData("./out/.//../in/sub/../a", Success)]
    public void Path_StaysUnderItsDirectory(string path, long error)
    {
        var probe = new Probe();
        Symlink(probe, "../..", "up");
        Symlink(probe, "loop", "loop");
        Symlink(probe, "in/sub/../a", "link");
        var answers = Open(probe, path, rights: Read).CommandAnswers(WithFiles(("/in/a", "x"), ("/in/sub/b", "")));
        Assert.Equal([Success, Success, Success, error], answers.Select(answer => answer.Result));
    }

    [Fact]
    [TestsBound(typeof(GuestPolicy), nameof(GuestPolicy.FileNameBytesMax))]
    [TestsBound(typeof(GuestPolicy), nameof(GuestPolicy.PathBytesMax))]
    public void Names_AreUtf8AndBound()
    {
        var probe = new Probe();
        Open(probe, new string('x', 255), how: Create);
        Open(probe, new string('x', 256), how: Create);
        Open(probe, string.Concat(Enumerable.Repeat("./", 2047)) + "ü", how: Create);
        Open(probe, string.Concat(Enumerable.Repeat("./", 2047)) + "üx", how: Create);
        probe.Poke(Text, [0xc3, 0x28]).Call("path_open", Root, 0, Text, 2, Create, 0, 0, 0, Size);
        Assert.Equal([Success, NameTooLong, Success, NameTooLong, IllegalSequence], probe.CommandAnswers().Select(answer => answer.Result));
    }

    [Fact]
    public void OpenFlags_MeanWhatTheyMeanEverywhere()
    {
        var probe = new Probe();
        Open(probe, "f");
        WriteFile(probe, "f", "old text", First);
        Open(probe, "f", how: Create | Exclusive);
        Open(probe, "f", how: Directory);
        Open(probe, "f/", how: Create);
        Open(probe, "g/", how: Create);
        Open(probe, "out", how: Create);
        Open(probe, "out", rights: Write);
        Open(probe, "out", how: Directory);
        Open(probe, "out", how: Directory | Create);
        Open(probe, "f", how: 16);
        Open(probe, "f", how: Truncate, rights: Read);
        probe.Poke(List, Out, 8).Call("fd_read", First + 2, List, 1, Size).Peek(Size, 4);
        var answers = probe.CommandAnswers();
        Assert.Equal(
            [
                NoEntry,
                Success,
                Success,
                Exists,
                NotDirectory,
                NotDirectory,
                IsDirectory,
                IsDirectory,
                IsDirectory,
                Success,
                Invalid,
                Invalid,
                Success,
                Success,
            ],
            answers[..^1].Select(answer => answer.Result)
        );
        Assert.Equal(0u, answers[^1].U32);
    }

    [Fact]
    public void Rights_CanBeGivenUpAndNotGained()
    {
        var probe = Open(new Probe(), "f", how: Create, rights: Read | Write)
            .Poke(List, Text, 1)
            .Call("fd_write", First, List, 1, Size)
            .Call("fd_seek", First, 0, 0, Size)
            .Call("fd_fdstat_set_rights", First, Read, 0)
            .Call("fd_write", First, List, 1, Size)
            .Call("fd_fdstat_set_rights", First, Read | Write, 0)
            .Call("fd_fdstat_set_rights", Root, OpenPath | Unlink, Read);
        Open(probe, "f", rights: Read);
        Open(probe, "f", rights: Write);
        probe.Call("fd_fdstat_set_rights", Root, Unlink, 0);
        Open(probe, "f");
        Path(probe, "path_unlink_file", "f");
        Assert.Equal(
            [Success, Success, NotCapable, Success, NotCapable, NotCapable, Success, Success, NotCapable, Success, NotCapable, Success],
            probe.CommandAnswers().Select(answer => answer.Result)
        );
    }

    [Fact]
    public void Position_MovesWithReadsAndWritesAndAppendGoesToTheEnd()
    {
        var probe = Open(new Probe(), "f", how: Create, rights: All)
            .Poke(Text, "0123456789"u8)
            .Poke(List, Text, 10, Out, 4)
            .Call("fd_write", First, List, 1, Size)
            .Call("fd_seek", First, -4, 1, Out + 64)
            .Peek(Out + 64, 8)
            .Call("fd_read", First, List + 8, 1, Size)
            .Peek(Out, 4)
            .Call("fd_tell", First, Out + 64)
            .Peek(Out + 64, 8)
            .Call("fd_pread", First, List + 8, 1, 2, Size)
            .Peek(Out, 4)
            .Poke(List, Text, 2)
            .Call("fd_pwrite", First, List, 1, 12, Size)
            .Call("fd_seek", First, 0, 2, Out + 64)
            .Peek(Out + 64, 8)
            .Call("fd_pread", First, List + 8, 1, 10, Size)
            .Peek(Out, 4)
            .Call("fd_fdstat_set_flags", First, 1)
            .Call("fd_seek", First, 0, 0, Out + 64)
            .Call("fd_write", First, List, 1, Size)
            .Call("fd_tell", First, Out + 64)
            .Peek(Out + 64, 8)
            .Call("fd_seek", First, -1, 0, Out)
            .Call("fd_seek", First, 1, 3, Out)
            .Call("fd_pread", First, List, 1, -1, Size);
        var answers = probe.CommandAnswers();
        Assert.Equal((6ul, "6789", 10ul), (answers[3].U64, answers[5].Text, answers[7].U64));
        Assert.Equal(("2345", 14ul, "\0\001"), (answers[9].Text, answers[12].U64, answers[14].Text));
        Assert.Equal(16ul, answers[19].U64);
        Assert.Equal([Invalid, Invalid, Invalid], answers[^3..].Select(answer => answer.Result));
    }

    [Fact]
    public void Length_GrowsByZerosAndForgetsWhatWasCut()
    {
        var probe = Open(new Probe(), "f", how: Create, rights: All)
            .Poke(Text, "abcdef"u8)
            .Poke(List, Text, 6, Out, 8)
            .Call("fd_write", First, List, 1, Size)
            .Call("fd_filestat_set_size", First, 2)
            .Call("fd_filestat_set_size", First, 5)
            .Call("fd_allocate", First, 4, 4)
            .Call("fd_allocate", First, 0, 1)
            .Call("fd_allocate", First, 0, 0)
            .Call("fd_pread", First, List + 8, 1, 0, Size)
            .Peek(Out, 8)
            .Call("fd_filestat_get", First, Out)
            .Peek(Out + 32, 8);
        var answers = probe.CommandAnswers();
        Assert.Equal(Invalid, answers[6].Result);
        Assert.Equal(("ab\0\0\0\0\0\0", 8ul), (answers[8].Text, answers[10].U64));
    }

    [Fact]
    public void Status_TellsKindNamesSizeAndTimes()
    {
        var now = (ulong)Guest.Submitted.ToUnixTimeMilliseconds() * 1_000_000;
        var probe = WriteFile(new Probe(), "f", "abc", First);
        Link(probe, "f", "g");
        Path(probe, "path_filestat_get", "g", 0, Out);
        probe
            .Peek(Out, 64)
            .Call("fd_filestat_set_times", First, 5, 6, 1 | 4)
            .Call("fd_filestat_set_times", First, 0, 0, 3)
            .Call("fd_filestat_get", First, Out)
            .Peek(Out + 40, 24);
        var answers = probe.CommandAnswers();
        var status = answers[4].Bytes;
        Assert.Equal((1ul, 4, 2ul, 3ul), (U64(status, 0), status[16], U64(status, 24), U64(status, 32)));
        Assert.Equal((now, now, now), (U64(status, 40), U64(status, 48), U64(status, 56)));
        Assert.Equal((Success, Invalid), (answers[5].Result, answers[6].Result));
        Assert.Equal((5ul, 6ul, now), (U64(answers[8].Bytes, 0), U64(answers[8].Bytes, 8), U64(answers[8].Bytes, 16)));
    }

    [Fact]
    public void Unstable_HasTheRecordsOfItsTime()
    {
        // Size and times stand eight bytes earlier, because the count of names is shorter; and 2 seeks from the start.
        var result = Guest.RunFixture("unstable", WithFiles(("/in/f", "abcdef"))).MustEndAs(GuestOutcome.Completed);
        Assert.Equal("def", result.OutputText());
        Assert.Contains("wasi_unstable.fd_seek", GuestProgram.Load(Guest.Fixture("unstable")).Info.Imports);
    }

    [Fact]
    public void Listing_GoesOnWhereItStoppedWhateverHappensBetween()
    {
        var probe = new Probe();
        foreach (var name in new[] { "a", "b", "c" })
        {
            Path(probe, "path_create_directory", "tmp/" + name);
        }
        Open(probe, "tmp", how: Directory, rights: ReadDirectory);
        probe.Call("fd_readdir", First, Out, 75, 0, Size).Peek(Out, 75).Peek(Size, 4);
        Path(probe, "path_remove_directory", "tmp/a");
        Path(probe, "path_create_directory", "tmp/a");
        probe.Call("fd_readdir", First, Out, 200, 3, Size).Peek(Out, 75).Peek(Size, 4).Call("fd_readdir", 1, Out, 9, 0, Size);
        var answers = probe.CommandAnswers();
        var (before, after) = (answers[5].Bytes, answers[10].Bytes);
        Assert.Equal((75u, ".", ".."), (answers[6].U32, Name(before, 0, 1), Name(before, 25, 2)));
        Assert.Equal((2ul, "b", "c", "a"), (U64(before, 25), Name(after, 0, 1), Name(after, 25, 1), Name(after, 50, 1)));
        Assert.Equal((75u, NotDirectory), (answers[11].U32, answers[12].Result));
    }

    [Fact]
    public void Names_AreMovedAndRemovedByTheRulesOfAll()
    {
        var probe = new Probe();
        Path(probe, "path_create_directory", "d");
        Path(probe, "path_create_directory", "d/e");
        Open(probe, "f", how: Create);
        Path(probe, "path_create_directory", "d");
        Path(probe, "path_remove_directory", "d");
        Path(probe, "path_remove_directory", "f");
        Path(probe, "path_remove_directory", "d/.");
        Path(probe, "path_unlink_file", "d");
        Path(probe, "path_unlink_file", "none");
        Move(probe, "d", "d/e/x");
        Move(probe, "f", "d");
        Move(probe, "d", "f");
        Move(probe, "f", "d/e");
        Move(probe, "f", "d/e/f");
        Move(probe, "d/e/f", "d/e/f");
        Move(probe, "d/..", "x");
        Assert.Equal(
            [
                Success,
                Success,
                Success,
                Exists,
                NotEmpty,
                NotDirectory,
                Invalid,
                IsDirectory,
                NoEntry,
                Invalid,
                IsDirectory,
                NotDirectory,
                IsDirectory,
                Success,
                Success,
                Busy,
            ],
            probe.CommandAnswers().Select(answer => answer.Result)
        );
    }

    [Fact]
    public void RemovedFile_LivesAsLongAsItIsOpen()
    {
        var probe = WriteFile(new Probe(), "f", "alive", First);
        Path(probe, "path_unlink_file", "f");
        Open(probe, "f");
        probe.Poke(List, Out, 5).Call("fd_pread", First, List, 1, 0, Size).Peek(Out, 5);
        var answers = probe.CommandAnswers();
        Assert.Equal((NoEntry, "alive"), (answers[3].Result, answers[5].Text));
    }

    [Fact]
    [TestsBound(typeof(GuestPolicy), nameof(GuestPolicy.FileBytesMax))]
    public void Bytes_AreBoundAndComeBackWithTheFile()
    {
        const long Max = GuestPolicy.FileBytesMax;
        var probe = Open(new Probe(), "f", how: Create, rights: All)
            .Call("fd_filestat_set_size", First, Max + 1)
            .Call("fd_filestat_set_size", First, Max);
        Open(probe, "g", how: Create, rights: All).Poke(List, Text, 1).Call("fd_write", First + 1, List, 1, Size);
        Path(probe, "path_unlink_file", "f");
        probe
            .Call("fd_write", First + 1, List, 1, Size)
            .Call("fd_close", First)
            .Call("fd_write", First + 1, List, 1, Size)
            .Call("fd_pwrite", First + 1, List, 1, Max + 5, Size);
        Assert.Equal(
            [Success, FileTooBig, Success, Success, NoSpace, Success, NoSpace, Success, Success, FileTooBig],
            probe.CommandAnswers().Select(answer => answer.Result)
        );
    }

    [Fact]
    [TestsBound(typeof(GuestPolicy), nameof(GuestPolicy.DescriptorsMax))]
    [TestsBound(typeof(GuestPolicy), nameof(GuestPolicy.FileDepthMax))]
    public void DescriptorsAndDepth_AreBound()
    {
        var probe = new Probe();
        for (var i = First; i <= GuestPolicy.DescriptorsMax; i++)
        {
            Open(probe, "tmp");
        }
        var answers = probe.OnvmAnswers();
        Assert.All(answers[..^1], answer => Assert.Equal(Success, answer.Result));
        Assert.Equal(TooManyDescriptors, answers[^1].Result);

        probe = new Probe();
        for (var depth = 1; depth <= GuestPolicy.FileDepthMax + 1; depth++)
        {
            Path(probe, "path_create_directory", string.Join('/', Enumerable.Repeat("d", depth)));
        }
        Path(probe, "path_create_directory", "e");
        Move(probe, "d", "e/d");
        answers = probe.CommandAnswers();
        Assert.Equal((Success, NameTooLong), (answers[^4].Result, answers[^3].Result));
        Assert.Equal((Success, NameTooLong), (answers[^2].Result, answers[^1].Result));
    }

    internal static GuestInvocation WithFiles(params (string Path, string Content)[] files) =>
        Guest.Invocation() with
        {
            Files = [.. files.Select(file => new GuestFile(file.Path, Encoding.UTF8.GetBytes(file.Content)))],
        };

    [Fact]
    public void FilesInOut_AreBoundInTheirBytesUnderAllTheirNames()
    {
        // Two names of one file count twice, because it is given back twice.
        const long Half = GuestPolicy.FileBytesMax / 2;
        var probe = Open(new Probe(), "out/a", how: Create, rights: All).Call("fd_filestat_set_size", First, Half);
        Link(probe, "out/a", "out/b");
        var largest = probe.RunAsCommand().MustEndAs(GuestOutcome.Completed).Files;
        Assert.Equal([("a", Half), ("b", Half)], largest.Select(file => (file.Path, (long)file.Content.Length)));
        probe.Call("fd_filestat_set_size", First, Half + 1);
        Assert.Equal(
            $"the files in /out have at least {GuestPolicy.FileBytesMax + 2} bytes under all their names, the limit is "
                + $"{GuestPolicy.FileBytesMax}",
            probe.RunAsCommand().MustEndAs(GuestOutcome.OutputTooLarge).Reason
        );
    }

    private static Probe Open(Probe probe, string path, long how = 0, long rights = 0)
    {
        var bytes = Encoding.UTF8.GetBytes(path);
        return probe.Poke(Text, bytes.AsSpan()).Call("path_open", Root, how == 0 ? 1 : 0, Text, bytes.Length, how, rights, 0, 0, Size);
    }

    private static Probe WriteFile(Probe probe, string path, string text, long descriptor)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return Open(probe, path, how: Create, rights: All)
            .Poke(Text, bytes.AsSpan())
            .Poke(List, Text, (uint)bytes.Length)
            .Call("fd_write", descriptor, List, 1, Size);
    }

    private static void Path(Probe probe, string function, string path, params long[] more)
    {
        var bytes = Encoding.UTF8.GetBytes(path);
        long[] arguments = more.Length == 0 ? [Root, Text, bytes.Length] : [Root, more[0], Text, bytes.Length, .. more[1..]];
        probe.Poke(Text, bytes.AsSpan()).Call(function, arguments);
    }

    private static void Move(Probe probe, string from, string to) =>
        Two(probe, from, to).Call("path_rename", Root, Text, from.Length, Root, Text + 0x100, to.Length);

    private static void Link(Probe probe, string from, string to) =>
        Two(probe, from, to).Call("path_link", Root, 0, Text, from.Length, Root, Text + 0x100, to.Length);

    private static void Symlink(Probe probe, string target, string path) =>
        Two(probe, target, path).Call("path_symlink", Text, target.Length, Root, Text + 0x100, path.Length);

    private static Probe Two(Probe probe, string first, string second) =>
        probe.Poke(Text, Encoding.UTF8.GetBytes(first).AsSpan()).Poke(Text + 0x100, Encoding.UTF8.GetBytes(second).AsSpan());

    private static string Show(GuestFile file) => $"{file.Path} {Encoding.UTF8.GetString(file.Content.Span)}";

    private static string Name(byte[] bytes, int entry, int size) => Encoding.UTF8.GetString(bytes, entry + 24, size);

    private static ulong U64(byte[] bytes, int at) => BitConverter.ToUInt64(bytes, at);
}
