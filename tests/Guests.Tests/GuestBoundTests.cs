using System.Text;
using Marketplace.Engine;
using Marketplace.Engine.Guests;
using Marketplace.Engine.Tests.Building;
using Marketplace.Engine.Tests.Hostile;
using Marketplace.Testing;

namespace Marketplace.Guests.Tests;

/// <summary>
/// What a program and its job may have, exactly at the bounds and one beyond. Bounds of single functions stand with their tests.
/// </summary>
public sealed class GuestBoundTests
{
    private const long Success = 0;
    private const long Invalid = 28;
    private const long Loop = 32;
    private const long Root = 3;

    private const uint Size = Probe.Scratch + 0x100;
    private const uint Text = Probe.Scratch + 0x200;
    private const uint Out = Probe.Scratch + 0x1000;
    private const uint Records = 0x10_000;

    /// <summary>What no guest or job can stand at, with the reason.</summary>
    private static readonly Dictionary<string, string> OutOfReach = new()
    {
        ["GuestPolicy.SharedThreads"] = "Threads of the host; a guest sees neither how many there are nor on which it runs.",
        ["GuestLimits.TimeMax"] = "Handed on as RunLimits.TimeMax, whose tests have a clock that moves by hand.",
    };

    [Fact]
    public void EveryNumber_IsTestedAtItAndOneBeyondOrSaysWhyNot()
    {
        var all = TestsBoundAttribute.AllOf(typeof(GuestPolicy), typeof(GuestLimits)).ToHashSet();
        var tested = TestsBoundAttribute
            .TestedIn(typeof(GuestBoundTests).Assembly)
            .Concat(GuestPriceTests.Names.Select(name => $"{nameof(GuestPolicy)}.{name}"))
            .ToHashSet();
        Assert.Empty(all.Except(tested).Except(OutOfReach.Keys));
        Assert.Empty(OutOfReach.Keys.Intersect(tested));
        Assert.Empty(tested.Union(OutOfReach.Keys).Except(all));
    }

    [Fact]
    [TestsBound(typeof(GuestPolicy), nameof(GuestPolicy.EntryPointsMax))]
    public void EntryPoints_AreBoundInTheirNumber()
    {
        using var program = GuestProgram.Load(Entries(GuestPolicy.EntryPointsMax, nameBytes: 4));
        Assert.Equal(GuestPolicy.EntryPointsMax, program.Info.EntryPoints.Count);
        var refusal = Assert.Throws<InvalidModuleException>(() => GuestProgram.Load(Entries(GuestPolicy.EntryPointsMax + 1, nameBytes: 4)));
        Assert.Equal((ModuleFault.NotAProgram, "257 entry points: the limit is 256"), (refusal.Fault, refusal.Reason));
    }

    [Fact]
    [TestsBound(typeof(GuestPolicy), nameof(GuestPolicy.EntryPointNameBytesMax))]
    public void EntryPointName_IsBoundInItsBytes()
    {
        using var program = GuestProgram.Load(Entries(1, GuestPolicy.EntryPointNameBytesMax));
        Assert.Equal(GuestPolicy.EntryPointNameBytesMax, Encoding.UTF8.GetByteCount(program.Info.EntryPoints[0]));
        var refusal = Assert.Throws<InvalidModuleException>(() => GuestProgram.Load(Entries(1, GuestPolicy.EntryPointNameBytesMax + 1)));
        Assert.Equal(ModuleFault.NotAProgram, refusal.Fault);
        Assert.StartsWith("an entry point name of 257 bytes: the limit is 256: 000", refusal.Reason);
    }

    [Fact]
    [TestsBound(typeof(GuestPolicy), nameof(GuestPolicy.ArgumentsMax))]
    public void ArgumentsAndEnvironment_AreBoundInTheirNumber()
    {
        string[] most = [.. Enumerable.Repeat("", GuestPolicy.ArgumentsMax)];
        var variables = Enumerable.Range(0, GuestPolicy.ArgumentsMax).ToDictionary(i => $"{i}", _ => "");
        var good = Guest.Invocation() with { Arguments = most, Environment = variables };
        Guest.RunSample("echo", good).MustEndAs(GuestOutcome.Completed);
        const string Refusal = "1025 texts, the limit is 1024.";
        Assert.StartsWith(Refusal, Refused(good with { Arguments = [.. most, ""] }));
        Assert.StartsWith(Refusal, Refused(good with { Environment = new Dictionary<string, string>(variables) { ["one"] = "" } }));
    }

