using Marketplace.Engine.Tests.Spec;
using Marketplace.Testing;

namespace Marketplace.Engine.Tests;

/// <summary>The official core suite: every assertion of every file holds.</summary>
public sealed class SpecTests(GuestThreadsFixture guests, ITestOutputHelper output) : IClassFixture<GuestThreadsFixture>
{
    public static TheoryData<string> Files() => [.. SpecCounts.Read().Where(IsCore).Select(count => count.File)];

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Files))]
    public Task CoreFile_HoldsCompletely(string file) => Hold(file, () => new CompilingSpecEngine());

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Files))]
    public Task CoreFile_HoldsCompletelyInTheInterpreter(string file) => Hold(file, () => new ReferenceSpecEngine());

    private async Task Hold(string file, Func<ISpecEngine> engine)
    {
        var count = SpecCounts.Read().Single(c => IsCore(c) && c.File == file);
        var result = await guests.Threads.Run(() => SpecFile.Run(count.Path!, engine()));
        output.WriteLine(result.ToString());
        Assert.Empty(result.Failures);
        Assert.Equal(count.AssertionsWithoutText, result.Total);
        Assert.Equal(result.Total, result.Passed);
    }

    private static bool IsCore(SpecCount count) => count is { Suite: "core", Path: not null };

    [Fact]
    public void Vectors_ArePresentWhereTheyAreRequired()
    {
        if (Vectors.Folder is null)
        {
            Assert.SkipUnless(Vectors.Required, Vectors.Missing);
            Assert.Fail(Vectors.Missing);
        }
    }
}
