using Marketplace.Engine.Tests.Spec;

namespace Marketplace.Engine.Tests;

/// <summary>Runs the files of one folder of the official suite.</summary>
public abstract class SpecSuiteTest(GuestThreadsFixture guests, ITestOutputHelper output) : IClassFixture<GuestThreadsFixture>
{
    protected static TheoryData<string> FilesOf(string suite) =>
        [.. SpecCounts.Read().Where(count => count.Suite == suite && count.Path is not null).Select(count => count.File)];

    protected async Task HoldsCompletely(string suite, string file, Func<ISpecEngine> engine)
    {
        var count = SpecCounts.Read().Single(c => c.Suite == suite && c.File == file);
        var result = await guests.Threads.Run(() => SpecFile.Run(count, engine()));
        output.WriteLine(result.ToString());
        Assert.Empty(result.Failures);
        Assert.Equal(count.AssertionsWithoutText, result.Total);
        Assert.Equal(result.Total, result.Passed + result.Exceptions.Count);
    }
}