    [Fact]
    [TestsBound(typeof(GuestPolicy), nameof(GuestPolicy.ArgumentBytesMax))]
    public void ArgumentsAndEnvironment_AreBoundInTheirBytes()
    {
        // The program's name and its end, and the end of the argument; a name of one letter, the equals sign and the end.
        var argument = new string('a', GuestPolicy.ArgumentBytesMax - "program\0\0".Length);
        var value = new string('v', GuestPolicy.ArgumentBytesMax - "n=\0".Length);
        var good = Guest.Invocation() with
        {
            Arguments = [argument],
            Environment = new Dictionary<string, string> { ["n"] = value },
        };
        Guest.RunSample("echo", good).MustEndAs(GuestOutcome.Completed);
        const string Refusal = "65537 bytes of texts with their ends, the limit is 65536.";
        Assert.StartsWith(Refusal, Refused(good with { Arguments = [argument + 'a'] }));
        Assert.StartsWith(Refusal, Refused(good with { Environment = new Dictionary<string, string> { ["nn"] = value } }));
    }

    [Fact]
    [TestsBound(typeof(GuestPolicy), nameof(GuestPolicy.InputFilesMax))]
    public void FilesOfAJob_AreBoundInTheirNumber()
    {
        GuestFile[] most = [.. Enumerable.Range(0, GuestPolicy.InputFilesMax).Select(i => new GuestFile($"/in/{i}", default))];
        Guest.RunSample("echo", Guest.Invocation() with { Files = most }).MustEndAs(GuestOutcome.Completed);
        Assert.StartsWith(
            "1025 files, the limit is 1024.",
            Refused(Guest.Invocation() with { Files = [.. most, new GuestFile("/in/one", default)] })
        );
    }

    [Fact]
    [TestsBound(typeof(GuestPolicy), nameof(GuestPolicy.FileBytesMax))]
    public void FilesOfAJob_AreBoundInTheirBytesWhereTheyCanBeChanged()
    {
        var whole = new GuestFile("/out/a", new byte[GuestPolicy.FileBytesMax]);
        Guest.RunSample("echo", Guest.Invocation() with { Files = [whole] }).MustEndAs(GuestOutcome.Completed);
        Assert.StartsWith(
            "67108865 bytes of files outside /in, the limit is 67108864.",
            Refused(Guest.Invocation() with { Files = [whole, new GuestFile("/out/b", new byte[1])] })
        );
    }

    [Fact]
    [TestsBound(typeof(GuestPolicy), nameof(GuestPolicy.FilesMax))]
    public void FilesOfARun_AreBoundInTheirNumber()
    {
        static GuestResult Directories(int count)
        {
            using var program = GuestProgram.Load(
                new WasiCode().WithNames().Times(count, c => c.NextName().Call("path_create_directory", Root, 0, 3)).Exit().ToBytes()
            );
            return program.Run(Guest.Invocation());
        }

        Directories(GuestPolicy.FilesMax).MustEndAs(GuestOutcome.Completed);
        Assert.Equal(51, Directories(GuestPolicy.FilesMax + 1).MustEndAs(GuestOutcome.Failed).ExitCode);
    }

    [Fact]
    [TestsBound(typeof(GuestPolicy), nameof(GuestPolicy.FileBytesMax))]
    public void TargetsOfLinks_CountAmongTheBytesOfFiles()
    {
        // 8,192 targets of 4,096 letters take all bytes that there are.
        static GuestResult Links(int count)
        {
            var target = Encoding.UTF8.GetBytes(new string('t', GuestPolicy.PathBytesMax));
            using var program = GuestProgram.Load(
                new WasiCode()
                    .WithNames()
                    .Data(1_000, target)
                    .Times(count, c => c.NextName().Call("path_symlink", 1_000, target.Length, Root, 0, 3))
                    .Exit()
                    .ToBytes()
            );
            return program.Run(Guest.Invocation());
        }

        Links(GuestPolicy.FileBytesMax / (2 * GuestPolicy.PathBytesMax)).MustEndAs(GuestOutcome.Completed);
        var beyond = Links((GuestPolicy.FileBytesMax / (2 * GuestPolicy.PathBytesMax)) + 1);
        Assert.Equal(51, beyond.MustEndAs(GuestOutcome.Failed).ExitCode);
    }

