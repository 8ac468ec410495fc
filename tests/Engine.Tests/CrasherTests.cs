using Marketplace.Engine.Tests.Building;
using Marketplace.Reference.Comparison;
using Marketplace.Reference.Generation;

namespace Marketplace.Engine.Tests;

/// <summary>Modules that once showed a fault.</summary>
public sealed class CrasherTests(GuestThreadsFixture guests) : EngineTest(guests)
{
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
}
