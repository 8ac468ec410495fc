using Marketplace.Engine.Tests.Spec;

namespace Marketplace.Engine.Tests;

/// <summary>The official suites in the reference interpreter: only what is right itself can say what is wrong.</summary>
public sealed class InterpreterSpecTests(GuestThreadsFixture guests, ITestOutputHelper output) : SpecSuiteTest(guests, output)
{
    public static TheoryData<string, string> Files()
    {
        var data = new TheoryData<string, string>();
        foreach (var suite in (string[])["core", "simd", "tail-call", "threads"])
        {
            foreach (var file in FilesOf(suite))
            {
                data.Add(suite, file.Data);
            }
        }
        return data;
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Files))]
    public Task File_HoldsCompletely(string suite, string file) => HoldsCompletely(suite, file, () => new ReferenceSpecEngine());
}
