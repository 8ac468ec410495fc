using Marketplace.Engine.Tests.Building;
using Marketplace.Reference.Comparison;
using Marketplace.Reference.Generation;

namespace Marketplace.Engine.Tests;

/// <summary>Modules that once showed a fault, and modules that chance changed.</summary>
public sealed class CrasherTests(GuestThreadsFixture guests) : EngineTest(guests)
{
    private const int MutationsSmoke = 3_000;

    private static readonly string Folder = Path.Combine(SourceTree.Root, "tests", "Engine.Tests", "Crashers");

    public static TheoryData<string> Files() => [.. Directory.EnumerateFiles(Folder, "*.wasm").Select(path => Path.GetFileName(path)!)];

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Crasher_RunsTheSameInBothEngines(string file)
    {
        var bytes = File.ReadAllBytes(Path.Combine(Folder, file));
        var comparison = await OnGuestThread(() => Differential.OfEngineAndInterpreter(GeneratedModule.Of(file, bytes, portable: false)));
        Assert.Null(comparison.Difference);
    }

    [Fact]
    public void EachCrasher_HasItsLine()
    {
        var lines = File.ReadAllText(Path.Combine(Folder, "README.md"));
        Assert.All(Files(), file => Assert.Contains($"`{file.Data}`", lines));
    }

    [Fact]
    public async Task MutatedModule_IsValidInvalidOrOverALimit_AndSoon()
    {
        var corpus = Enumerable.Range(0, 20).Select(seed => ModuleGenerator.Generate((ulong)seed, new GeneratorOptions()).Bytes).ToArray();
        var fuzzing = new Fuzzing(corpus, seed: 1);
        await OnGuestThread(() =>
        {
            fuzzing.Run(MutationsSmoke);
            return true;
        });
        Assert.Empty(fuzzing.Result.Found.Select(found => found.What));
        Assert.True(fuzzing.Result is { Valid: > 0, Invalid: > 0 });
    }
}
