using Marketplace.Engine.Interpret;
using Marketplace.Engine.Tests.Spec;
using Marketplace.Reference.Comparison;
using Marketplace.Testing;

namespace Marketplace.Engine.Tests;

/// <summary>The official core suite: every assertion of every file holds.</summary>
public sealed class SpecTests(GuestThreadsFixture guests, ITestOutputHelper output) : SpecSuiteTest(guests, output)
{
    public static TheoryData<string> Files() => FilesOf("core");

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Files))]
    public Task CoreFile_HoldsCompletely(string file) => HoldsCompletely("core", file, () => new CompilingSpecEngine(Tiers.CompiledOnly));

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Files))]
    public Task InterpretedCoreFile_HoldsCompletely(string file) =>
        HoldsCompletely("core", file, () => new CompilingSpecEngine(TestTiers.InterpretedOnly));

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Files))]
    public Task CoreFileWhoseFunctionsChange_HoldsCompletely(string file) =>
        HoldsCompletely("core", file, () => new CompilingSpecEngine(TestTiers.Changing));

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

/// <summary>The official suite of vector instructions. Alone in its class, so that it can be run without hardware intrinsics.</summary>
public sealed class VectorSpecTests(GuestThreadsFixture guests, ITestOutputHelper output) : SpecSuiteTest(guests, output)
{
    public static TheoryData<string> Files() => FilesOf("simd");

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Files))]
    public Task VectorFile_HoldsCompletely(string file) => HoldsCompletely("simd", file, () => new CompilingSpecEngine(Tiers.CompiledOnly));
}

/// <summary>The official suites of proposals that core 2.0 does not have.</summary>
public sealed class ProposalSpecTests(GuestThreadsFixture guests, ITestOutputHelper output) : SpecSuiteTest(guests, output)
{
    public static TheoryData<string> Threads() => FilesOf("threads");

    public static TheoryData<string> TailCalls() => FilesOf("tail-call");

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Threads))]
    public Task ThreadsFile_HoldsButForItsExceptions(string file) =>
        HoldsCompletely("threads", file, () => new CompilingSpecEngine(Tiers.CompiledOnly));

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(TailCalls))]
    public Task TailCallFile_HoldsCompletely(string file) =>
        HoldsCompletely("tail-call", file, () => new CompilingSpecEngine(Tiers.CompiledOnly));
}