    [Fact]
    [TestsBound(typeof(GuestPolicy), nameof(GuestPolicy.OutputFilesMax))]
    public void FilesOfAnOutput_AreBoundInTheirNumber()
    {
        var probe = new Probe();
        for (var i = 0; i <= GuestPolicy.OutputFilesMax; i++)
        {
            if (i == GuestPolicy.OutputFilesMax)
            {
                Assert.Equal(GuestPolicy.OutputFilesMax, probe.RunAsCommand().MustEndAs(GuestOutcome.Completed).Files.Count);
            }
            var path = Encoding.UTF8.GetBytes($"out/{i}");
            probe.Poke(Text, path.AsSpan()).Call("path_open", Root, 0, Text, path.Length, 1, 0, 0, 0, Size);
        }

        Assert.Equal("/out has more than 64 files, which is the limit", probe.RunAsCommand().MustEndAs(GuestOutcome.OutputTooLarge).Reason);
    }

    [Fact]
    [TestsBound(typeof(GuestPolicy), nameof(GuestPolicy.FileNameBytesMax))]
    public void NameOfAJobsFile_IsBoundInItsBytes()
    {
        const string Two = "ü";
        Assert.True(GuestFile.IsName(new string('x', 253) + Two));
        Assert.False(GuestFile.IsName(new string('x', 254) + Two));
    }

    [Fact]
    [TestsBound(typeof(GuestPolicy), nameof(GuestPolicy.FollowedLinksMax))]
    public void Links_AreFollowedUpToTheirLimit()
    {
        // Link 1 leads to the directory tmp, each other to the one before.
        var probe = new Probe();
        for (var link = 1; link <= GuestPolicy.FollowedLinksMax + 1; link++)
        {
            var target = Encoding.UTF8.GetBytes(link == 1 ? "tmp" : $"l{link - 1}");
            probe
                .Poke(Text, target.AsSpan())
                .Poke(Text + 0x100, Encoding.UTF8.GetBytes($"l{link}").AsSpan())
                .Call("path_symlink", Text, target.Length, Root, Text + 0x100, $"l{link}".Length);
        }

        var answers = probe
            .Poke(Text, "l40l41"u8)
            .Call("path_open", Root, 1, Text, 3, 0, 0, 0, 0, Size)
            .Call("path_open", Root, 1, Text + 3, 3, 0, 0, 0, 0, Size)
            .CommandAnswers();
        Assert.Equal([Success, Loop], answers[^2..].Select(answer => answer.Result));
    }

    [Fact]
    [TestsBound(typeof(GuestPolicy), nameof(GuestPolicy.SubscriptionsMax))]
    public void Polls_AreBoundInTheirSubscriptions()
    {
        var answers = new Probe()
            .Call("poll_oneoff", Records, Records, GuestPolicy.SubscriptionsMax, Size)
            .Call("poll_oneoff", Records, Records, GuestPolicy.SubscriptionsMax + 1, Size)
            .CommandAnswers();
        Assert.Equal([Success, Invalid], answers.Select(answer => answer.Result));
    }

    [Fact]
    [TestsBound(typeof(GuestLimits), nameof(GuestLimits.FuelMax))]
    public void Fuel_IsEnoughToTheLastUnit()
    {
        GuestResult With(long fuelMax) =>
            new Probe()
                .Call("random_get", Out, 100)
                .RunAsCommand(Guest.Invocation() with { Limits = Guest.Limits with { FuelMax = fuelMax } });
        var needed = With(Guest.Limits.FuelMax).MustEndAs(GuestOutcome.Completed).FuelUsed;
        With(needed).MustEndAs(GuestOutcome.Completed);
        var few = With(needed - 1).MustEndAs(GuestOutcome.OutOfFuel);
        Assert.Equal(needed - 1, few.FuelUsed);
        Assert.Matches($"^out of fuel.*: the limit is {needed - 1}$", few.Reason);
    }

    private static string Refused(GuestInvocation invocation) =>
        Assert.Throws<ArgumentException>(() => Guest.RunSample("echo", invocation)).Message;

    /// <summary>One function under so many names.</summary>
    private static byte[] Entries(int count, int nameBytes)
    {
        var module = new TestModule().Memory(1).Export("memory", 2, 0);
        var packed = module.Type([WasmType.I32, WasmType.I32], [WasmType.I64]);
        var function = module.Function(packed, null, new Code().I64Const(0));
        for (var i = 0; i < count; i++)
        {
            module.Export($"{i}".PadLeft(nameBytes, '0'), 0, function);
        }
        return module.ToBytes();
    }
}
